"""How often prevalence's intervals hold the truth, and how wide they are: python bench/prevalence_simulated.py

Populations of 30,000 accounts with heavy-tailed views, audited again and again by reviewers who err. Out of the grid of
GRID a fixed number of settings is drawn, each a population of its own. Scores are `informative` (calibrated; they
point to four in five of the violating accounts), `overconfident` (the same, of twice the log-odds), `useless`
(those of others). Each audit is estimated in three ways: the published estimate, the same without scores (`design`),
and the audits taken at their word (`uncorrected`). One row of bench/results/prevalence.csv for each setting; prints
what they come to.
"""

from itertools import product
from pathlib import Path

import click
import numpy as np
import pandas as pd
from records import AT_START
from scipy.special import expit, logit

from conf import Policies, load_policies
from review.design_based import Estimate, finished, part
from review.posterior import Audit, combined
from review.wrong_verdicts import Errors, believed_errors, learned_errors

RESULTS = Path(__file__).parent / "results" / "prevalence.csv"
SEED = 1
ACCOUNTS = 30_000
POINTED_TO = 0.8
"""Violating accounts that scores tell from others."""
FLAGGED = 0.5
"""Violating ones among the cases that are decided twice."""
GRID = {
    "scores": ("informative", "informative", "overconfident", "useless"),
    "drawn": ("queue", "queue", "evenly"),
    "views_of_violating": (1.0, 2.0, 0.5),
    "truth": (0.001, 0.005, 0.01, 0.02, 0.05),
    "audits": (100, 300, 1000, 2000),
    "false_positives": (0.001, 0.003, 0.01, 0.03),
    "false_negatives": (0.0, 0.05, 0.2),
    "second_looks": (True, False),
    "doubles": (0, 300),
}
WAYS = ("", "design_", "uncorrected_")


def population(setting: pd.Series, dice: np.random.Generator) -> pd.DataFrame:
    """violating, views and score of each account."""
    more, truth = setting["views_of_violating"], setting["truth"]
    rate = truth / (more * (1 - truth) + truth)
    violating = dice.random(ACCOUNTS) < rate
    views = (np.floor(dice.lognormal(3, 1.2, ACCOUNTS)) + 1) * np.where(violating, more, 1.0)
    signal = dice.normal(0, 1, ACCOUNTS) + 4 * (violating & (dice.random(ACCOUNTS) < POINTED_TO))
    odds = np.log(POINTED_TO * np.exp(4 * signal - 8) + 1 - POINTED_TO) + logit(rate)
    score = expit(2 * odds if setting["scores"] == "overconfident" else odds)
    if setting["scores"] == "useless":
        score = dice.permutation(score)
    return pd.DataFrame({"violating": violating, "views": views, "score": score})


def with_probabilities(accounts: pd.DataFrame, setting: pd.Series, policies: Policies) -> pd.DataFrame:
    """The accounts with their stratum of scores, and the chance that an audit draws them (see review/draws.py)."""
    stratum = np.searchsorted(policies.review.audit_strata, accounts["score"], side="right")
    chance = np.full(ACCOUNTS, setting["audits"] / ACCOUNTS)
    if setting["drawn"] == "queue":
        doubt = accounts["score"].clip(0.001, 0.999)
        spread = (accounts["views"] + 1) * np.sqrt(doubt * (1 - doubt))
        floor = policies.review.audit_floor
        for number in np.unique(stratum):
            within = stratum == number
            planned = setting["audits"] * (floor * within.mean() + (1 - floor) * spread[within].sum() / spread.sum())
            by_views = accounts["views"][within] / accounts["views"][within].sum()
            chance[within] = 0.5 * planned / within.sum() + 0.5 * planned * by_views
    return accounts.assign(stratum=stratum, chance=np.minimum(chance, 1))


def beliefs(policies: Policies) -> Errors:
    fpr, fnr = policies.prevalence.false_positives, policies.prevalence.false_negatives
    return believed_errors((fpr.share, fpr.verdicts), (fnr.share, fnr.verdicts))


def known_errors(believed: Errors, setting: pd.Series, weight: float, dice: np.random.Generator) -> Errors:
    violating = dice.random(setting["doubles"]) < FLAGGED
    said = answered(violating, setting, dice) + answered(violating, setting, dice)
    return learned_errors(believed, *((said == both).sum() for both in (2, 1, 0)), weight)


