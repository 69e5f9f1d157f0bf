"""Find near-equal texts and frames: candidates by hashing, exact verification, clusters of the near-equal.

Texts: MinHash over character shingles in bands (Broder 1997; Leskovec et al., Mining of Massive Datasets, ch. 3), then
the Jaccard similarity of the shingles themselves. Frames: multi-index hashing (Norouzi et al. 2012): of 16 parts of 16
bits, two hashes at most 31 bits apart have one part that differs in one bit at most, so that no pair is missed. Most
pairs farther apart are found still: 99 % of those at 40 bits and 95 % at 48, if the bits fall anywhere. Of many copies
of one frame, each is compared with a few, not with all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf import LinkLimits
from engine import persist
from features.graph import connected_components

PARTS, PART_BITS = 16, 16
NEAR_FRAME_BITS = 31
"""The distance in bits at which PDQ's authors call two frames the same."""
FULL_COMPARISON_SIZE, GROUP_HEADS = 1_000, 8
"""Up to so many hashes with one part in common, and ten times the number expected by chance, are compared all with all;
of more, each with a few heads.
"""
SHINGLE = 4
BANDS, ROWS = 16, 3
"""A pair of similarity 0.7 shares a band with a probability of 99.9 %, one of 0.3 with 35 %, to fail verification."""


def shingles(text: str) -> set[str]:
    """Return the runs of four characters of a normalised text without its spaces."""
    dense = text.replace(" ", "")
    return {dense[i : i + SHINGLE] for i in range(max(1, len(dense) - SHINGLE + 1))}


