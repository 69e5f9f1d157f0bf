"""What each part of the models is worth: python bench/ablation.py LAKE...

On lakes that bench/scores_against_truth.py has made with --keep, so that all snapshots are there: models of accounts
are fitted on the same decisions with a part left out, score the day, and are compared with the truth on accounts that
nobody has decided on. Hyperparameters are those of the first guess for all. Rows go to bench/results/ablation.csv.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
from end_to_end import DAY
from pyspark.sql import functions as F
from records import record
from scipy.special import expit
from scores_against_truth import accounts_scored, of_accounts

import engine
from conf import load_limits, load_policies
from jobs.job import Context
from jobs.snapshots import decided_by, feature_rows, published, read_days
from lake.runs import Run
from lake.schemas import ACCOUNT_FEATURES, ACCOUNTS, DECISIONS, POLICIES
from lake.store import Lake
from models.evidence import Evidence, Prior, evidence_of
from models.examples import at_snapshots, bounded, even_sample, examples, population, with_countries
from models.fit import Rows, fit_model
from models.rows import feature_names
from models.scorer import NO_CHANGE
from models.training import rows_for_policy
from models.weights import Population

KEY = "account_id"
OF_RINGS_AND_LINKS = re.compile(r"(ring|link|neighbour)_\w+")
OF_NEIGHBOURS = re.compile(r"neighbour_\w+")
NOTHING = "nothing"
"""A column of zeros: evidence that rests on it never speaks."""


class Known(NamedTuple):
    """What models learn from and what they score: labelled rows, a sample of the active, and the rows of the day."""

    found: pd.DataFrame
    active: Population
    today: pd.DataFrame
    features: list[str]


class Recipe(NamedTuple):
    """How models are made, by default in full: whether anything is learned, the features they see, whether scores start
    from ring evidence, whether it counts as decisions, what is done to the rows, and whether the scores are calibrated.
    """

    name: str
    learns: bool = True
    sees: Callable[[str], bool] = lambda name: True
    starts_from_rings: bool = True
    counts_evidence: bool = True
    rows: Callable[[Rows], Rows] = lambda rows: rows
    calibrated: bool = True


RECIPES = (
    Recipe("in full"),
    Recipe("ring evidence alone, nothing learned", learns=False),
    Recipe(
        "without rings and links", sees=lambda name: not OF_RINGS_AND_LINKS.fullmatch(name), starts_from_rings=False
    ),
    Recipe("without neighbours", sees=lambda name: not OF_NEIGHBOURS.fullmatch(name)),
    Recipe("rings and links as features alone", starts_from_rings=False),
    Recipe("decisions alone say what to add to ring evidence", counts_evidence=False),
    Recipe("without weights", rows=lambda rows: replace(rows, weights=np.ones(len(rows)))),
    Recipe("without calibration", calibrated=False),
)


def known_of(context: Context) -> Known:
    """What `train` learns from on the day, and the rows that `score` scores."""
    days, training = published(context), context.limits.training
    told = at_snapshots(decided_by(context, context.source(DECISIONS), days), days).where("entity_type = 'account'")
    rows = feature_rows(context, days)["account"].persist()
    newest = read_days(context, ACCOUNT_FEATURES, days[-1:])
    active = population(rows, KEY, even_sample(newest, KEY, training.background_rows, training.seed))
    found = examples(bounded(told, "entity_id", training.max_rows, training.seed), rows, KEY)
    return Known(
        with_countries(found, context.source(ACCOUNTS)).assign(**{NOTHING: 0.0}),
        Population(active.sample.assign(**{NOTHING: 0.0}), active.size),
        rows.where(F.col("as_of") == F.lit(DAY)).toPandas().assign(**{NOTHING: 0.0}),
        sorted(feature_names(rows)),
    )


def scored(known: Known, recipe: Recipe, context: Context) -> pd.DataFrame:
    """account_id, policy, score of the day by models made by a recipe; ring evidence where decisions are too few."""
    training, unknown = context.limits.training, context.limits.scoring.unknown_score
    if not recipe.counts_evidence:
        training = training.model_copy(update={"prior_decisions": 0.0})
    each = []
    for policy in POLICIES:
        evidence = evidence_of("account", policy, unknown)
        if not recipe.starts_from_rings:
            evidence = Evidence((NOTHING,), NOTHING, NOTHING, unknown)
        names = [*filter(recipe.sees, known.features), NOTHING]
        own = recipe.rows(rows_for_policy(known.found, policy, "account", names, known.active, evidence, training))
        if recipe.learns and own.enough(training.min_per_class):
            parameters = training.first_guess.model_dump()
            model = fit_model("account", policy, Prior(evidence, known.active.sample), own, parameters, training)
            scores = (model if recipe.calibrated else replace(model, calibrator=NO_CHANGE)).scores(known.today)
        else:
            scores = expit(evidence.base_margin(known.today))
        each.append(pd.DataFrame({KEY: known.today[KEY], "policy": policy, "score": scores}))
    return pd.concat(each, ignore_index=True)


@click.command()
@click.argument("lakes", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
def main(lakes: tuple[str, ...]) -> None:
    """Fit, score and compare, on each lake."""
    spark = engine.start(engine.choose(None, "", lambda: None, 0), "bench").spark
    for lake in lakes:
        context = Context(Lake(spark, lake), DAY, Run("ablation", DAY, {}), {}, load_policies(), load_limits())
        known = known_of(context)
        for recipe in RECIPES:
            figures = of_accounts(accounts_scored(lake, scored(known, recipe, context)))
            record("ablation", lake=Path(lake).name, models=recipe.name, **figures)
        spark.catalog.clearCache()


if __name__ == "__main__":
    main()
