"""Random audits of accounts, as the samples that prevalence is estimated from.

Two kinds are pooled. Draws of the queue have a recorded probability, and a score from before their answer: each day's
draws measure that day, and the days are taken together. Audits that answer none are simple samples of the active
accounts; the only predictions about them that rest on no verdict are those of the rings' unsupervised score. Both are
split into strata by score.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import Row

from conf import Prevalence
from engine.portable import exact_sum
from features.membership import member_chance
from lake.decisions import current_verdicts
from lake.schemas import DECISIVE
from lake.store import before
from review.cases import case_id
from review.design_based import Floats
from review.history import second_review_id
from review.posterior import Audit


def answered_draws(draws: DataFrame, decisions: DataFrame, as_of: date, settings: Prevalence) -> DataFrame:
    """Accounts drawn in the days looked back on, each with its `verdict`: null as long as there is none.

    The verdict that stood at the draw; else the one that answers the draw's case, `answered_case`; else the latest on
    the account since. `second` is that of a second review of the case.
    """
    recent = draws.where(
        (F.col("as_of") < F.lit(as_of)) & (F.col("as_of") >= F.lit(as_of - timedelta(settings.audit_days)))
    )
    answers = current_verdicts(decisions.where("case_id IS NOT NULL"), ["case_id"])
    of_case = answers.select("case_id", F.col("verdict").alias("case_verdict"))
    later = decisions.where("entity_type = 'account'").select(
        "policy", F.col("entity_id").alias("account_id"), "verdict", "decided_at", "decision_id"
    )
    draw = ["as_of", "policy", "account_id"]
    since = (
        recent.where("known_verdict IS NULL")
        .select(*draw)
        .join(later, on=["policy", "account_id"], how="inner")
        .where(F.col("decided_at") >= F.col("as_of").cast("timestamp"))
    )
    of_account = current_verdicts(since, draw).select(*draw, F.col("verdict").alias("later_verdict"))
    of_second_review = of_case.select(F.col("case_id").alias("second_id"), F.col("case_verdict").alias("second"))
    return (
        recent.withColumn("second_id", second_review_id("case_id"))
        .join(of_case, on="case_id", how="left")
        .join(of_second_review, on="second_id", how="left")
        .join(of_account, on=draw, how="left")
        .select(
            "as_of",
            "policy",
            "account_id",
            "views",
            "stratum",
            "score",
            "inclusion_probability",
            F.col("known_verdict").isNotNull().alias("known"),
            F.coalesce("known_verdict", "case_verdict", "later_verdict").alias("verdict"),
            F.when(F.col("known_verdict").isNull() & F.col("case_verdict").isNotNull(), F.col("case_id")).alias(
                "answered_case"
            ),
            "second",
        )
    )


def undrawn_audits(
    decisions: DataFrame, draws: DataFrame, activity: DataFrame, believed: DataFrame, as_of: date, settings: Prevalence
) -> DataFrame:
    """Random audits that answer none of the queue's draws, as of lakes that had another queue before: one per account
    and policy, with its views now and what its ring says of it. `decisions` must not hold second reviews.
    """
    audits = (
        decisions.join(draws.select("case_id"), on="case_id", how="left_anti")
        .where("source = 'random_audit' AND entity_type = 'account'")
        .where(F.col("verdict").isin(*DECISIVE))
        .where(F.col("decided_at") >= before(as_of - timedelta(settings.audit_days)))
    )
    return (
        current_verdicts(audits)
        .select("policy", F.col("entity_id").alias("account_id"), "verdict")
        .join(
            activity.select("account_id", F.col("views_7d").cast("bigint").alias("views")), on="account_id", how="inner"
        )
        .join(believed, on=["policy", "account_id"], how="left")
        .select("policy", "account_id", "verdict", "views", F.coalesce("prediction", F.lit(0.0)).alias("prediction"))
    )


def ring_predictions(rings: DataFrame, ring_members: DataFrame) -> DataFrame:
    """The chance that an account violates a policy as far as its ring tells: the ring's score x its strength in it."""
    return (
        ring_members.join(rings.select("ring_id", "policy", "score"), on="ring_id", how="inner")
        .groupBy("policy", "account_id")
        .agg(F.max(member_chance(F.col("score"), F.col("strength"))).alias("prediction"))
    )


def ring_strata(activity: DataFrame, believed: DataFrame, edges: Sequence[float]) -> DataFrame:
    """Per policy and stratum of predictions, of accounts in rings: views, and views x what the ring says."""
    stratum = sum(((F.col("prediction") >= edge).cast("bigint") for edge in edges), F.lit(0))
    views = F.col("views_7d").cast("bigint")
    return (
        believed.join(activity, on="account_id", how="inner")
        .groupBy("policy", stratum.cast("bigint").alias("stratum"))
        .agg(
            F.sum(views).alias("views"),
            exact_sum(views * F.col("prediction"), digits=3).alias("expected_views"),
        )
    )


