"""What another model, floor or capacity would have queued, next to what was."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import smallest
from lake.decisions import current_verdicts
from lake.schemas import DECISIVE, ENTITY
from review.history import newly_opened


@dataclass(frozen=True)
class Tally:
    """Risk cases of a policy over some days, by what reviewers have said of them since."""

    caught: int
    found_benign: int
    never_judged: int

    @property
    def queued(self) -> int:
        return self.caught + self.found_benign + self.never_judged


def risk_cases(queue: DataFrame) -> DataFrame:
    """Entities that a queue opened a risk case about, once each: policy, entity_type, entity_id, opened_on, score."""
    opened = newly_opened(queue).where("selection = 'risk'")
    return opened.groupBy(*ENTITY).agg(
        F.min("as_of").alias("opened_on"), smallest("as_of", "case_id", "score").getField("score").alias("score")
    )


def compared(was: DataFrame, would: DataFrame, decisions: DataFrame) -> DataFrame:
    """Every entity with a risk case in either queue: when it `was` and `would` have been opened (null: not), the score
    it would have had, and the latest verdict on it that is not unsure (null: nobody has judged it).
    """
    judged = current_verdicts(decisions.where(F.col("verdict").isin(*DECISIVE))).select(*ENTITY, "verdict")
    both = (
        risk_cases(was)
        .select(*ENTITY, F.col("opened_on").alias("was"))
        .join(
            risk_cases(would).select(*ENTITY, F.col("opened_on").alias("would"), "score"), on=list(ENTITY), how="full"
        )
    )
    return both.join(judged, on=list(ENTITY), how="left").select(*ENTITY, "was", "would", "score", "verdict")


def tallies(cases: DataFrame) -> dict[str, tuple[Tally, Tally, int]]:
    """By policy: what was queued, what would have been, and how many are in both. `cases` is as of `compared`."""
    found = {}
    for row in (
        cases.groupBy("policy")
        .agg(
            *(
                F.count_if(F.col(side).isNotNull() & verdict).alias(f"{side}_{name}")
                for side in ("was", "would")
                for name, verdict in (
                    ("caught", F.col("verdict") == "violating"),
                    ("wrong", F.col("verdict") == "benign"),
                    ("unknown", F.col("verdict").isNull()),
                )
            ),
            F.count_if(F.col("was").isNotNull() & F.col("would").isNotNull()).alias("both"),
        )
        .orderBy("policy")
        .collect()
    ):
        was, would = (
            Tally(row[f"{side}_caught"], row[f"{side}_wrong"], row[f"{side}_unknown"]) for side in ("was", "would")
        )
        found[row.policy] = was, would, row.both
    return found
