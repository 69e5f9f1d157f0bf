"""Fit the prior on rings beside the truth, and say how it does on what it has not seen."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from features.rings.learned import log_loss, map_estimate
from features.rings.prior import INPUTS, RingPrior
from features.trees import shapley_values
from tools.ring_prior.worlds import SURE

TREES = {
    "objective": "binary:logistic",
    "max_depth": 3,
    "eta": 0.05,
    "min_child_weight": 4.0,
    "reg_lambda": 4.0,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "monotone_constraints": tuple(INPUTS.values()),
    "nthread": 1,
    "seed": 7,
}
"""Small steps of small trees (Friedman 2001, 2002)."""
ROUNDS = 400
SPREADS = [(start, part) for start in (0.25, 0.5, 1.0) for part in (0.1, 0.25, 0.5, 1.0, 2.0)]
VERDICTS = (5, 10, 20, 40, 80)
"""So many of a platform's rings are judged, those with the highest scores, when spreads are tried."""


def is_abusive(rows: pd.DataFrame) -> np.ndarray:
    return (rows["abusive"] >= SURE * rows["members"]).to_numpy(int)


def weights(rows: pd.DataFrame) -> np.ndarray:
    """What a ring counts: the square root of its members, as a false flag on many is worse and is one mistake still."""
    size = np.sqrt(rows["members"].to_numpy(float))
    return size / size.mean()


def grown(rows: pd.DataFrame) -> xgb.Booster:
    """The trees, fitted on some rings."""
    matrix = xgb.DMatrix(rows[list(INPUTS)], label=is_abusive(rows), weight=weights(rows))
    return xgb.train(TREES, matrix, ROUNDS)


def margins(booster: xgb.Booster, rows: pd.DataFrame) -> np.ndarray:
    return booster.predict(xgb.DMatrix(rows[list(INPUTS)]), output_margin=True).astype(float)


def left_out(rows: pd.DataFrame, parts: pd.Series) -> np.ndarray:
    """The margin of each ring by trees that saw no ring of its part."""
    found = np.zeros(len(rows))
    for part in parts.unique():
        out = (parts == part).to_numpy()
        found[out] = margins(grown(rows[~out]), rows[out])
    return found


def line(rows: pd.DataFrame, of_left_out: np.ndarray) -> tuple[float, float]:
    """Intercept and slope that make chances of margins (Platt 1999)."""
    fitted = LogisticRegression(C=1e6).fit(of_left_out[:, None], is_abusive(rows), sample_weight=weights(rows))
    return float(fitted.intercept_[0]), float(fitted.coef_[0, 0])


def fit(rows: pd.DataFrame, of_worlds: np.ndarray, curve: pd.DataFrame) -> RingPrior:
    """The prior of all rings; its line is that of worlds that were left out, its spreads those that taught most.

    `of_worlds` are the margins of rings whose world was `left_out`, `curve` is their `learning_curve`.
    """
    intercept, slope = line(rows, of_worlds)
    trees = bytes(grown(rows).save_raw("json")).decode()
    spreads = curve.groupby(["start", "part"])["log loss"].mean().idxmin()
    return RingPrior(tuple(INPUTS), intercept, slope, trees, spreads)


def learning_curve(rows: pd.DataFrame) -> pd.DataFrame:
    """What verdicts on rings would teach on platforms of a generator that the prior has not seen.

    One row for each platform, number of verdicts and pair of SPREADS: log loss and average precision over the rings
    that were not judged, and the same of the prior as it was (`log loss before`, `average precision before`). With
    rings of one generator alone, of platforms that it has not seen.
    """
    told: list[dict[str, object]] = []
    parts_of = "generator" if rows["generator"].nunique() > 1 else "world"
    for _, own in rows.groupby(parts_of):
        others = rows[rows[parts_of] != own[parts_of].iloc[0]]
        by = line(others, left_out(others, others["world"]))
        starts, found = shapley_values(grown(others), list(INPUTS), own[list(INPUTS)].to_numpy(float))
        start, parts = by[0] + by[1] * starts[0], by[1] * found
        for world, members in own.groupby("world").indices.items():
            which = {"generator": own["generator"].iloc[0], "world": world}
            told += [which | row for row in _with_verdicts(start, parts[members], is_abusive(own)[members])]
    return pd.DataFrame(told)