def jaccard(one: set[str], other: set[str]) -> float:
    """Return the Jaccard similarity of two sets, 0 to 1; of two empty ones it is 1."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _coefficients() -> tuple[np.ndarray, np.ndarray]:
    """Return the factors and offsets of the hash functions, by band and row; the same in every process."""
    state = np.random.default_rng(20_240_117)
    factors = state.integers(1, 1 << 63, (BANDS, ROWS), dtype=np.uint64) | np.uint64(1)
    return factors, state.integers(0, 1 << 63, (BANDS, ROWS), dtype=np.uint64)


def _shingle_hashes(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return 64-bit hashes of the shingles of all texts, and the index at which each text's begin.

    FNV-1a over code points, equal in every process; a text shorter than a shingle is padded.
    """
    dense = [text.replace(" ", "").ljust(SHINGLE, "\0") for text in texts]
    codes = np.frombuffer("".join(dense).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    ends = np.cumsum([len(text) for text in dense])
    runs = np.lib.stride_tricks.sliding_window_view(codes, SHINGLE)
    of_one_text = np.ones(len(runs), dtype=bool)
    of_one_text[ends[:-1, None] - np.arange(1, SHINGLE)] = False
    hashes = np.full(of_one_text.sum(), 14695981039346656037, dtype=np.uint64)
    for offset in range(SHINGLE):
        hashes = (hashes ^ runs[of_one_text, offset]) * np.uint64(1099511628211)
    return hashes, np.r_[0, ends[:-1]] - (SHINGLE - 1) * np.arange(len(dense))


def _signatures(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Compute the MinHash bands of batches of texts: text_id, band."""
    factors, offsets = _coefficients()
    for batch in batches:
        if not batch.num_rows:
            continue
        hashes, starts = _shingle_hashes(batch.column(1).to_pylist())
        keys = np.tile(np.arange(BANDS, dtype=np.uint64), (batch.num_rows, 1))
        for row in range(ROWS):
            for band in range(BANDS):
                mixed = hashes * factors[band, row] + offsets[band, row]
                mixed ^= mixed >> np.uint64(29)
                keys[:, band] ^= np.minimum.reduceat(mixed * np.uint64(0xBF58476D1CE4E5B9), starts)
            keys *= np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(32)
        ids = np.repeat(batch.column(0).to_numpy(), BANDS)
        yield pa.RecordBatch.from_arrays([pa.array(ids), pa.array(keys.view(np.int64).ravel())], ["text_id", "band"])


def _verified(min_similarity: float) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return a function that keeps the candidate pairs of a similarity of `min_similarity` or more."""

    def verify(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            left, right = batch.column(2).to_pylist(), batch.column(3).to_pylist()
            near = pa.array(
                [jaccard(shingles(a), shingles(b)) >= min_similarity for a, b in zip(left, right, strict=True)],
                pa.bool_(),
            )
            yield batch.select([0, 1]).filter(near)

    return verify


def near_texts(texts: DataFrame, limits: LinkLimits) -> DataFrame:
    """Find the pairs of distinct normalised texts with a Jaccard similarity of `min_jaccard` or more.

    Columns in: text_id, normal; out: text_id, other_text_id. Within a band, each text is compared only with the
    smallest and the largest id of its bucket, so that n texts cost 2n comparisons, not n²: near-equal texts are still
    connected, through the one that they are all compared with.
    """
    bands = persist(texts.select("text_id", "normal").mapInArrow(_signatures, "text_id bigint, band bigint"))
    heads = (
        bands.groupBy("band").agg(F.min("text_id").alias("head"), F.max("text_id").alias("tail")).where("head != tail")
    )
    candidates = (
        bands.join(heads, on="band", how="inner")
        .select("text_id", F.explode(F.array("head", "tail")).alias("other_text_id"))
        .where("text_id != other_text_id")
        .select(
            F.least("text_id", "other_text_id").alias("text_id"),
            F.greatest("text_id", "other_text_id").alias("other_text_id"),
        )
        .distinct()
    )
    other = texts.select(F.col("text_id").alias("other_text_id"), F.col("normal").alias("other"))
    return (
        candidates.join(texts, on="text_id", how="inner")
        .join(other, on="other_text_id", how="inner")
        .select("text_id", "other_text_id", "normal", "other")
        .mapInArrow(_verified(limits.min_jaccard), "text_id bigint, other_text_id bigint")
    )


def text_clusters(texts: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return the cluster of each text that has a near-equal one: text_id, cluster."""
    return _clusters(near_texts(texts, limits), "text_id")


def _clusters(pairs: DataFrame, name: str) -> DataFrame:
    """Return the connected components of pairs of a column's ids: the id, cluster."""
    links = pairs.select(F.col(name).alias("account_id"), F.col(f"other_{name}").alias("other_account_id"))
    return connected_components(links).select(F.col("account_id").alias(name), F.col("component").alias("cluster"))


def _words() -> list[Column]:
    """Return the four 64-bit words of a frame hash as columns."""
    digits = F.hex("frame_hash")
    eights = [F.substring(digits, 8 * i + 1, 8) for i in range(8)]
    halves = [F.conv(eight, 16, 10).cast("bigint") for eight in eights]  # alike: hex digits
    return [F.shiftleft(halves[2 * i], 32).bitwiseOR(halves[2 * i + 1]) for i in range(4)]


def _with_heads(keyed: DataFrame, most: float) -> DataFrame:
    """Add `is_head`: true of all hashes of a key with at most `most`, of about `GROUP_HEADS` of a larger one."""
    large_groups = keyed.groupBy("key").agg(F.count("*").alias("size")).where(F.col("size") > most)
    is_head = F.col("size").isNull() | (F.pmod(F.xxhash64("frame_id"), F.col("size")) < GROUP_HEADS)
    return keyed.join(F.broadcast(large_groups), on="key", how="left").withColumn("is_head", is_head).drop("size")


def near_frames(frames: DataFrame, distance: int = NEAR_FRAME_BITS, full_size: int = FULL_COMPARISON_SIZE) -> DataFrame:
    """Find the pairs of distinct frame hashes at most `distance` bits apart.

    Columns in: frame_id, frame_hash; out: frame_id, other_frame_id, distance. All pairs up to 31 bits; beyond, those in
    which every part differs in two bits or more are missed. Of more than `full_size` hashes with one part in common,
    each is compared with a few heads only: n copies of one frame are connected by some multiple of n pairs, not n².
    """
    words = frames.select("frame_id", *(word.alias(f"w{i}") for i, word in enumerate(_words())))
    mask = (1 << PART_BITS) - 1
    parts = [F.shiftright(F.col(f"w{i // 4}"), PART_BITS * (3 - i % 4)).bitwiseAND(F.lit(mask)) for i in range(PARTS)]
    key = [(F.lit(i << PART_BITS).bitwiseOR(part.cast("int"))).alias(f"k{i}") for i, part in enumerate(parts)]
    expected_size = frames.count() / (1 << PART_BITS)
    keyed = _with_heads(words.select("*", F.explode(F.array(*key)).alias("key")), full_size + 10 * expected_size)
    # Of two parts that differ in one bit, the one without it finds the other, and heads are found by all others of
    # their key: each pair is found once per part.
    same, flips = F.array(F.lit(0)), F.array(F.lit(0), *(F.lit(1 << bit) for bit in range(PART_BITS)))
    probes = (
        keyed.select(
            F.col("frame_id").alias("other_frame_id"),
            *(F.col(f"w{i}").alias(f"o{i}") for i in range(4)),
            F.col("is_head").alias("other_is_head"),
            "key",
            F.explode(F.when(F.col("is_head"), flips).otherwise(same)).alias("flip"),
        )
        .where(F.col("key").bitwiseAND(F.col("flip")) == 0)
        .withColumn("key", F.col("key").bitwiseOR(F.col("flip")))
    )
    apart = [F.bit_count(F.col(f"w{i}").bitwiseXOR(F.col(f"o{i}"))) for i in range(4)]
    # Half of the bits suffice to reject most candidates.
    near = (apart[0] + apart[1] <= distance) & (apart[0] + apart[1] + apart[2] + apart[3] <= distance)
    one, other = F.col("frame_id"), F.col("other_frame_id")
    # Two heads with one key match in both directions, and a head matches itself: one direction is kept.
    once = (F.col("flip") > 0) | (one < other) | ~F.col("other_is_head")
    # A hint, as Spark would choose a broadcast by the size of the rows before they are exploded.
    return (
        probes.join(keyed.where("is_head").hint("shuffle_hash"), on="key", how="inner")
        .where(near & once)
        .select(
            F.least(one, other).alias("frame_id"),
            F.greatest(one, other).alias("other_frame_id"),
            (apart[0] + apart[1] + apart[2] + apart[3]).alias("distance"),
        )
        .distinct()
    )


def frame_clusters(frames: DataFrame, limits: LinkLimits) -> DataFrame:
    """Return the clusters of near-equal frames that each hash belongs to: frame_hash, cluster, loose_cluster.

    In `cluster`, each hash is at most `near_frame_bits` from another; a hash may be alone. `loose_cluster` joins hashes
    at most `weak_frame_bits` apart; it is null unless it joins several clusters, and has the number of the fullest of
    them.
    """
    known = persist(frames.select("frame_hash", F.xxhash64("frame_hash").alias("frame_id")))
    pairs = persist(near_frames(known, limits.weak_frame_bits))
    near = _clusters(pairs.where(F.col("distance") <= limits.near_frame_bits), "frame_id")
    loose = _clusters(pairs, "frame_id").withColumnRenamed("cluster", "loose")
    clustered = (
        known.join(near, on="frame_id", how="left")
        .withColumn("cluster", F.coalesce("cluster", "frame_id"))
        .join(loose, on="frame_id", how="left")
    )
    fullest = (
        clustered.where("loose IS NOT NULL")
        .groupBy("loose", "cluster")
        .agg(F.count("*").alias("frames"))
        .groupBy("loose")
        .agg(F.max_by("cluster", F.struct("frames", "cluster")).alias("loose_cluster"), F.count("*").alias("clusters"))
        .where("clusters > 1")
    )
    return clustered.join(fullest, on="loose", how="left").select("frame_hash", "cluster", "loose_cluster")
