"""The prior as a platform's own reviewers have taught it: Bayesian logistic regression about the shipped one.

A ring's log-odds are a start and a part for each feature. Before any verdict each part counts once. Verdicts on rings
move the start and how much each part counts, the less the fewer there are: the most likely values under Gaussians about
the shipped ones (MacKay 1992), whose spreads tell how far platforms were apart when the prior was fitted.
"""

from dataclasses import replace

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.optimize import minimize
from scipy.special import expit

from engine.portable import first_per_key
from features.rings.prior import INPUTS, RingPrior

FOLDS = 5
MOST_VERDICTS = 2_000
"""The latest so many verdicts teach; they come to the driver."""


def verdicts_on_rings(decisions: DataFrame, rings: DataFrame) -> DataFrame:
    """The rings that reviewers judged, as they were then: INPUTS and abusive (1 or 0), the latest verdicts first.

    `decisions` are those that stand, `rings` the rows of earlier days. Of several policies one that a ring breaks is
    enough. A feature that rings of that time did not have is null.
    """
    there = [F.col(name) if name in rings.columns else F.lit(None).cast("double").alias(name) for name in INPUTS]
    violating = (F.col("verdict") == "violating").cast("int")
    judged = (
        decisions.where("entity_type = 'ring' AND verdict IN ('violating', 'benign')")
        .groupBy(F.col("entity_id").alias("ring_id"))
        .agg(F.max(violating).alias("abusive"), F.max("decided_at").alias("decided_at"))
    )
    known = (
        rings.select("ring_id", "as_of", *there)
        .join(judged, on="ring_id", how="inner")
        .where(F.col("as_of") <= F.to_date("decided_at"))
    )
    return (
        first_per_key(known, ["ring_id"], [F.desc("as_of")])
        .orderBy(F.desc("decided_at"), "ring_id")
        .limit(MOST_VERDICTS)
        .select(*INPUTS, "abusive")
    )


def learned(prior: RingPrior, values: np.ndarray, abusive: np.ndarray) -> RingPrior:
    """The prior after verdicts on rings; the shipped one where it foretells verdicts that were left out no worse.

    `values` has the prior's features of each judged ring, a row a ring, `abusive` is 1 or 0 for each.
    """
    if len(abusive) == 0:
        return prior
    start, parts = prior.contributions(values)
    fold = np.arange(len(abusive)) % FOLDS
    before, after = np.zeros(len(abusive)), np.zeros(len(abusive))
    for out in (fold == number for number in range(min(FOLDS, len(abusive)))):
        shift, scales = most_likely(start, parts[~out], abusive[~out], prior.spreads)
        before[out] = log_loss(start + parts[out].sum(axis=1), abusive[out])
        after[out] = log_loss(start + shift + parts[out] @ scales, abusive[out])
    if after.mean() >= before.mean():
        return prior
    shift, scales = most_likely(start, parts, abusive, prior.spreads)
    return replace(prior, shift=float(shift), scales=tuple(map(float, scales)))


def most_likely(
    start: float, parts: np.ndarray, abusive: np.ndarray, spreads: tuple[float, float]
) -> tuple[float, np.ndarray]:
    """By how much the start moves, and how often each part counts, given verdicts; `spreads` of the two beforehand."""
    shipped = start + parts.sum(axis=1)
    inputs = np.column_stack([np.ones(len(parts)), parts])
    precision = 1 / np.square(np.repeat(spreads, [1, parts.shape[1]]))

    def unlikely(moved: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = shipped + inputs @ moved
        loss = log_loss(log_odds, abusive).sum() + 0.5 * (precision * np.square(moved)).sum()
        return loss, inputs.T @ (expit(log_odds) - abusive) + precision * moved

    moved = minimize(unlikely, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    return moved[0], 1 + moved[1:]


def log_loss(log_odds: np.ndarray, abusive: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, log_odds) - abusive * log_odds
