"""How often prevalence's intervals cover the truth on a made-up platform: python bench/prevalence_coverage.py LAKE...

On lakes that bench/scores_against_truth.py has made with --keep: as many audits as the queue draws of accounts in
`audit_days` days, drawn 200 times with the queue's own probabilities by the day's scores, and answered by the truth
with reviewers' slips; what comes out violating is looked at twice. Who was decided on in the weeks before is not
asked again: the verdict that stands is its answer. Both estimates are of the same audits: by design
alone, and with the scores. The truth of a policy is the share of the last 7 days' views by accounts that break it.
Rows go to bench/results/prevalence_coverage.csv.
"""

from datetime import timedelta
from pathlib import Path

import click
import numpy as np
import pandas as pd
from end_to_end import DAY, published
from pyspark.sql import functions as F
from records import Figure, record
from rings_against_notebook import views

import engine
from conf import Policies, load_policies
from lake.decisions import current_verdicts
from lake.schemas import ACCOUNT_SCORES, DECISIONS
from lake.store import Lake, before
from review.design_based import Estimate
from review.draws import audit_frame, audit_rates, audit_strata, with_audit_probability
from review.posterior import Audit, combined
from review.tables import AUDITED_ACCOUNTS
from review.wrong_verdicts import believed_errors, learned_errors
from simulation.reviewers import verdicts

REPEATS = 200
SEED = 1
TWICE = 300
"""Cases that two reviewers decided, from which slips are estimated."""


def frame_of(lake: str, policies: Policies) -> pd.DataFrame:
    """policy, account_id, stratum, score, views, violating, audit_probability, known_verdict of every active account.

    As many audits a policy as the queue drew on the day, on each of the days that prevalence looks back on.
    """
    store = Lake(engine.start(engine.choose(None, "", lambda: None, 0), "bench").spark, lake)
    queue = published(lake, "review_queue", DAY).df()
    days = policies.prevalence.audit_days
    planned = (queue[queue["selection"] == "audit"].groupby("policy").size() * float(days)).to_dict()
    frame = audit_frame(store.day(ACCOUNT_SCORES, DAY), store.day(AUDITED_ACCOUNTS, DAY), policies)
    rates = audit_rates(audit_strata(frame).collect(), planned, policies.review)
    told = with_audit_probability(frame, rates).select(
        "policy", "account_id", "stratum", "score", "views", "audit_probability"
    )
    since = before(DAY - timedelta(days=policies.review.cool_down_days))
    decided = current_verdicts(store.source(DECISIONS, DAY)).where("entity_type = 'account' AND verdict <> 'unsure'")
    known = decided.where(F.col("decided_at") >= since).select(
        "policy", F.col("entity_id").alias("account_id"), F.col("verdict").alias("known_verdict")
    )
    truth = views(lake)
    truth.register("frame", told.join(known, on=["policy", "account_id"], how="left").toPandas())
    return truth.execute("""
        SELECT frame.*, t.violating AND t.policy = frame.policy AS violating
        FROM frame JOIN truth_accounts AS t USING (account_id) ORDER BY policy, account_id
    """).df()


def audited(rows: pd.DataFrame, policies: Policies, dice: np.random.Generator) -> tuple[Estimate, Estimate, int]:
    """Estimates by design and with the scores from one audit of a policy, and its size."""
    drawn = rows[dice.random(len(rows)) < rows["audit_probability"]]
    requested = drawn["known_verdict"].isna().to_numpy()
    said = np.where(requested, verdicts(dice, drawn["violating"].to_numpy()), drawn["known_verdict"].to_numpy())
    again = np.where(requested & (said == "violating"), verdicts(dice, drawn["violating"].to_numpy()), "")
    seconds = np.select([again == "violating", again == "benign"], [1.0, 0.0], np.nan)
    sure_of = said != "unsure"
    seen = (said == "violating")[sure_of].astype(float)
    seconds, requested, drawn = seconds[sure_of], requested[sure_of], drawn[sure_of]
    first, second = (verdicts(dice, np.zeros(TWICE, bool)) for _ in range(2))
    sure = (first != "unsure") & (second != "unsure")
    settings = policies.prevalence
    fpr, fnr = settings.false_positives, settings.false_negatives
    believed = believed_errors((fpr.share, fpr.verdicts), (fnr.share, fnr.verdicts))
    violating = ((first == "violating").astype(int) + (second == "violating"))[sure]
    errors = learned_errors(believed, *((violating == both).sum() for both in (2, 1, 0)), settings.double_weight)
    weights = (drawn["views"] / drawn["audit_probability"]).to_numpy(float)
    whole = np.bincount(rows["stratum"], rows["views"])
    scores = np.bincount(rows["stratum"], rows["views"] * rows["score"]) / np.maximum(whole, 1)
    audit = [Audit(seen, requested, seconds, weights, drawn["stratum"].to_numpy(), whole / whole.sum(), scores)]
    return combined(audit, errors, assisted=False), combined(audit, errors, assisted=True), len(drawn)


def coverage(name: str, estimates: list[Estimate], truth: float) -> dict[str, Figure]:
    """Say how many intervals cover the truth, and their mean width."""
    covered = float(np.mean([one.low <= truth <= one.high for one in estimates]))
    return {f"{name}_covered": covered, f"{name}_width": float(np.mean([one.high - one.low for one in estimates]))}


@click.command()
@click.argument("lakes", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
def main(lakes: tuple[str, ...]) -> None:
    """Audit each lake again and again."""
    policies, dice = load_policies(), np.random.default_rng(SEED)
    for lake in lakes:
        for policy, rows in frame_of(lake, policies).groupby("policy"):
            truth = float((rows["views"] * rows["violating"]).sum() / rows["views"].sum())
            design, assisted, sizes = zip(*[audited(rows, policies, dice) for _ in range(REPEATS)], strict=True)
            figures = coverage("design", list(design), truth) | coverage("scores", list(assisted), truth)
            told = {"lake": Path(lake).name, "policy": policy, "audits": round(float(np.mean(sizes))), "truth": truth}
            record("prevalence_coverage", **told, **figures)


if __name__ == "__main__":
    main()
