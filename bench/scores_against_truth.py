"""Compare scores and risk cases with the truth on made-up platforms: python bench/scores_against_truth.py --seed 31.

A platform of reviewers' decisions, on which features, links, rings, train, score and queue run for one day. Of accounts
and videos active in the last 28 days that nobody has decided on (a model flatters itself on the others): average
precision, of accounts and of bought and copied videos; of hidden accounts and of report brigades the share found at R
(among as many of the highest scores as there are abusive accounts); the expected calibration error in 15 bins of equal
mass; the sum of scores over the number of abusive accounts; and the abusive share of risk cases. An account has the
chance that it breaks any policy. Rows go to bench/results/scores_against_truth.csv, and those of rings, which are there
by then, to rings_against_notebook.csv.
"""

import time
from typing import Any

import click
import numpy as np
import pandas as pd
from end_to_end import DAY, engine_of, of_platforms, platforms, published, run_steps
from records import Figure, record
from rings_against_notebook import compare, views
from sklearn.metrics import average_precision_score

from models.gate import calibration_error

STEPS = ("features", "links", "rings", "train", "score", "queue")
BOUGHT, COPIED = "artificial_engagement", "coordinated_reupload"


def accounts_scored(lake: str, scores: pd.DataFrame) -> pd.DataFrame:
    """Accounts that nobody has decided on: account_id, score, violating, style, scheme.

    `scores` has account_id, policy and score.
    """
    truth = views(lake)
    truth.register("scores", scores)
    return truth.execute("""
        SELECT account_id, 1 - exp(sum(ln(1 - least(score, 0.999999)))) AS score, any_value(violating) AS violating,
               any_value(style) AS style, any_value(scheme) AS scheme
        FROM scores JOIN truth_accounts USING (account_id)
        ANTI JOIN (FROM decisions WHERE entity_type = 'account') AS decided ON decided.entity_id = account_id
        GROUP BY account_id ORDER BY account_id
    """).df()


def videos_scored(lake: str, policy: str) -> pd.DataFrame:
    """Active videos that nobody has decided on, for one policy: video_id, score, violating."""
    truth = views(lake)
    truth.register("scores", published(lake, "video_scores", DAY).filter(f"policy = '{policy}'").df())
    return truth.execute(
        """
        SELECT video_id, score, coalesce(bool_or(t.violating AND t.policy = $policy), false) AS violating
        FROM scores LEFT JOIN truth_videos AS t USING (video_id)
        ANTI JOIN (FROM decisions WHERE entity_type = 'video') AS decided ON decided.entity_id = video_id
        GROUP BY ALL ORDER BY video_id
        """,
        {"policy": policy},
    ).df()


def risk_cases(lake: str) -> pd.Series:
    """Whether the account, the video, or most members of the ring of each risk case are abusive."""
    truth = views(lake)
    for name in ("review_queue", "ring_members"):
        truth.register(name, published(lake, name, DAY).df())
    cases = truth.execute("""
        WITH known AS (
            SELECT 'account' AS entity_type, account_id AS entity_id, violating FROM truth_accounts
            UNION ALL
            SELECT 'video', video_id, bool_or(violating) FROM truth_videos GROUP BY video_id
            UNION ALL
            SELECT 'ring', ring_id, avg(violating::INT) >= 0.5
            FROM ring_members JOIN truth_accounts USING (account_id) GROUP BY ring_id
        )
        SELECT coalesce(violating, false) AS violating
        FROM review_queue LEFT JOIN known USING (entity_type, entity_id) WHERE selection = 'risk'
    """)
    return cases.df()["violating"]


def precision(rows: pd.DataFrame) -> float | None:
    return float(average_precision_score(rows["violating"], rows["score"])) if rows["violating"].any() else None


def of_accounts(accounts: pd.DataFrame) -> dict[str, Figure]:
    """Say how scores of accounts, as `accounts_scored` gives them, compare with the truth."""
    abusive = accounts["violating"]
    at_r = accounts["score"].rank(ascending=False, method="first") <= abusive.sum()
    hidden, brigade = accounts["style"] == "evading", accounts["scheme"] == "brigade"

    off_by = calibration_error(
        accounts["score"].to_numpy(), abusive.to_numpy(), np.ones(len(accounts)), label_noise=0.0
    )

    def share(whole: pd.Series) -> float | None:
        return float(at_r[whole].mean()) if whole.any() else None

    return {
        "average_precision": precision(accounts),
        "hidden_at_r": share(abusive & hidden),
        "loud_brigades_at_r": share(abusive & ~hidden & brigade),
        "hidden_brigades_at_r": share(abusive & hidden & brigade),
        "calibration_error": float(off_by),
        "scores_over_truth": float(accounts["score"].sum() / abusive.sum()) if abusive.any() else None,
    }


def measured(lake: str) -> dict[str, Figure]:
    """Say how scores and risk cases of the day compare with the truth."""
    cases = risk_cases(lake)
    return {
        **of_accounts(accounts_scored(lake, published(lake, "account_scores", DAY).df())),
        "risk_cases": len(cases),
        "risk_cases_abusive": float(cases.mean()) if len(cases) else None,
        "bought_videos": precision(videos_scored(lake, BOUGHT)),
        "copied_videos": precision(videos_scored(lake, COPIED)),
    }


@click.command()
@of_platforms
def main(accounts: int, evading: float, **which: Any) -> None:
    """Make the platforms, learn from their reviewers, score and compare."""
    for seed, lake in platforms(accounts=accounts, evading=evading, **which):
        began = time.monotonic()
        run_steps(STEPS, lake, DAY)
        seconds = time.monotonic() - began
        of_platform = {"seed": seed, "accounts": accounts, "hiding": evading, "engine": engine_of(lake)}
        record("scores_against_truth", **of_platform, seconds=seconds, **measured(lake))
        compare(seed, accounts, evading, lake)


if __name__ == "__main__":
    main()
