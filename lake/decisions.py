"""Decisions of reviewers: which one counts of several on the same."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import first_per_key
from lake.schemas import ENTITY


def current_verdicts(decisions: DataFrame, key: Sequence[str] = ENTITY) -> DataFrame:
    """Choose the decision that counts for each key: the latest, of equal moments the one with the largest id.

    The key is an entity and policy, or what else decisions may answer, such as a case.
    """
    return first_per_key(decisions, key, [F.desc("decided_at"), F.desc("decision_id")])
