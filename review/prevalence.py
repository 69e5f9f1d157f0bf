"""How much is still out there: the share of views by violating accounts, from random audits, the scores and decisions.

The estimate is the average of the days looked back on, as each day's own last 7 days of views weigh it. How often
verdicts are wrong is uncertain, and a part of what is estimated.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf import Policies
from lake.schemas import PREVALENCE
from review.audits import (
    answered_draws,
    days_of_frames,
    pooled_draws,
    ring_predictions,
    ring_strata,
    simple_sample,
    undrawn_audits,
)
from review.design_based import finished, part
from review.history import without_second_reviews
from review.posterior import Audit, Posterior, combined
from review.tables import small_frame
from review.wrong_verdicts import Errors, verdict_errors


def prevalence(
    activity: DataFrame,
    rings: DataFrame,
    ring_members: DataFrame,
    decisions: DataFrame,
    draws: DataFrame,
    frames: DataFrame,
    as_of: date,
    policies: Policies,
) -> DataFrame:
    """One row per policy: the posterior by audits, scores and what is known of errors; see review/posterior.py.

    Without any audit there is no estimate: null, and an interval from 0 to 1. Scores alone are no estimate with an
    interval that covers. The audits come to the driver: reviewers bound their number, not the lake.
    """
    settings, edges = policies.prevalence, policies.review.audit_strata
    believed = ring_predictions(rings, ring_members)
    views = activity.agg(F.sum(F.col("views_7d").cast("bigint")).alias("views")).collect()[0].views or 0
    firsts = without_second_reviews(decisions, draws)
    errors, pairs = verdict_errors(firsts, as_of, settings)
    drawn, undrawn, days, in_rings = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
    for row in answered_draws(draws, decisions, as_of, settings).collect():
        drawn[row.policy].append(row)
    for row in undrawn_audits(firsts, draws, activity, believed, as_of, settings).collect():
        undrawn[row.policy].append(row)
    for row in days_of_frames(frames, as_of, settings).collect():
        days[row.policy].append(row)
    for row in ring_strata(activity, believed, edges).collect():
        in_rings[row.policy].append(row)

    rows = []
    for policy in policies.policies:
        sample = pooled_draws(drawn[policy], days[policy])
        others = simple_sample(undrawn[policy], in_rings[policy], views, edges)
        estimated = {
            "as_of": as_of,
            "policy": policy,
            "reviewed": len(sample.verdicts) + len(others.verdicts),
            "twice_decided": pairs,
            "unanswered": len(drawn[policy]) - len(sample.verdicts),
            **estimates((sample, others), errors),
        }
        rows.append(tuple(estimated[name] for name in PREVALENCE.columns))
    return small_frame(activity.sparkSession, rows, PREVALENCE.types)


def estimates(audits: Sequence[Audit], errors: Errors) -> dict[str, object]:
    """The estimates of a policy, by column: with scores, by the audits alone, and by the audits taken at their word."""
    assisted, design = combined(audits, errors, assisted=True), combined(audits, errors, assisted=False)
    uncorrected = finished([one for audit in audits for one in part(audit.verdicts, audit.weights)], None)
    known = assisted.errors if isinstance(assisted, Posterior) and assisted.errors else errors
    fpr, fnr = known.means
    share = assisted.share or 0.0
    return {
        "estimate": assisted.share,
        "ci_low": assisted.low,
        "ci_high": assisted.high,
        "method": "none" if assisted.share is None else "posterior",
        "design_estimate": design.share,
        "design_low": design.low,
        "design_high": design.high,
        "uncorrected_estimate": uncorrected.share,
        "uncorrected_low": uncorrected.low,
        "uncorrected_high": uncorrected.high,
        "error_rate": share * fnr + (1 - share) * fpr,
        "false_positives": fpr,
        "false_negatives": fnr,
    }
