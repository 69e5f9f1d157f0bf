"""Drift: how far a day is from what the models that score it were trained for."""

from jobs import score
from jobs.job import Context, Facts, Job, main
from jobs.snapshots import FEATURES, MODEL_INPUTS, feature_rows, published, read_days

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from pyspark.sql import functions as F

from lake.schemas import DRIFT, MODELS
from models.drift import drift
from models.examples import even_sample, population
from models.model import Model
from models.registry import champion_models, registered
from review.tables import small_frame

SCORE = "score"
SHOWN = 3


def run(context: Context) -> Facts:
    """Measure how far each feature and score is from what it was on the first day on which its model scored.

    The population stability index of every feature that a champion looks at and of its score, into table drift; one
    above limits.drift.max_index is warned of: the model may have to be trained anew, or a feature is broken. Run it
    after score.
    """
    day, limit = context.as_of, context.limits.drift.max_index
    models = champion_models(context.lake, registered(context.lake), day)
    first = first_scored(context, models)
    rows, facts = [], {}
    for then in sorted(set(first.values())):
        mine = {key: model for key, model in models.items() if first.get(key) == then}
        for model, found in compared(context, mine, then):
            rows += [
                (day, model.policy, model.entity_type, model.version, then, name, *its)
                for name, its in sorted(found.items())
            ]
            drifted = [name for name, (index, noise) in found.items() if index > max(limit, noise)]
            facts[f"{model.policy} ({model.entity_type}) since {then}"] = in_a_line(found)
            if drifted:
                context.warn(f"model {model.version}: {len(drifted)} inputs drifted: {', '.join(sorted(drifted))}")
    context.publish(DRIFT, small_frame(context.spark, rows, DRIFT.types))
    return facts or {"measured": "nothing: no model has scored on an earlier day that is still published"}


def first_scored(context: Context, models: Mapping[tuple[str, str], Model]) -> dict[tuple[str, str], date]:
    """The first day, before this one, on which each model scored and whose features are still there."""
    known = [day for day in published(context) if day < context.as_of]
    found = {}
    for kind, table in score.TABLES.items():
        scores = context.lake.read_or_empty(table).where(F.col("as_of").isin(known))
        for row in scores.groupBy("policy", "model_version").agg(F.min("as_of").alias("first")).collect():
            model = models.get((kind, row.policy))
            if model is not None and model.version == row.model_version:
                found[kind, row.policy] = row["first"]
    return found


def compared(
    context: Context, models: Mapping[tuple[str, str], Model], then: date
) -> Iterator[tuple[Model, dict[str, tuple[float, float]]]]:
    """Each model with the index, and its noise, of its features and its score since a day."""
    past = replace(context, asked_day=then)
    before, after = feature_rows(past, [then]), feature_rows(context, [context.as_of])
    draw = context.limits.training.background_rows, context.limits.training.seed
    for kind in dict.fromkeys(kind for kind, _ in models):
        key = f"{kind}_id"
        mine = [model for (its, _), model in models.items() if its == kind]
        sample = even_sample(read_days(context, FEATURES[kind], [then]), key, *draw)
        names = sorted({name for model in mine for name in model.features})
        features = drift(before[kind], after[kind], population(before[kind], key, sample).sample, names)
        for model in mine:
            of_policy = F.col("policy") == model.policy
            scores, scores_now = (each.day(score.TABLES[kind]).where(of_policy) for each in (past, context))
            drawn = population(scores, key, sample).sample
            own = {name: features[name] for name in model.features}
            yield model, {**own, **drift(scores, scores_now, drawn, [SCORE])}


def in_a_line(found: Mapping[str, tuple[float, float]]) -> str:
    most = sorted((name for name in found if name != SCORE), key=lambda name: -found[name][0])[:SHOWN]
    return f"score {found[SCORE][0]:.2f}; most: " + ", ".join(f"{name} {found[name][0]:.2f}" for name in most)


JOB = Job(
    "drift",
    "Compare features and scores with a model's first day",
    run,
    reads=(*MODEL_INPUTS, *score.TABLES.values(), MODELS),
    writes=(DRIFT,),
)

if __name__ == "__main__":
    main(JOB)
