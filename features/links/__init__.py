"""Links: pairs of accounts that act together beyond chance, and what speaks for each.

`co_actions` brings every kind of act into one form, `linked` finds the pairs that met on unlikely objects, says kind by
kind how unlikely, and puts the kinds together, `at_false_discovery_rate` says which pairs to keep.
"""

from features.links.acts import co_actions
from features.links.audiences import silent_regulars, watching
from features.links.combine import account_links, at_false_discovery_rate
from features.links.cosharing import co_sharing
from features.links.evidence import linked
from features.links.templates import shared_templates, templates
from features.links.works import shared_works, works

__all__ = [
    "account_links",
    "at_false_discovery_rate",
    "co_actions",
    "co_sharing",
    "linked",
    "shared_templates",
    "shared_works",
    "silent_regulars",
    "templates",
    "watching",
    "works",
]
