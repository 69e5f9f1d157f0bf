"""How good the queue was, told by what reviewers said since: precision, recall, agreement, appeals, lateness.

Everything is counted in Spark per policy, selection and model; the few rows that are left get their intervals here.
What is missed can only be known from random audits: `recall` is the share of violating active accounts whose score was
at or above the policy's threshold, both parts estimated from the audits and corrected for wrong verdicts.

Sources: Jeffreys' interval (Brown, Cai & DasGupta 2001) for shares of counted cases; the method of variance estimates
recovery (MOVER) for the ratio of what is missed to what is found (Donner & Zou 2012), which recall is a function of.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from math import inf, sqrt

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import Policies
from lake.schemas import DECISIVE, ENTITY, QUALITY
from lake.store import before
from review.audits import answered_draws
from review.design_based import NOTHING_KNOWN, Estimate, Floats, finished, interval, part
from review.history import newly_opened, without_second_reviews
from review.tables import small_frame
from review.wrong_verdicts import verdict_errors

GROUP = ("policy", "selection", "model_version")
COUNTED = {"precision": "violating", "agreement": "agreed", "overturned": "overturned", "overdue": "overdue"}
"""Measures that are shares of counted cases, and the column of `outcomes` that says whether a case counts."""


def opened(queue: DataFrame, as_of: date, days: int) -> DataFrame:
    """Cases of the review queue that were opened in the days before `as_of`, one row each."""
    day = F.col("as_of")
    return newly_opened(queue.where((day < F.lit(as_of)) & (day >= F.lit(as_of - timedelta(days=days)))))


def scored_by(**scores: DataFrame) -> DataFrame:
    """Which model scored on each day: as_of, entity_type, policy, model_version; `scores` are by entity type."""
    by_type = [
        of_type.groupBy("as_of", "policy")
        .agg(F.max("model_version").alias("model_version"))
        .withColumn("entity_type", F.lit(entity_type))
        for entity_type, of_type in scores.items()
    ]
    return reduce(DataFrame.unionByName, by_type)


def outcomes(cases: DataFrame, decisions: DataFrame, as_of: date) -> DataFrame:
    """What became of each case, as 0 or 1, null where it does not apply.

    A case is answered by every decision on its entity and policy since it was opened; the latest that is not `unsure`
    stands. `agreed`: of two reviewers, appeals aside, the second said what the first had said. `overturned`: an appeal
    ended otherwise than the verdict before it. `overdue`: there was no answer when it was due.
    """
    answers = (
        F.broadcast(cases.select("case_id", "opened_at", *ENTITY))
        .join(decisions.drop("case_id"), on=list(ENTITY), how="inner")
        .where(F.col("decided_at") >= F.col("opened_at"))
        .groupBy("case_id")
        .agg(
            F.min("decided_at").alias("answered_at"),
            F.sort_array(
                F.collect_list(
                    F.when(
                        F.col("verdict").isin(*DECISIVE),
                        F.struct("decided_at", "decision_id", "verdict", "reviewer_id", "source"),
                    )
                )
            ).alias("verdicts"),
        )
    )
    latest = F.get("verdicts", F.size("verdicts") - 1)
    own = F.filter("verdicts", lambda one: one["source"] != "appeal")
    first = F.get(own, F.lit(0))
    second = F.get(F.filter(own, lambda one: one["reviewer_id"] != first["reviewer_id"]), F.lit(0))
    appeal = F.get(F.filter("verdicts", lambda one: one["source"] == "appeal"), F.lit(0))
    earlier = F.filter(own, lambda one: one["decided_at"] <= appeal["decided_at"])
    appealed = F.get(earlier, F.size(earlier) - 1)
    due = F.col("due_at") <= before(as_of)
    late = F.coalesce(F.col("answered_at") > F.col("due_at"), F.lit(True))
    return cases.join(answers, on="case_id", how="left").select(
        *cases.columns,
        _flag(latest["verdict"] == "violating", latest.isNotNull()).alias("violating"),
        _flag(first["verdict"] == second["verdict"], second.isNotNull()).alias("agreed"),
        _flag(appeal["verdict"] != appealed["verdict"], appealed.isNotNull()).alias("overturned"),
        _flag(late, due).alias("overdue"),
    )


def _flag(holds: Column, applies: Column) -> Column:
    return F.when(applies, holds.cast("int"))


def recall(flagged: Floats, verdicts: Floats, weights: Floats, errors: tuple[float, float] | None) -> Estimate:
    """The share of violating accounts that were flagged, from audits with their inverse probabilities as `weights`.

    `flagged` and `verdicts` are 0 or 1. Of each part, flagged or not, the audits say how many are violating; recall
    follows from the ratio of the two. Nothing is known while a part has no audit, or none that is violating.
    """
    found = _violating(flagged == 1, verdicts, weights, errors)
    missed = _violating(flagged == 0, verdicts, weights, errors)
    if found.share is None or missed.share is None or found.share + missed.share <= 0:
        return NOTHING_KNOWN
    least, most = ratio_interval(missed, found)
    return Estimate(found.share / (found.share + missed.share), 1 / (1 + most), 1 / (1 + least))


def _violating(part_of: np.ndarray, verdicts: Floats, weights: Floats, errors: tuple[float, float] | None) -> Estimate:
    """How many accounts of a part are violating."""
    its = finished(part(verdicts[part_of], weights[part_of]), errors)
    if its.share is None:
        return NOTHING_KNOWN
    size = float(weights[part_of].sum())
    return Estimate(size * its.share, size * its.low, size * its.high)


def ratio_interval(one: Estimate, other: Estimate) -> tuple[float, float]:
    """MOVER's interval of one figure divided by another, independent of it, none below 0.

    Its upper end is infinite where the other may be 0.
    """
    a, b = one.share or 0.0, other.share or 0.0
    least, most = one.low * (2 * a - one.low), one.high * (2 * a - one.high)
    high, low = other.high * (2 * b - other.high), other.low * (2 * b - other.low)
    root = a * b + sqrt((a * b) ** 2 - high * least)
    return (
        least / root if root > 0 else 0.0,
        (a * b + sqrt((a * b) ** 2 - low * most)) / low if low > 0 else inf,
    )


def quality(
    cases: DataFrame, scored: DataFrame, draws: DataFrame, decisions: DataFrame, as_of: date, policies: Policies
) -> DataFrame:
    """One row per policy, selection, model and measure that there is something to say about.

    `cases` are those of `opened`, `scored` is as of `scored_by`, `draws` are the audits. Second reviews are left out:
    what is asked again is chosen by the verdict. What comes to the driver is one row per group of cases, and the
    audits: reviewers bound their number, not the lake.
    """
    scored = F.broadcast(scored)
    decisions = without_second_reviews(decisions, draws)
    cases = without_second_reviews(cases, draws)
    measured = [*counted(cases, scored, decisions, as_of), *recalls(scored, draws, decisions, as_of, policies)]
    measured.sort(key=lambda one: (one.policy, one.selection, one.model_version or "", one.measure))
    return small_frame(cases.sparkSession, [(as_of, *one.columns()) for one in measured], QUALITY.types)


@dataclass(frozen=True)
class Measured:
    """One measure of the cases of a policy, selection and model, with the number of cases that it rests on."""

    policy: str
    selection: str
    model_version: str | None
    measure: str
    cases: int
    estimate: Estimate

    def columns(self) -> tuple:
        """A row of the table, without as_of."""
        its = self.estimate
        return (*(getattr(self, name) for name in (*GROUP, "measure", "cases")), its.share, its.low, its.high)


def counted(cases: DataFrame, scored: DataFrame, decisions: DataFrame, as_of: date) -> Iterator[Measured]:
    """The measures that are shares of counted cases."""
    by_model = cases.join(scored, on=["as_of", "policy", "entity_type"], how="left")
    totals = [
        F.struct(F.sum(flag).alias("some"), F.count(flag).alias("all")).alias(measure)
        for measure, flag in COUNTED.items()
    ]
    for row in outcomes(by_model, decisions, as_of).groupBy(*GROUP).agg(*totals).collect():
        for measure in COUNTED:
            some, of = row[measure]
            if of:
                yield Measured(row.policy, row.selection, row.model_version, measure, of, share_of(some, of))


def share_of(some: int, of: int) -> Estimate:
    """So many of so many independent cases, with its interval."""
    share = some / of
    return Estimate(share, *interval(share, share * (1 - share) / of, most=of))


def recalls(
    scored: DataFrame, draws: DataFrame, decisions: DataFrame, as_of: date, policies: Policies
) -> Iterator[Measured]:
    """What each model's risk cases could have caught of all violating accounts, as far as audits were answered."""
    settings = policies.prevalence
    errors = verdict_errors(decisions, as_of, settings)[0].false_positive_rate
    by_model = scored.where("entity_type = 'account'").select("as_of", "policy", "model_version")
    audits = defaultdict(list)
    for row in answered_draws(draws, decisions, as_of, settings).join(by_model, on=["as_of", "policy"]).collect():
        if row.verdict in DECISIVE:
            audits[row.policy, row.model_version].append(row)
    for (policy, version), mine in audits.items():
        threshold = policies.policies[policy].threshold
        flagged = np.array([row.score >= threshold for row in mine], dtype=float)
        verdicts = np.array([row.verdict == "violating" for row in mine], dtype=float)
        weights = np.array([1 / row.inclusion_probability for row in mine])
        yield Measured(policy, "risk", version, "recall", len(mine), recall(flagged, verdicts, weights, errors))