def _with_verdicts(start: float, parts: np.ndarray, abusive: np.ndarray) -> Iterator[dict[str, object]]:
    shipped = start + parts.sum(axis=1)
    best_first = np.argsort(-shipped, kind="stable")
    for verdicts in VERDICTS:
        asked, rest = best_first[:verdicts], best_first[verdicts:]
        if not 0 < abusive[rest].sum() < len(rest):
            continue
        before = {
            "log loss before": log_loss(shipped[rest], abusive[rest]).mean(),
            "average precision before": average_precision_score(abusive[rest], shipped[rest]),
        }
        for spreads in SPREADS:
            shift, scales = map_estimate(start, parts[asked], abusive[asked], spreads)
            log_odds = start + shift + parts[rest] @ scales
            yield {
                "verdicts": verdicts,
                "start": spreads[0],
                "part": spreads[1],
                "log loss": log_loss(log_odds, abusive[rest]).mean(),
                "average precision": average_precision_score(abusive[rest], log_odds),
                **before,
            }


def chances(rows: pd.DataFrame, of_left_out: np.ndarray, by: tuple[float, float]) -> np.ndarray:
    return 1 / (1 + np.exp(-(by[0] + by[1] * of_left_out)))


def figures(rows: pd.DataFrame, chance: np.ndarray) -> dict[str, float]:
    """Average precision over rings; of members of abusive rings the share in rings of a chance of a half or more; of
    members of such rings the abusive share; how many honest members they have.
    """
    truth, flagged = is_abusive(rows), chance >= SURE
    abusive, members = rows["abusive"].to_numpy(), rows["members"].to_numpy()
    inside = abusive[truth == 1].sum()
    return {
        "worlds": rows["world"].nunique(),
        "rings": len(rows),
        "abusive rings": int(truth.sum()),
        "average precision": average_precision_score(truth, chance) if truth.any() else np.nan,
        "members flagged": abusive[(truth == 1) & flagged].sum() / inside if inside else np.nan,
        "abusive of flagged": abusive[flagged].sum() / members[flagged].sum() if flagged.any() else np.nan,
        "honest flagged": int((members - abusive)[flagged].sum()),
        "honest": int((members - abusive).sum()),
    }


def card(rows: pd.DataFrame, of_worlds: np.ndarray) -> Iterator[tuple[str, str, dict[str, float]]]:
    """(what was left out, which, figures) of worlds, generators, schemes and crowds; `of_worlds` as in `fit`."""
    by = line(rows, of_worlds)
    for generator, own in rows.groupby("generator"):
        yield "world", str(generator), figures(own, chances(own, of_worlds[rows["generator"] == generator], by))
    for generator, own in rows.groupby("generator"):
        others = rows[rows["generator"] != generator]
        if len(others):
            by_others = line(others, left_out(others, others["world"]))
            yield "generator", str(generator), figures(own, chances(own, margins(grown(others), own), by_others))
    honest = is_abusive(rows) == 0
    half = rows["world"].map({world: place % 2 for place, world in enumerate(sorted(rows["world"].unique()))})
    for scheme in sorted(rows.loc[~honest, "scheme"].dropna().unique()):
        own = ~honest & (rows["scheme"] == scheme).to_numpy()
        tested, chance = own | honest, np.zeros(len(rows))
        for part in (0, 1):
            out = (half == part).to_numpy()
            chance[out & tested] = chances(rows, margins(grown(rows[~out & ~own]), rows[out & tested]), by)
        yield "scheme", scheme, figures(rows[tested], chance[tested])
    for crowd in sorted(rows.loc[honest, "crowd"].dropna().unique()):
        own = honest & (rows["crowd"] == crowd).to_numpy()
        yield "crowd", crowd, figures(rows[own], chances(rows, margins(grown(rows[~own]), rows[own]), by))