def days_of_frames(frames: DataFrame, as_of: date, settings: Prevalence) -> DataFrame:
    """Sum up what the draws of each day stand for, per policy and stratum: planned, views, expected_views."""
    recent = (F.col("as_of") < F.lit(as_of)) & (F.col("as_of") >= F.lit(as_of - timedelta(settings.audit_days)))
    return (
        frames.where(recent)
        .groupBy("as_of", "policy", "stratum")
        .agg(
            exact_sum(F.col("planned"), digits=3).alias("planned"),
            F.sum("views").alias("views"),
            exact_sum(F.col("expected_views"), digits=3).alias("expected_views"),
        )
        .orderBy("as_of", "policy", "stratum")
    )


def simple_sample(rows: Sequence[Row], in_rings: Sequence[Row], views: int, edges: Sequence[float]) -> Audit:
    """Audits that were drawn with equal chances, in strata by what their rings say; `views` are those of all accounts.

    `in_rings` are rows of `ring_strata`; who is in no ring is in the lowest stratum.
    """
    order = sorted(rows, key=lambda row: row.account_id)
    within, expected = np.zeros(len(edges) + 1), np.zeros(len(edges) + 1)
    for row in in_rings:
        within[row.stratum], expected[row.stratum] = row.views, row.expected_views
    within[0] += views - within.sum()
    return Audit(
        _violating(order),
        np.full(len(order), True),
        np.full(len(order), np.nan),
        np.array([row.views for row in order], dtype=float),
        np.array([bisect_right(edges, row.prediction) for row in order], dtype=np.int64),
        within / max(views, 1),
        expected / np.maximum(within, 1),
    )


def pooled_draws(draws: Sequence[Row], days: Sequence[Row]) -> Audit:
    """The answered draws of all days as one sample; the predictions are the scores from before the verdicts.

    A draw weighs views / probability, as a part of its day's views, times the draws that the day planned. A draw that
    was answered also stands for those that were not yet, apart for accounts with a verdict at the draw (all have an
    answer) and for those that were asked (weighting classes, Oh & Scheuren 1983). A draw was answered by what the audit
    asked if its case is one that a draw opened; it may be one that was open already, for another reason. `days` have
    planned, views and expected_views of each stratum of each day's frame.
    """
    views, planned = Counter[date](), Counter[date]()
    for row in days:
        views[row.as_of] += row.views
        planned[row.as_of] += row.planned
    frames = {day for day, seen in views.items() if seen > 0}
    order = sorted((row for row in draws if row.as_of in frames), key=lambda row: (row.as_of, row.account_id))
    base = np.array(
        [planned[row.as_of] * row.views / row.inclusion_probability / views[row.as_of] for row in order],
        dtype=float,
    )
    answered = np.array([row.verdict in DECISIVE for row in order], dtype=bool)
    known = np.array([row.known for row in order], dtype=bool)
    weights = base.copy()
    for group in (known, ~known):
        responding = base[group & answered].sum()
        if responding > 0:
            weights[group] *= base[group].sum() / responding
    drawn_on, answered_on = Counter(row.as_of for row in order), Counter(row.as_of for row in _kept(order, answered))
    leaning = {day: planned[day] * answered_on[day] / drawn_on[day] for day in frames if drawn_on[day]}
    within, expected = np.zeros((2, 1 + max((row.stratum for row in days), default=0)))
    for row in days:
        if row.as_of in leaning:
            within[row.stratum] += leaning[row.as_of] * row.views / views[row.as_of]
            expected[row.stratum] += leaning[row.as_of] * row.expected_views / views[row.as_of]
    sample = _kept(order, answered)
    strata = np.array([row.stratum for row in sample], dtype=np.int64)
    said = {"violating": 1.0, "benign": 0.0}
    seconds = np.array(
        [said.get(row.second, np.nan) if row.verdict == "violating" else np.nan for row in sample], dtype=float
    )
    opened = {case_id(row.as_of, row.policy, "account", row.account_id) for row in order}
    requested = np.array([row.answered_case in opened for row in sample], dtype=bool)
    shares = within / max(within.sum(), 1e-300)
    scores = expected / np.maximum(within, 1e-300)
    return Audit(_violating(sample), requested, seconds, weights[answered], strata, shares, scores)


def _kept(rows: Sequence[Row], mask: NDArray[np.bool_]) -> list[Row]:
    return [row for row, kept in zip(rows, mask, strict=True) if kept]


def _violating(rows: Sequence[Row]) -> Floats:
    return np.array([row.verdict == "violating" for row in rows], dtype=float)
