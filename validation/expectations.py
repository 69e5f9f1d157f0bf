"""The expectations of each source table, judged over one row of facts a table, and shown by Great Expectations.

The rows themselves were counted by the engine (see facts.py): Great Expectations would run a pass for each row
condition.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from conf import ValidationLimits
from lake.schemas import ACCOUNTS, EVENTS, Table
from validation.facts import NULL_SHARES, Facts
from validation.rules import RULES


@dataclass(frozen=True)
class Expectation:
    """A fact that should lie between `low` and `high`; nothing is wrong with one that is unknown."""

    name: str
    low: float | None
    high: float | None
    severity: str = "warning"

    def holds(self, observed: float | None) -> bool:
        """Whether a value lies within both ends, or is unknown."""
        if observed is None or math.isnan(observed):
            return True
        return (self.low is None or observed >= self.low) and (self.high is None or observed <= self.high)

    @property
    def expected(self) -> str:
        return " and ".join(
            f"at {end} {limit:g}" for end, limit in (("least", self.low), ("most", self.high)) if limit is not None
        )


@dataclass(frozen=True)
class Result:
    """How an expectation fared."""

    table: str
    expectation: Expectation
    success: bool
    observed: float | None

    def in_a_line(self) -> str:
        observed = "unknown" if self.observed is None else f"{self.observed:.4g}"
        return f"{self.table}: {self.expectation.name} is {observed}, expected {self.expectation.expected}"


def expectations(table: Table, limits: ValidationLimits) -> Iterator[Expectation]:
    """What is expected of a table: a bounded share of broken rows (error), and signs of trouble (warnings)."""
    yield Expectation("broken_share", None, limits.max_broken_share, severity="error")
    for rule in RULES[table.name]:
        yield Expectation(f"rule_{rule.name}", None, 0)
    for name in NULL_SHARES.get(table.name, ()):
        yield Expectation(f"null_{name}", None, limits.max_null_share)
    if table == EVENTS:
        yield Expectation("volume_ratio", *limits.volume_ratio)
        yield Expectation("days_since_last_event", None, limits.max_days_without_events)
        yield Expectation("repeated_share", None, limits.max_repeated_share)
        yield Expectation("orphan_share", None, limits.max_orphan_share)
    if table == ACCOUNTS:
        yield Expectation("country_mix_distance", None, limits.max_country_distance)


def observations(facts: Facts, limits: ValidationLimits) -> dict[str, float | None]:
    """One value for each expectation of the table."""
    return {
        "broken_share": facts.broken_share(limits),
        **{f"rule_{name}": float(count) for name, count in facts.by_rule.items()},
        **facts.values,
    }


def judge(all_facts: Sequence[Facts], limits: ValidationLimits) -> list[Result]:
    """Judge the facts of all tables."""
    return [
        Result(facts.table.name, each, each.holds(observed.get(each.name)), observed.get(each.name))
        for facts in all_facts
        for observed in [observations(facts, limits)]
        for each in expectations(facts.table, limits)
    ]


def build_pages(all_facts: Sequence[Facts], limits: ValidationLimits, folder: Path) -> list[Result]:
    """Let Great Expectations judge the same facts, and build its data docs in that folder; what it found.

    Great Expectations takes five seconds to import: more than a small day's validation.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]  # it is read as a dict
    source = context.data_sources.add_pandas("facts")
    results = []
    for facts in all_facts:
        wanted = {each.name: each for each in expectations(facts.table, limits)}
        observed = observations(facts, limits)
        suite = context.suites.add(gx.ExpectationSuite(name=facts.table.name))
        for each in wanted.values():
            suite.add_expectation(
                gx.expectations.ExpectColumnValuesToBeBetween(
                    column=each.name, min_value=each.low, max_value=each.high, meta={"severity": each.severity}
                )
            )
        batch = source.add_dataframe_asset(facts.table.name).add_batch_definition_whole_dataframe("day")
        validation = context.validation_definitions.add(
            gx.ValidationDefinition(name=facts.table.name, data=batch, suite=suite)
        )
        frame = pd.DataFrame([{name: observed.get(name) for name in wanted}], dtype="float64")
        outcome = validation.run(batch_parameters={"dataframe": frame})
        for judged in outcome.results:
            if judged.expectation_config is None:
                raise ValueError("a result that does not say what was expected")
            name = judged.expectation_config.kwargs["column"]
            results.append(Result(facts.table.name, wanted[name], bool(judged.success), observed.get(name)))
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder.absolute())}
    index = {"class_name": "DefaultSiteIndexBuilder"}
    site: Any = {"class_name": "SiteBuilder", "store_backend": store, "site_index_builder": index}
    context.add_data_docs_site(site_name="validation", site_config=site)
    context.build_data_docs(site_names=["validation"])
    return results
