"""Text as it reads, not as it is written: the same for features and links, in any script.

Spammers vary what a machine sees and keep what a person sees: look-alike letters, letters of other alphabets, invisible
characters, stretched letters, emoji, links that change. `normalise` undoes that, so that equal messages become equal
strings. It judges character by character: a Russian sentence in Russian letters and the same sentence with some Latin
ones in it end equal, whichever was first. The result is for comparing, not for reading.
"""

from features.text.columns import bio_link, normalised, text_contacts, text_traits
from features.text.contact_marks import HANDLE, LINK, PHONE, contacts, first_link
from features.text.disguise import traits
from features.text.normal_form import normalise

__all__ = [
    "HANDLE",
    "LINK",
    "PHONE",
    "bio_link",
    "contacts",
    "first_link",
    "normalise",
    "normalised",
    "text_contacts",
    "text_traits",
    "traits",
]
