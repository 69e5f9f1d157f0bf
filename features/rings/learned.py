"""Adapt the ring prior to the verdicts of a platform's own reviewers.

This is Bayesian logistic regression about the shipped prior. The log-odds of a ring are a start plus a part for each
feature. Without verdicts each part counts once. Verdicts on rings move the start and scale the parts, the less the
fewer there are: the posterior mode under Gaussians about the shipped values (MacKay 1992), whose standard deviations
say how far platforms differed when the prior was fitted.
"""

from dataclasses import replace

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.optimize import minimize
from scipy.special import expit

from engine.portable import first_per_key
from features.rings.prior import INPUTS, RingPrior
from lake.schemas import DECISIVE

FOLDS = 5
MOST_VERDICTS = 2_000
"""So many verdicts, the latest, are used; they come to the driver."""


def verdicts_on_rings(decisions: DataFrame, rings: DataFrame) -> DataFrame:
    """Return the rings that reviewers judged, as they were then, the latest verdicts first.

    Columns out: INPUTS and abusive (1 or 0). `decisions` are the current verdicts, `rings` rows of earlier days. A ring
    is abusive if it breaks one of several policies. A feature that rings did not have then is null.
    """
    inputs = [F.col(name) if name in rings.columns else F.lit(None).cast("double").alias(name) for name in INPUTS]
    violating = (F.col("verdict") == "violating").cast("int")
    verdicts = (
        decisions.where((F.col("entity_type") == "ring") & F.col("verdict").isin(*DECISIVE))
        .groupBy(F.col("entity_id").alias("ring_id"))
        .agg(F.max(violating).alias("abusive"), F.max("decided_at").alias("decided_at"))
    )
    judged_rings = (
        rings.select("ring_id", "as_of", *inputs)
        .join(verdicts, on="ring_id", how="inner")
        .where(F.col("as_of") <= F.to_date("decided_at"))
    )
    return (
        first_per_key(judged_rings, ["ring_id"], [F.desc("as_of")])
        .orderBy(F.desc("decided_at"), "ring_id")
        .limit(MOST_VERDICTS)
        .select(*INPUTS, "abusive")
    )


def learned(prior: RingPrior, values: np.ndarray, abusive: np.ndarray) -> RingPrior:
    """Return the prior after verdicts on rings; the shipped one where it predicts held-out verdicts no worse.

    `values` has the prior's features, a row per judged ring; `abusive` is 1 or 0 for each.
    """
    if len(abusive) == 0:
        return prior
    start, parts = prior.contributions(values)
    fold = np.arange(len(abusive)) % FOLDS
    loss_before, loss_after = np.zeros(len(abusive)), np.zeros(len(abusive))
    for held_out in (fold == number for number in range(min(FOLDS, len(abusive)))):
        shift, scales = map_estimate(start, parts[~held_out], abusive[~held_out], prior.spreads)
        loss_before[held_out] = log_loss(start + parts[held_out].sum(axis=1), abusive[held_out])
        loss_after[held_out] = log_loss(start + shift + parts[held_out] @ scales, abusive[held_out])
    if loss_after.mean() >= loss_before.mean():
        return prior
    shift, scales = map_estimate(start, parts, abusive, prior.spreads)
    return replace(prior, shift=float(shift), scales=tuple(map(float, scales)))


def map_estimate(
    start: float, parts: np.ndarray, abusive: np.ndarray, spreads: tuple[float, float]
) -> tuple[float, np.ndarray]:
    """Return the shift of the start and the scale of each part, given verdicts; `spreads` are their prior SDs."""
    shipped = start + parts.sum(axis=1)
    inputs = np.column_stack([np.ones(len(parts)), parts])
    precision = 1 / np.square(np.repeat(spreads, [1, parts.shape[1]]))

    def negative_log_posterior(adjustment: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss of an adjustment, and its gradient."""
        log_odds = shipped + inputs @ adjustment
        loss = log_loss(log_odds, abusive).sum() + 0.5 * (precision * np.square(adjustment)).sum()
        return loss, inputs.T @ (expit(log_odds) - abusive) + precision * adjustment

    adjustment = minimize(negative_log_posterior, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    return adjustment[0], 1 + adjustment[1:]


def log_loss(log_odds: np.ndarray, abusive: np.ndarray) -> np.ndarray:
    """Return the log loss of each ring."""
    return np.logaddexp(0, log_odds) - abusive * log_odds
