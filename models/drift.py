"""Drift: how far the features and scores of a day are from those of the first day on which a model scored.

The population stability index: the sum over bins of (now - then) x ln(now / then), the bins being the deciles of then
and one of unknown values (Siddiqi 2006, Credit Risk Scorecards). Its noise: where nothing drifts, the index is about
(1/n + 1/m) times a chi-square of as many degrees of freedom as bins less one (Yurdakul & Naranjo 2020).
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy.stats import chi2

from models.score import packed, unpacked

BINS = 10
HALF = 0.5
"""Added to every bin, so that an empty one makes no infinite index."""
NOISE_LEVEL = 0.99
Edges = Mapping[str, np.ndarray]


def decile_edges(sample: pd.DataFrame, names: Iterable[str]) -> Edges:
    """Where the bins of each column part: its distinct deciles in a sample; none of a column without a value."""
    parts = np.arange(1, BINS) / BINS
    known = {name: sample[name].to_numpy(np.float32) for name in names}
    known = {name: values[~np.isnan(values)] for name, values in known.items()}
    return {
        name: np.unique(np.quantile(values, parts, method="inverted_cdf")) if len(values) else np.empty(0, np.float32)
        for name, values in known.items()
    }


def histograms(rows: DataFrame, edges: Edges) -> dict[str, np.ndarray]:
    """Rows in each bin of each column, the last bin being that of unknown values. Each batch is read once for all."""
    names = list(edges)

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        totals = {name: np.zeros(len(its) + 2, np.int64) for name, its in edges.items()}
        for batch in batches:
            for name, values in unpacked(batch.column("values"), names).items():
                unknown = np.isnan(values)
                bins = np.where(unknown, len(edges[name]) + 1, np.searchsorted(edges[name], values))
                totals[name] += np.bincount(bins, minlength=len(totals[name]))
        yield pa.RecordBatch.from_pydict({"name": names, "counts": [totals[name].tolist() for name in names]})

    found = {name: np.zeros(len(its) + 2, np.int64) for name, its in edges.items()}
    parts = rows.select(packed(names)).mapInArrow(count, "name string, counts array<bigint>")
    each = parts.select("name", F.posexplode("counts").alias("bin", "rows"))
    for row in each.groupBy("name", "bin").agg(F.sum("rows").alias("rows")).collect():
        found[row["name"]][row.bin] = row["rows"]
    return found


def stability_index(then: np.ndarray, now: np.ndarray) -> tuple[float, float]:
    """The population stability index of two histograms, and what it stays below 99 times in 100 by chance alone."""
    used = (then > 0) | (now > 0)
    then, now = then[used], now[used]
    if then.sum() == 0 or now.sum() == 0 or len(then) < 2:
        return 0.0, 0.0
    before = (then + HALF) / (then.sum() + HALF * len(then))
    after = (now + HALF) / (now.sum() + HALF * len(now))
    index = float(np.sum((after - before) * np.log(after / before)))
    noise = (1 / then.sum() + 1 / now.sum()) * chi2.ppf(NOISE_LEVEL, len(then) - 1)
    return index, float(noise)


def drift(
    then: DataFrame, now: DataFrame, sample: pd.DataFrame, names: Iterable[str]
) -> dict[str, tuple[float, float]]:
    """Stability index and its noise of each column between the rows of two days; `sample` is of the earlier ones."""
    edges = decile_edges(sample, names)
    before, after = histograms(then, edges), histograms(now, edges)
    return {name: stability_index(before[name], after[name]) for name in edges}
