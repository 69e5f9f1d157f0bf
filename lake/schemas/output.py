"""Output tables: what analysts, reviewers and dashboards read, published a day at a time."""

from pyspark.sql.types import MapType, StructType

from lake.schemas.source import SOURCES
from lake.schemas.table import AS_OF, BIGINT, BOOLEAN, DATE, DOUBLE, REASON, STRING, STRINGS, TIMESTAMP, Table, column
from lake.schemas.vocabulary import ENTITY_TYPES, MEASURES, MODEL_STATUSES, SELECTIONS, UNSUPERVISED, VIDEO_POLICIES

ACCOUNT_FEATURES = Table(
    "account_features",
    "output",
    "active account",
    StructType([AS_OF, column("account_id", BIGINT, "the account")]),
    key=("account_id",),
)

VIDEO_FEATURES = Table(
    "video_features",
    "output",
    "active video",
    StructType([AS_OF, column("video_id", BIGINT, "the video"), column("account_id", BIGINT, "who uploaded it")]),
    key=("video_id",),
)

ACCOUNT_LINKS = Table(
    "account_links",
    "output",
    "pair of accounts that act together beyond chance",
    StructType(
        [
            AS_OF,
            column("account_id", BIGINT, "the account of the pair with the smaller id"),
            column("other_account_id", BIGINT, "the account of the pair with the larger id"),
            column("kinds", STRINGS, "the kinds of co-action that speak for the link"),
            column("shared_objects", BIGINT, "objects on which both acted together"),
            column("surprise", DOUBLE, "-log10 of the chance of it"),
        ]
    ),
    key=("account_id", "other_account_id"),
)

RINGS = Table(
    "rings",
    "output",
    "ring: a group of accounts held together by links",
    StructType(
        [
            AS_OF,
            column("ring_id", BIGINT, "the ring; it keeps its id from day to day as members come and go"),
            column("policy", STRING, "the policy that it would break"),
            column("size", BIGINT, "number of members"),
            column("score", DOUBLE, "chance that it is abusive, 0 to 1"),
            column("evidence", STRING, "why, in a sentence that an analyst can read"),
            column("reasons", REASON, "what the score is the sum of, largest first"),
        ]
    ),
    key=("ring_id",),
)

RING_MEMBERS = Table(
    "ring_members",
    "output",
    "member of a ring",
    StructType(
        [
            AS_OF,
            column("ring_id", BIGINT, "the ring"),
            column("account_id", BIGINT, "the member"),
            column("strength", DOUBLE, "how surely it belongs to the ring by links, uploads or words, 0 to 1"),
        ]
    ),
    key=("ring_id", "account_id"),
)


def _scores(entity: str, grain: str, policy: str, ring: str | None = None) -> Table:
    """The scores of an entity type; `ring` says which ring a row names, if it names one."""
    return Table(
        f"{entity}_scores",
        "output",
        grain,
        StructType(
            [
                AS_OF,
                column(f"{entity}_id", BIGINT, f"the {entity}"),
                column("policy", STRING, policy),
                column("score", DOUBLE, "calibrated chance that a reviewer would say violating"),
                *([column("ring_id", BIGINT, ring)] if ring else []),
                column(
                    "reasons", REASON, "largest first; filled for every row that a queue could take, empty for the rest"
                ),
                column("model_version", STRING, f"the model that gave the score, or {UNSUPERVISED}"),
            ]
        ),
        key=(f"{entity}_id", "policy"),
    )


ACCOUNT_SCORES = _scores(
    "account",
    "active account and policy",
    "the policy that it may have broken",
    ring="the ring it belongs to, null if in none",
)

VIDEO_SCORES = _scores(
    "video",
    "active video and policy",
    ", ".join(VIDEO_POLICIES),
    ring="the ring that acts on it, or uploads its work, or is its uploader's; null if none",
)

RING_SCORES = _scores("ring", "ring and policy", "the policy that it may break")

REVIEW_QUEUE = Table(
    "review_queue",
    "output",
    "open case",
    StructType(
        [
            AS_OF,
            column("case_id", STRING, "the case"),
            column("queue", STRING, "the queue of reviewers that it waits in"),
            column("policy", STRING, "the policy in question"),
            column("entity_type", STRING, ", ".join(ENTITY_TYPES)),
            column("entity_id", BIGINT, "the account, video or ring to judge"),
            column("ring_id", BIGINT, "the ring it belongs to, null if in none"),
            column("score", DOUBLE, "calibrated chance that a reviewer would say violating"),
            column("reach", BIGINT, "accounts exposed in the last 7 days"),
            column("priority", DOUBLE, "expected harm: chance x severity x reach"),
            column("selection", STRING, ", ".join(SELECTIONS)),
            column("inclusion_probability", DOUBLE, "the chance with which it was selected"),
            column("reasons", REASON, "what speaks for and against it, largest first"),
            column("evidence", STRING, "why it is here, in a sentence that a reviewer can read"),
            column("opened_at", TIMESTAMP, "when the case was opened"),
            column("due_at", TIMESTAMP, "when it should be decided"),
            column("ring_size", BIGINT, "members of the ring when the case was opened, null if the entity is in none"),
        ]
    ),
    key=("case_id",),
)

