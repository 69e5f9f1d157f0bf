"""Links: pairs of accounts that act together beyond chance, and what speaks for each.

`co_actions` brings every kind of act into one form, `link_evidence` finds the pairs that met on unlikely objects and
says kind by kind how unlikely, `account_links` puts the kinds together, `at_false_discovery_rate` says which to keep.
"""

from features.links.acts import co_actions
from features.links.audiences import silent_regulars, watching
from features.links.combine import account_links, at_false_discovery_rate
from features.links.cosharing import co_sharing
from features.links.evidence import link_evidence
from features.links.works import shared_works, works

__all__ = [
    "account_links",
    "at_false_discovery_rate",
    "co_actions",
    "co_sharing",
    "link_evidence",
    "shared_works",
    "silent_regulars",
    "watching",
    "works",
]
