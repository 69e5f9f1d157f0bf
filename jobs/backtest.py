"""Backtest: what another model, floor or capacity would have queued on past days."""

from jobs import queue
from jobs.job import Context, Facts, Job, main
from jobs.snapshots import feature_rows

from dataclasses import replace
from datetime import date, timedelta
from functools import reduce
from pathlib import Path

import click
from engine import checkpoint, persist
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake.errors import UsageError
from lake.schemas import ACCOUNT_SCORES, DECISIONS, MODELS, REVIEW_QUEUE
from models.model import Model, learned_otherwise
from models.registry import load_model
from models.score import score_entities
from review.backtest import Tally, compared, tallies
from review.history import earlier_days
from review.queue import Day, review_queue

END_OF_TIME = date(9999, 12, 31)


def run(context: Context) -> Facts:
    """Replay the queues of past days as they were known then, and say what would have been queued, caught and found
    benign, next to what was.

    With --policies FILE under other floors, thresholds and capacities, with --model VERSION under a model that need not
    have been live, such as one that the gate refused. Risk cases are compared, each entity once, by what reviewers have
    said of it up to now; --out writes them to a file, one row each. Nothing that is live changes.
    """
    days = days_to_replay(context)
    model = wanted_model(context)
    if model and model.trained_as_of and model.trained_as_of > days[0]:
        context.warn(f"{model.version} learned from decisions up to {model.trained_as_of}: the days before flatter it")
    if model and model.changed:
        context.warn(learned_otherwise([model]))
    live = context.lake.read_or_empty(REVIEW_QUEUE)
    would = replay(context, days, live, model)
    decisions = replace(context, asked_day=END_OF_TIME).source(DECISIONS)
    cases = persist(compared(live.where(F.col("as_of").isin(days)), would, decisions))
    if out := context.options["out"]:
        cases.orderBy(*cases.columns).toPandas().to_csv(out, index=False)
    return {
        "days": f"{days[0]} to {days[-1]}",
        **{policy: in_a_line(*told) for policy, told in tallies(cases).items()},
    }


def days_to_replay(context: Context) -> list[date]:
    """Every day asked for; raises UsageError naming the first that was not scored."""
    first, last = context.options["first"].date(), context.options["last"].date()
    if first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    asked = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    scores = context.lake.read(ACCOUNT_SCORES).where(F.col("as_of").between(first, last))
    scored = {row.as_of for row in scores.select("as_of").distinct().collect()}
    for day in asked:
        if day not in scored:
            command = f"python -m jobs daily --lake {context.lake.uri} --as-of {day}"
            raise UsageError(f"{day} has no account_scores: run {command}")
    return asked


def wanted_model(context: Context) -> Model | None:
    """The model that was asked for, whatever its status; raises UsageError when there is none of that name."""
    version = context.options["model"]
    if version is None:
        return None
    row = context.lake.read(MODELS).where(F.col("model_version") == version).first()
    if row is None:
        raise UsageError(f"no model {version}: the versions are in table models")
    return load_model(context.lake.uri, row)


def replay(context: Context, days: list[date], live: DataFrame, model: Model | None) -> DataFrame:
    """The queues of these days, each knowing those before it; before the first day that is what was live."""
    known = live.where(F.col("as_of") < F.lit(days[0]))
    replayed = []
    for day in days:
        past = replace(context, asked_day=day)
        inputs = queue.inputs(past, earlier_days(known, day, context.policies.review))
        if model:
            inputs = rescored(past, inputs, model)
        cases = review_queue(inputs, day, context.policies).cases
        # Kept as rows: or each day would work out all days before it again.
        replayed.append(checkpoint(cases.select(REVIEW_QUEUE.columns)))
        known = checkpoint(known.unionByName(replayed[-1]))
    return reduce(DataFrame.unionByName, replayed)


def rescored(context: Context, day: Day, model: Model) -> Day:
    """The day with the scores of one model in place of what scored its policy."""
    kind, policy = model.entity_type, model.policy
    capacities = {policy: context.policies.policies[policy].capacity}
    rows = feature_rows(context, [context.as_of])[kind]
    scores = score_entities(rows, kind, [policy], {policy: model}, capacities, context.limits.scoring)
    field = f"{kind}_scores"
    others = getattr(day, field).where(F.col("policy") != policy)
    return replace(day, **{field: others.unionByName(scores.withColumn("as_of", F.lit(context.as_of)))})


def in_a_line(was: Tally, would: Tally, both: int) -> str:
    return (
        f"queued {was.queued} → {would.queued} ({both} in both), caught {was.caught} → {would.caught}, "
        f"found benign {was.found_benign} → {would.found_benign}, "
        f"never judged {was.never_judged} → {would.never_judged}"
    )


def _day_option(flag: str, name: str, meaning: str) -> click.Option:
    return click.Option([flag, name], required=True, type=click.DateTime(["%Y-%m-%d"]), help=meaning)


JOB = Job(
    "backtest",
    "Say what another model, floor or capacity would queue",
    run,
    reads=tuple(dict.fromkeys((*queue.JOB.reads, REVIEW_QUEUE, MODELS))),
    options=(
        _day_option("--from", "first", "First day to replay."),
        _day_option("--to", "last", "Last day to replay."),
        click.Option(["--model"], metavar="VERSION", help="Score its policy with this model of table models."),
        click.Option(
            ["--out"], type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write the cases as CSV."
        ),
    ),
    needs_day=False,
)

if __name__ == "__main__":
    main(JOB)