PREVALENCE = Table(
    "prevalence",
    "output",
    "policy",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("estimate", DOUBLE, "share of views in the last 7 days by violating accounts"),
            column("ci_low", DOUBLE, "lower end of the 95 % interval"),
            column("ci_high", DOUBLE, "upper end of the 95 % interval"),
            column("reviewed", BIGINT, "decisions that the estimate rests on"),
            column(
                "method",
                STRING,
                "posterior: audits, scores and what is known of wrong verdicts together; none: no audit to rest on",
            ),
            column("design_estimate", DOUBLE, "the estimate from the audits alone, corrected for errors likewise"),
            column("design_low", DOUBLE, "lower end of its 95 % interval"),
            column("design_high", DOUBLE, "upper end of its 95 % interval"),
            column("uncorrected_estimate", DOUBLE, "the share by the audits alone, if no verdict were wrong"),
            column("uncorrected_low", DOUBLE, "lower end of its 95 % interval"),
            column("uncorrected_high", DOUBLE, "upper end of its 95 % interval"),
            column("error_rate", DOUBLE, "share of audits' verdicts that are wrong, as expected in the end"),
            column("false_positives", DOUBLE, "chance that a benign account is taken for violating, likewise"),
            column("false_negatives", DOUBLE, "chance that a violating account is taken for benign, likewise"),
            column("twice_decided", BIGINT, "pairs of verdicts that this rests on, beside the audits"),
            column("unanswered", BIGINT, "accounts that were drawn and have no verdict"),
        ]
    ),
    key=("policy",),
)

QUALITY = Table(
    "quality",
    "output",
    "measure of the cases of a policy, selection and model",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("selection", STRING, ", ".join(SELECTIONS)),
            column("model_version", STRING, "the model that scored the cases, null when its scores are gone"),
            column("measure", STRING, "; ".join(f"{name}: {meaning}" for name, meaning in MEASURES.items())),
            column("cases", BIGINT, "cases, or audited accounts, that the estimate rests on"),
            column("estimate", DOUBLE, "the share, null when the cases say nothing of it"),
            column("ci_low", DOUBLE, "lower end of its 95 % interval"),
            column("ci_high", DOUBLE, "upper end of its 95 % interval"),
        ]
    ),
    key=("policy", "selection", "model_version", "measure"),
)

DRIFT = Table(
    "drift",
    "output",
    "feature, or score, of a model",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy that the model scores"),
            column("entity_type", STRING, "what it scores: account, video or ring"),
            column("model_version", STRING, "the model"),
            column("since", DATE, "the first day on which it scored, with which this day is compared"),
            column("feature", STRING, "the feature, or score"),
            column("stability_index", DOUBLE, "population stability index over ten bins of equal mass on that day"),
            column("noise", DOUBLE, "what the index stays below 99 times in 100 when nothing drifts"),
        ]
    ),
    key=("policy", "entity_type", "feature"),
)

MODELS = Table(
    "models",
    "output",
    "trained model",
    StructType(
        [
            column("model_version", STRING, "the model"),
            column("policy", STRING, "the policy that it scores"),
            column("entity_type", STRING, "what it scores: account, video or ring"),
            column("trained_as_of", DATE, "the day of knowledge it was trained with"),
            column("status", STRING, ", ".join(MODEL_STATUSES)),
            column("metrics", MapType(STRING, DOUBLE), "figures on held-out days and rings"),
            column("path", STRING, "its folder, relative to the lake"),
            column("code_version", STRING, "version of the code that trained it"),
            column("trained_at", TIMESTAMP, "when it was trained"),
            column("notes", STRING, "why the gate refused it, null when it did not"),
        ]
    ),
    key=("model_version",),
    partition=None,
)

JOB_RUNS = Table(
    "job_runs",
    "output",
    "run of a job",
    StructType(
        [
            column("run_id", STRING, "the run"),
            column("job", STRING, "the job"),
            column("as_of", DATE, "the day it ran for, null for a job without one"),
            column("started_at", TIMESTAMP, "when it started"),
            column("finished_at", TIMESTAMP, "when it ended, well or not"),
            column("status", STRING, "done or failed"),
            column("rows_read", BIGINT, "rows read from storage, each as often as it was read"),
            column("rows_written", BIGINT, "rows published"),
            column("rows_quarantined", BIGINT, "rows that broke the contract"),
            column("code_version", STRING, "version of the code"),
            column("config", STRING, "options and settings, as JSON"),
            column("message", STRING, "why it failed, null when it did not"),
            column("engine", STRING, "what ran the data frames: sail, spark, spark-connect"),
        ]
    ),
    key=("run_id", "job"),
    partition=None,
)

VALIDATION_RESULTS = Table(
    "validation_results",
    "output",
    "expectation of a source table",
    StructType(
        [
            AS_OF,
            column("table_name", STRING, "the source table"),
            column("expectation", STRING, "what is expected to be in range"),
            column("severity", STRING, "error: the run stops when it is not met; warning: it goes on"),
            column("success", BOOLEAN, "whether it is met"),
            column("observed", DOUBLE, "what was seen, null when there was nothing to see"),
            column("expected", STRING, "the range"),
        ]
    ),
    key=("table_name", "expectation"),
)


def quarantine(source: Table) -> Table:
    """Where the broken rows of a source table go: its columns as delivered, beside all the reasons."""
    return Table(
        f"quarantine_{source.name}",
        "output",
        f"broken row of {source.name}",
        StructType([AS_OF, column("reasons", STRINGS, "every rule that it breaks"), *source.schema.fields]),
        key=(),
    )


QUARANTINES = tuple(quarantine(source) for source in SOURCES)

OUTPUTS = (
    ACCOUNT_FEATURES,
    VIDEO_FEATURES,
    ACCOUNT_LINKS,
    RINGS,
    RING_MEMBERS,
    ACCOUNT_SCORES,
    VIDEO_SCORES,
    RING_SCORES,
    REVIEW_QUEUE,
    PREVALENCE,
    QUALITY,
    DRIFT,
    MODELS,
    JOB_RUNS,
    VALIDATION_RESULTS,
    *QUARANTINES,
)
