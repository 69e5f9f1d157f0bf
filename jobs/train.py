"""Train: models from reviewers' decisions, promoted when they are no worse than what scores today."""

from jobs.job import Context, Facts, Job, main, one_line
from jobs.snapshots import FEATURES, MODEL_INPUTS, backfill, decided_by, feature_rows, published, read_days

from collections.abc import Sequence
from datetime import timedelta

import click
from engine import begin, persist
from pyspark.sql import Row
from pyspark.sql import functions as F

from lake.errors import BrokenContract, GateRefused, MissingTable
from lake.schemas import ACCOUNTS, AUDIT_DRAWS, DECISIONS, MODELS, REVIEW_QUEUE
from models import tracking
from models.distributed import check_slots
from models.examples import at_snapshots, even_sample
from models.model import Model
from models.promotion import register
from models.registry import SCORED, champions, load_model, registered
from models.training import Decided, Training, train_entity


def run(context: Context) -> Facts:
    """Train a model for each policy and put it live if it passes the gate.

    Reads reviewers' decisions known at --as-of, and the features, links and rings of the days just before each; those
    that are missing of the last weeks are made first. Writes table models and a folder for each model. A model that
    is no good, or worse than what scores today (the champion, or ring evidence alone), is refused (exit code 4); that
    goes on then. A policy with too few decisions is skipped: ring evidence alone goes on scoring it. Run it weekly.
    Where MLFLOW_TRACKING_URI is set, MLflow is told of every model too, in the end.
    """
    mlflow = tracking.is_configured()
    lake, limits = context.lake, context.limits
    tasks = context.options.get("distributed")
    if tasks:
        check_slots(tasks)
    weeks = context.options.get("snapshot_weeks") or limits.training.snapshot_weeks
    decisions = persist(context.source(DECISIONS))
    made = backfill(context, decisions, weeks)
    begin(JOB.name, context.run.run_id)  # the steps of the backfill had groups of their own
    oldest = context.as_of - timedelta(weeks=limits.training.decision_weeks)
    days = [day for day in published(context) if day >= oldest]
    facts: dict[str, object] = {"snapshots": len(days), "snapshots made": len(made)}
    known = persist(at_snapshots(decided_by(context, decisions, days), days))
    registry = registered(lake)
    current = readable_champions(context, registry)
    outcomes = []
    draw = limits.training.background_rows, limits.training.seed
    samples = {
        kind: even_sample(read_days(context, table, days[-1:]), f"{kind}_id", *draw) for kind, table in FEATURES.items()
    }
    decided = known.where("entity_type = 'video'").select(F.col("entity_id").alias("video_id"))
    accounts = context.source(ACCOUNTS)
    rows = feature_rows(context, days, videos=decided.union(samples["video"].keys.select("video_id")))
    training = Training(context.as_of, current, context.policies.policies, limits, tasks)
    for kind, policies in SCORED.items():
        mine = known.where(F.col("entity_type") == kind)
        trained = train_entity(Decided(kind, mine, rows[kind], samples[kind], accounts), policies, training)
        outcomes += trained.outcomes
        for policy, why in trained.skipped.items():
            context.warn(f"no model for {policy} ({kind}): {why}")
    context.run.rows_written += register(lake, outcomes, registry, context.as_of, context.run.provenance)
    if mlflow:
        facts["told MLflow"] = tell_mlflow(context)
    for outcome in outcomes:
        model = outcome.model
        facts[f"{model.policy} ({model.entity_type})"] = outcome.in_a_line()
    refused = [
        f"{each.model.policy} ({each.model.entity_type}): {'; '.join(each.refusals)}"
        for each in outcomes
        if each.refusals
    ]
    if refused:
        raise GateRefused(f"refused: {' | '.join(refused)}")
    return facts


def readable_champions(context: Context, registry: Sequence[Row]) -> dict[tuple[str, str], Model]:
    """Load what scores today, but for models whose files are lost or broken: training is the way out of that."""
    models = {}
    for key, row in champions(registry, context.as_of).items():
        try:
            models[key] = load_model(context.lake.uri, row)
        except (BrokenContract, MissingTable) as error:
            context.warn(f"{error}; what is trained now is compared with ring evidence alone")
    return models


def tell_mlflow(context: Context) -> int:
    """Bring MLflow up to date; returns the number of models it was told of. What goes wrong there is a warning: the
    models are in the lake already, and the next training tells what is missing.
    """
    try:
        return tracking.bring_up_to_date(context.lake, registered(context.lake))
    except Exception as error:  # noqa: BLE001 - each store of MLflow fails in ways of its own
        context.warn(f"MLflow is not up to date, the next training will tell it what is missing: {one_line(error)}")
        return 0


JOB = Job(
    "train",
    "Train models from decisions; promote what passes the gate",
    run,
    reads=(DECISIONS, ACCOUNTS, *MODEL_INPUTS, REVIEW_QUEUE, AUDIT_DRAWS),
    writes=(MODELS,),
    options=(
        click.Option(["--snapshot-weeks"], type=click.IntRange(1), help="Weeks for which missing features are made."),
        click.Option(
            ["--distributed"],
            type=click.IntRange(1),
            metavar="TASKS",
            help="Where a policy has more labelled rows than training.max_rows of the limits, fit boosters on all "
            "of them in so many Spark tasks at once; without it on an even sample of that size, on the driver.",
        ),
    ),
)

if __name__ == "__main__":
    main(JOB)