def answered(violating: np.ndarray, setting: pd.Series, dice: np.random.Generator) -> np.ndarray:
    wrong = dice.random(len(violating)) < np.where(violating, setting["false_negatives"], setting["false_positives"])
    return (violating ^ wrong).astype(float)


def audited(accounts: pd.DataFrame, errors: Errors, setting: pd.Series, dice: np.random.Generator) -> list[Estimate]:
    """The estimates of one audit, in the order of WAYS."""
    drawn = accounts[dice.random(ACCOUNTS) < accounts["chance"]]
    violating = drawn["violating"].to_numpy()
    verdicts = answered(violating, setting, dice)
    looks = (verdicts == 1) & setting["second_looks"]
    seconds = np.where(looks, answered(violating, setting, dice), np.nan)
    weights = (drawn["views"] / drawn["chance"]).to_numpy()
    whole = np.bincount(accounts["stratum"], accounts["views"])
    scored = np.bincount(accounts["stratum"], accounts["views"] * accounts["score"]) / np.maximum(whole, 1e-300)
    requested = np.full(len(drawn), True)
    audit = [Audit(verdicts, requested, seconds, weights, drawn["stratum"].to_numpy(), whole / whole.sum(), scored)]
    plain = finished(part(verdicts, weights), None)
    return [combined(audit, errors, assisted=True), combined(audit, errors, assisted=False), plain]


def measured(setting: pd.Series, repeats: int, policies: Policies, dice: np.random.Generator) -> dict[str, float]:
    accounts = with_probabilities(population(setting, dice), setting, policies)
    true = float((accounts["views"] * accounts["violating"]).sum() / accounts["views"].sum())
    believed, weight = beliefs(policies), policies.prevalence.double_weight
    told = [audited(accounts, known_errors(believed, setting, weight, dice), setting, dice) for _ in range(repeats)]
    row: dict[str, float] = {"true_share": true}
    for way, estimates in zip(WAYS, zip(*told, strict=True), strict=True):
        row[f"{way}covered"] = np.mean([one.low <= true <= one.high for one in estimates])
        row[f"{way}estimate"] = np.mean([one.share for one in estimates])
        row[f"{way}width"] = np.mean([one.high - one.low for one in estimates])
    return row


def summary(rows: pd.DataFrame) -> str:
    """Coverage and how much narrower, by what matters."""
    rows = rows.assign(
        narrower=1 - rows["width"] / rows["uncorrected_width"],
        narrower_than_design=1 - rows["width"] / rows["design_width"],
    )
    shown = {
        "covered": "mean",
        "least": "min",
        "design_covered": "mean",
        "uncorrected_covered": "mean",
        "narrower": "mean",
        "narrower_than_design": "mean",
    }
    rows["least"] = rows["covered"]
    parts = [
        rows.groupby(list(by)).agg(shown).round(3).reset_index().to_string(index=False)
        for by in (("scores", "second_looks"), ("truth",), ("audits",), ("false_positives", "second_looks"), ("drawn",))
    ]
    return "\n\n".join(parts)


@click.command()
@click.option("--settings", default=120, help="Settings that are drawn from the grid.")
@click.option("--repeats", default=60, help="Audits of each.")
@click.option("--start", default=0, help="First setting to measure; earlier ones are kept as the file has them.")
@click.option("--out", default=str(RESULTS), help="CSV file to write.")
def main(settings: int, repeats: int, start: int, out: str) -> None:
    """Audit populations again and again."""
    policies = load_policies()
    grid = pd.DataFrame(list(product(*GRID.values())), columns=list(GRID)).astype({"second_looks": bool})
    chosen = grid.sample(settings, random_state=SEED).reset_index(drop=True)
    rows = pd.read_csv(out).head(start).to_dict("records") if start else []
    for number, setting in chosen.iloc[start:].iterrows():
        found = measured(setting, repeats, policies, np.random.default_rng([SEED, number]))
        rows.append({"commit": AT_START, "seed": SEED, "setting": number, "repeats": repeats, **setting, **found})
        pd.DataFrame(rows).to_csv(out, index=False, float_format="%.5g")
    print(summary(pd.DataFrame(rows)))


if __name__ == "__main__":
    main()
