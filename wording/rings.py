"""Say why a ring is one: its accounts, what they did, how significant that is, and what speaks for them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from features.links.kinds import FAMILIES, MADE
from features.rings.measures import RINGS_WITH_FEATURES
from features.rings.measures.profiles import SCATTERED_DAYS
from wording.figures import Clause, joined, listed

MENTIONED, MAJORITY = 0.3, 0.5
"""Shares, of links or members, from which the sentence mentions what they have in common."""
STRIKING = 0.8
"""Share from which it is said of a crowd that it lives for one creator or object, or apart."""
FOLLOWERS = 0.2
"""Share of actions by followers of the creator from which they are mentioned."""
SURPRISING = 3.0
"""Surprise from which it is mentioned that members signed up together."""
TWICE = 1.0
"""Log2 of observed over expected engagement, up or down, from which both are mentioned."""

DID = {family.verb: family.phrase for family in FAMILIES if family.name == family.verb not in MADE}

ACCOUNTS = (
    Clause("{members} accounts"),
    Clause("{late_members} more that uploaded or wrote what is mostly theirs", {"late_members": 1}),
    Clause(
        "{created_together} created within {scattered_days} days "
        "(of any {created_known} accounts, about {created_expected:whole})",
        {"created_together_share": MENTIONED, "created_surprise": SURPRISING},
    ),
    Clause(
        "{shared_device_share:percent} on shared devices ({devices} devices in all)",
        {"shared_device_share": MENTIONED},
    ),
    Clause(
        "{shared_address_share:percent} on shared addresses ({addresses} in all)", {"shared_address_share": MAJORITY}
    ),
)
ON_ONE_TARGET = Clause("{actors} {did} the same {noun} ({ids})")
ON_SEVERAL_TARGETS = Clause(
    "up to {actors} of them {did} the same {verb_targets} {noun}s (e.g. {ids}), {typical_actors} at a time"
)
ACTIONS = (
    *(
        Clause(
            f"{{{family.name}_share:percent}} of the linked pairs {family.phrase}", {f"{family.name}_share": MENTIONED}
        )
        for family in FAMILIES
        if family.verb is None or family.verb in MADE
    ),
    Clause(
        "{willed_together} likes, comments or shares for {watched_together} views of such videos, "
        "where {willed_expected:whole} were to be expected of them",
        {"view_share": MENTIONED, "response_either_way": TWICE},
    ),
    Clause("typically {synchrony_s:duration} apart"),
    Clause("{first_day} to {last_day}"),
)
SIGNIFICANCE = Clause("{links} of {pairs} pairs linked, each with a chance of {mean_surprise:p_value} on average")
HONEST_SIGNS = (
    Clause("{top_creator_share:percent} of it goes to one creator ({top_creator})", {"top_creator_share": STRIKING}),
    Clause("{top_object_share:percent} of it is one object", {"top_object_share": STRIKING, "targets": 2}),
    Clause(
        "{followed_before_share:percent} of it by accounts that had followed the creator before",
        {"followed_before_share": FOLLOWERS},
    ),
    Clause(
        "otherwise independent lives: {independent_share:percent} of what they touch no other member does",
        {"independent_share": STRIKING},
    ),
)


def ring_evidence(ring: Mapping[str, Any]) -> str:
    """Return the evidence of a ring: its features, and what is measured for the sentence alone (`ONLY_IN_EVIDENCE`).

    The accounts, what they did, in brackets how significant it is, then signs of an honest crowd.
    """
    row = _to_say(ring)
    on_targets = ON_ONE_TARGET if row.get("verb_targets") == 1 else ON_SEVERAL_TARGETS
    actions = listed((on_targets, *ACTIONS), row)
    significance, honest = SIGNIFICANCE.of(row), listed(HONEST_SIGNS, row)
    sentence = joined("; ", (listed(ACCOUNTS, row), actions)) + (f" ({significance})" if significance else "")
    return joined("; but ", (sentence, honest)) + "."


def _to_say(ring: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with what follows from it: members by links and their pairs; verb, noun and ids of targets."""
    size, response, verb, examples = (ring.get(name) for name in ("size", "response", "top_verb", "examples"))
    members = None if size is None else size - (ring.get("late_members") or 0)
    return {
        **ring,
        "members": "some" if members is None else members,
        "pairs": None if members is None else members * (members - 1) // 2,
        "scattered_days": SCATTERED_DAYS,
        "response_either_way": None if response is None else abs(response),
        "did": DID.get(verb or "", "acted on"),
        "noun": "account" if verb == "follow" else "video",
        "ids": None if examples is None else ", ".join(map(str, examples)),
    }


def short(evidence: str) -> str:
    """Return evidence in two lines at most: of a ring its accounts, and the first that they did; of a case its start.

    Of what the accounts have in common it has two things, and nothing that is in brackets.
    """
    first_sentence = re.sub(r" \([^)]*\)", "", evidence).split(". ")[0].removesuffix(".")
    accounts, *rest = first_sentence.split("; ")
    actions = [each.split(", ")[0] for each in rest if not each.startswith("but ")]
    return joined("; ", (", ".join(accounts.split(", ")[:3]), *actions))


def with_evidence(rings: DataFrame) -> DataFrame:
    """Return rows of `rings`, without as_of, out of rows of `with_late_members_counted`.

    In one pass of Python for all: engines carry the numbers, and need not write sentences alike.
    """
    columns = [name for name in RINGS_WITH_FEATURES.columns if name != "as_of"]
    told = [name for name in rings.columns if name != "reasons"]
    schema = StructType([RINGS_WITH_FEATURES.types[name] for name in columns])

    def write_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write the sentences of batches of rings."""
        for batch in batches:
            sentences = pa.array([ring_evidence(ring) for ring in batch.select(told).to_pylist()], pa.string())
            given = {name: batch.column(name) for name in batch.schema.names} | {"evidence": sentences}
            yield pa.RecordBatch.from_arrays([given[name] for name in columns], names=columns)

    return rings.mapInArrow(write_batches, schema)
