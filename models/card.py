"""The model card: what a person should know of a model before trusting it (Mitchell et al. 2019)."""

from collections.abc import Mapping
from datetime import date

import xgboost as xgb

from models.training import Outcome

TOP = 15


def total_gains(booster: xgb.Booster) -> dict[str, float]:
    """What each feature that trees split on gained; trees give one number for each, linear boosters would give lists."""
    scores = booster.get_score(importance_type="total_gain")
    return {name: gain for name, gain in scores.items() if not isinstance(gain, list)}


def fitted_on_more(metrics: Mapping[str, float]) -> list[str]:
    """What to say where the booster saw more rows than search, gate and calibration."""
    if "fitted_rows" not in metrics:
        return []
    return [
        f"- These are a sample. The booster was fitted on all {metrics['fitted_rows']:.0f} decisions with such features, "
        f"in {metrics['fit_tasks']:.0f} tasks of Spark."
    ]


def model_card(outcome: Outcome, as_of: date) -> str:
    """The card as Markdown."""
    model, metrics = outcome.model, outcome.model.metrics
    gains = total_gains(model.booster)
    total = sum(gains.values()) or 1.0
    top = sorted(gains.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    days = "later days and" if metrics["held_out_on_later_days"] else "(too few for later days:)"
    verdict = "Refused: " + "; ".join(outcome.refusals) + "." if outcome.refusals else "Passed the gate."
    lines = [
        f"# {model.version}",
        "",
        f"Scores every active {model.entity_type} for the policy `{model.policy}`: the chance that "
        "a careful reviewer would say",
        f"violating. Trained with what was known before {as_of} 00:00 UTC. {verdict}",
        "",
        "## Data",
        "",
        f"- {metrics['rows']:.0f} decisions, {metrics['violating_rows']:.0f} of them violating, "
        "each with features as known at",
        "  most 7 days before it. A ring's verdict reaches its members. `unsure` is no label; "
        "what nobody reviewed is not benign.",
        f"- {metrics['random_rows']:.0f} decisions come from random audits: they alone say how common violations are.",
        *fitted_on_more(metrics),
        "- Rows are weighted to the active population: recorded probabilities of the queue, "
        "estimated ones elsewhere, clipped.",
        "",
        "## Figures",
        "",
        f"On {metrics['held_out_rows']:.0f} decisions ({metrics['held_out_violating_rows']:.0f} violating) "
        f"from {days} groups that no",
        "training row belongs to, each counted as often as it stands for active entities, "
        "by a model fitted on the other rows:",
        "",
        "| figure | value |",
        "|---|---|",
        *(f"| {name.replace('_', ' ')} | {value:.4f} |" for name, value in sorted(metrics.items())),
        "",
        "## What it looks at",
        "",
        "| feature | share of gain |",
        "|---|---|",
        *(f"| {name} | {gain / total:.1%} |" for name, gain in top),
        "",
        "## Settings",
        "",
        "```",
        *(f"{name} = {value}" for name, value in sorted(model.parameters.items())),
        f"calibration: log-odds = {model.calibrator.intercept:.4f} + {model.calibrator.slope:.4f} × margin",
        "```",
        "",
        "## Limits",
        "",
        "It learned from what reviewers were shown. Abuse that no decision touches yet it can only know by likeness. "
        "A score is no",
        "verdict: cases go to people. With few random audits the level of low scores is uncertain, "
        "their order less so.",
        "",
    ]
    return "\n".join(lines)
