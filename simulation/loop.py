"""What weeks of the suite and its reviewers come to on a made-up platform, day by day against the truth."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, DayLocator, date2num
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import PercentFormatter
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from engine.portable import ratio
from lake.schemas import POLICIES
from simulation.answers import judged
from simulation.scorecard import FLAGGED, share
from simulation.truth import STYLES

WEEK = 7
LABELS = 5
"""Dates along an axis, about."""
INK = {"all": "#222222", "loud": "#d1495b", "evading": "#00798c"}


def caught(decisions: DataFrame, members: DataFrame) -> DataFrame:
    """Accounts (account_id) that a reviewer found violating, themselves or as members of a ring."""
    violating = decisions.where("verdict = 'violating'").select("entity_type", "entity_id").distinct()
    rings = violating.where("entity_type = 'ring'").select(F.col("entity_id").alias("ring_id"))
    own = violating.where("entity_type = 'account'").select(F.col("entity_id").alias("account_id"))
    return own.unionByName(members.join(rings, on="ring_id", how="left_semi").select("account_id")).distinct()


def cases_of(queue: DataFrame, members: DataFrame, accounts: DataFrame, videos: DataFrame, day: date) -> DataFrame:
    """Count the risk cases that were opened on a day, and those of them that are violating: one row of cases and right,
    and the same of those with a score of `FLAGGED` or more, flagged and flagged_right.
    """
    opened = queue.where((F.col("selection") == "risk") & (F.to_date("opened_at") == F.lit(day)))
    is_flagged = F.col("score") >= FLAGGED
    return judged(opened, members, accounts, videos).agg(
        F.count("*").alias("cases"),
        F.count_if("violating").alias("right"),
        F.count_if(is_flagged).alias("flagged"),
        F.count_if(is_flagged & F.col("violating")).alias("flagged_right"),
    )


def reach_of(features: DataFrame, accounts: DataFrame, caught_ones: DataFrame) -> DataFrame:
    """One row about active accounts: the share of the abusive ones that are caught (recall, recall_loud,
    recall_evading), the share of the views of 7 days that abusive ones make (abusive_views), and those of them that
    are not caught (free_views).
    """
    known = (
        features.select("account_id", "views_7d")
        .join(accounts.select("account_id", "violating", "style"), on="account_id", how="left")
        .join(caught_ones.withColumn("caught", F.lit(True)), on="account_id", how="left")
    )
    abusive, is_caught = F.coalesce("violating", F.lit(False)), F.coalesce("caught", F.lit(False))
    views = F.sum("views_7d")
    recalls = {
        "recall": abusive,
        **{f"recall_{style}": abusive & (F.col("style") == style) for style in STYLES},
    }
    return known.agg(
        *(share(is_caught, who).alias(name) for name, who in recalls.items()),
        ratio(F.sum(F.when(abusive, F.col("views_7d"))), views).alias("abusive_views"),
        ratio(F.sum(F.when(abusive & ~is_caught, F.col("views_7d"))), views).alias("free_views"),
    )


def draw(days: Sequence[Mapping[str, object]], prevalence: Sequence[Mapping[str, object]], file: Path) -> None:
    """Write the picture of a loop.

    `days`: a mapping a day with `day` and the columns of `cases_of` and `reach_of`. `prevalence`: one a day and policy
    with day, policy, estimate, ci_low, ci_high and `truth`.
    """
    by_day = pd.DataFrame(days).set_index("day").sort_index()
    shown = list(pd.to_datetime(by_day.index))
    estimates = pd.DataFrame(prevalence)
    figure = Figure(figsize=(14, 7), layout="constrained")
    grid = figure.add_gridspec(2, 3 * len(POLICIES))
    precision, recall, views = _row(figure, grid, 0, 3)
    week = by_day[["right", "cases", "flagged_right", "flagged"]].rolling(WEEK, min_periods=1).sum()
    precision.plot(by_day.index, week["flagged_right"] / week["flagged"], color=INK["loud"], label="flagged ones")
    precision.plot(by_day.index, week["right"] / week["cases"], color=INK["all"], label="all that capacity allows")
    _finish(precision, f"risk cases that are violating, of {WEEK} days", shown, top=1.02)
    for style, name in (("all", "recall"), ("loud", "recall_loud"), ("evading", "recall_evading")):
        recall.plot(by_day.index, by_day[name].astype(float), color=INK[style], label=style)
    _finish(recall, "abusive accounts found so far", shown, top=1.02)
    views.plot(by_day.index, by_day["abusive_views"], "--", color="#aaaaaa", label="by abusive accounts")
    views.plot(by_day.index, by_day["free_views"], color=INK["all"], label="of them not found yet")
    _finish(views, "share of all views", shown)
    for axes, policy in zip(_row(figure, grid, 1, len(POLICIES)), POLICIES, strict=True):
        rows = estimates[estimates["policy"] == policy].sort_values("day")
        axes.fill_between(rows["day"], rows["ci_low"], rows["ci_high"], color="#00798c", alpha=0.2, label="95 %")
        axes.plot(rows["day"], rows["estimate"], color="#00798c", label="estimate")
        axes.plot(rows["day"], rows["truth"], "--", color=INK["all"], label="truth")
        _finish(axes, f"prevalence: {policy.replace('_', ' ')}", shown)
    figure.savefig(file, dpi=110)


def _row(figure: Figure, grid: GridSpec, place: int, panels: int) -> list[Axes]:
    wide = grid.ncols // panels
    return [figure.add_subplot(grid[place, panel * wide : (panel + 1) * wide]) for panel in range(panels)]


def _finish(axes: Axes, title: str, days: Sequence[datetime], top: float | None = None) -> None:
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_ylim(0, top)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    first, last = date2num(min(days)), date2num(max(days))
    axes.set_xlim(first - 0.5, last + 0.5)
    axes.xaxis.set_major_locator(DayLocator(interval=max(1, round((last - first) / LABELS))))
    axes.xaxis.set_major_formatter(DateFormatter("%d %b"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
