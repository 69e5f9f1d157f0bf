"""Policies and limits as data, checked when they are loaded: an unknown key is an error.

`conf/policies.toml` and `conf/limits.toml` are the defaults; the files of `--policies FILE` and `--limits FILE` are
laid over them and hold only what differs. docs/configuration.md, made from this file, explains every key.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import reduce
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

DEFAULTS = files(__name__)


class Section(BaseModel):
    """A table of a configuration file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConfigError(ValueError):
    """A configuration file that cannot be used; the message names the file, the key and what is wrong."""


class ConfigFile(Section):
    """A whole configuration file."""

    default_file: ClassVar[str]

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read the defaults, with the tables and keys of a file of one's own laid over them.

        Raises ConfigError when the file is missing, is not TOML, or holds an unknown key or an impossible value.
        """
        default = read(DEFAULTS / cls.default_file)
        try:
            return cls.model_validate(overlaid(default, read(path)) if path else default)
        except ValidationError as error:
            raise ConfigError(f"{path or cls.default_file}: {explained(error.errors()[0], default)}") from error


def read(path: Path | Traversable) -> dict[str, Any]:
    """Read a TOML file; raises ConfigError when it is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def overlaid(default: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two files table by table and key by key; what is no table, lists too, is replaced whole."""
    changed = {
        key: overlaid(default[key], value) if isinstance(value, dict) and isinstance(default.get(key), dict) else value
        for key, value in own.items()
    }
    return {**default, **changed}


def explained(error: ErrorDetails, default: Mapping[str, Any]) -> str:
    """Say which key is wrong, and in what way."""
    where, path = ".".join(map(str, error["loc"])), list(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{where} is no key of this file{meant(path, default)}"
    if error["type"] == "missing":
        # The defaults have all keys of their own tables, so only a policy that they do not have can lack one.
        policy = path[:-1]
        new = f"{'.'.join(policy)} is not among the defaults, so it needs all keys"
        return f"{where} is missing: {new}{meant(policy, default)}"
    return ": ".join(filter(None, (where, error["msg"].removeprefix("Value error, "))))


def meant(path: list[str], default: Mapping[str, Any]) -> str:
    """Ask for the key of the defaults that is most like an unknown one; nothing where none is."""
    table = reduce(lambda table, name: table.get(name, {}), path[:-1], default)
    return "".join(f"; did you mean {name}?" for name in get_close_matches(path[-1], table, 1))


class ValidationLimits(Section):
    """When a day's data are too broken to go on."""

    max_broken_share: float = Field(ge=0, le=1, description="above it the run stops")
    late_days: int = Field(ge=0, description="days that an event may arrive late")
    history_days: int = Field(ge=1, description="days that volume and mix are compared with")
    min_day_rows: int = Field(ge=1, description="new accounts, videos or decisions from which a day is judged alone")
    volume_ratio: tuple[float, float] = Field(description="events of the day, relative to the days before, that pass")
    max_days_without_events: int = Field(ge=0, description="days since the last event that pass")
    max_null_share: float = Field(ge=0, le=1, description="share of nulls in columns that may be null")
    max_repeated_share: float = Field(ge=0, le=1, description="share of events delivered more than once")
    max_orphan_share: float = Field(ge=0, le=1, description="share of acting accounts that are not in accounts")
    min_sign_ups: int = Field(
        ge=1, description="sign-ups, on the day and before it, from which their countries are compared"
    )
    max_country_distance: float = Field(ge=0, le=1, description="total variation of the countries of new accounts")


class FirstGuess(Section):
    """The hyperparameters that the search tries first."""

    max_depth: int = Field(ge=1, le=12, description="levels of a tree")
    eta: float = Field(gt=0, le=1, description="learning rate: what each tree adds")
    rounds: int = Field(ge=1, description="trees of a model")
    min_child_weight: float = Field(ge=0, description="weight (sum of Hessians) that each side of a split keeps")
    colsample_bytree: float = Field(gt=0, le=1, description="share of the features that each tree may look at")
    reg_lambda: float = Field(ge=0, description="L2 penalty on the values of leaves")


class TrainingLimits(Section):
    """How models are fitted and what they must be able to do before they score anything."""

    seed: int = Field(description="another seed splits and samples otherwise")
    threads: int = Field(
        ge=1,
        description="threads of the booster: one is fastest on thousands of rows; more cost most on a busy machine",
    )
    decision_weeks: int = Field(
        ge=1, description="weeks of decisions that are learned from, where features of their time are there"
    )
    snapshot_weeks: int = Field(
        ge=1, description="weeks of decisions for which missing features of their time are made"
    )
    max_rows: int = Field(
        ge=100, description="labelled rows per policy that are fitted on the driver; more are sampled"
    )
    background_rows: int = Field(ge=0, description="active entities, labelled or not, that stand for the population")
    prior_decisions: float = Field(
        ge=0, description="decisions that ring evidence weighs as much as, when a model learns what to add to it"
    )
    judged_members: int = Field(
        ge=1, description="members with verdicts of their own whose majority is the verdict on a ring that has none"
    )
    min_per_class: int = Field(ge=2, description="violating and benign decisions without which a policy gets no model")
    max_weight: float = Field(ge=1, description="active entities that one decision can stand for, random audits aside")
    weight_spread: float = Field(ge=1, description="weight in the fit of the heaviest row of a class, in medians")
    slips: float = Field(ge=0, lt=0.5, description="share of verdicts that are wrong")
    folds: int = Field(ge=2, description="parts for held-out scores")
    trials: int = Field(ge=1, description="sets of hyperparameters that are tried")
    held_out_share: float = Field(gt=0, lt=1, description="share of the decisions, the latest, that the gate judges by")
    first_guess: FirstGuess = Field(description="the hyperparameters that the search tries first")


class GateLimits(Section):
    """When a trained model may replace the champion."""

    bootstraps: int = Field(ge=50, description="resamples of the held-out groups")
    min_skill: float = Field(
        ge=0, lt=1, description="way from the base rate to an average precision of 1 that must be made"
    )
    max_drop: float = Field(
        ge=0, le=1, description="loss of average precision or precision that is no worse than noise"
    )
    unsure_share: float = Field(
        gt=0, lt=0.5, description="share of the resamples that may contradict a figure that still counts as sure"
    )
    min_difference: float = Field(ge=0, le=1, description="a difference below it is none, however sure")
    max_calibration_error: float = Field(
        gt=0, le=1, description="mean distance of score and share of violating verdicts"
    )
    segment_rows: int = Field(
        ge=2, description="held-out rows of each class from which a country or an age group is judged by itself"
    )
    leak_separation: float = Field(
        gt=0.5, le=1, description="a feature that tells the classes apart this well alone is a leak"
    )
    leak_rows: int = Field(ge=2, description="groups of each class from which a leak can be told from luck")


class ScoringLimits(Section):
    """Which scores get reasons, and what is said before there is a model."""

    reason_threshold: float = Field(ge=0, le=1, description="scores from which every row gets reasons")
    reason_capacities: int = Field(
        ge=1, description="top rows of a policy that get reasons, in days of its queue's capacity"
    )
    reasons: int = Field(ge=1, description="features named; the rest is one entry")
    unknown_score: float = Field(
        gt=0, lt=1, description="score without a model and without a ring: rare, but not impossible"
    )


class DriftLimits(Section):
    """When a model's inputs are no longer what it was trained for."""

    max_index: float = Field(gt=0, description="population stability index above which a drift is warned of")


class RingLimits(Section):
    """What holds a ring together, and how long its id is remembered."""

    seed: int = Field(description="another seed may split a loose component otherwise")
    min_surprise: float = Field(ge=0, description="surprise from which a pair may hold a group together with others")
    surprise_cap: float = Field(gt=0, description="surprise above which a link ties no more firmly")
    resolution: float = Field(gt=0, description="mean surprise over all pairs of members above which a group stands")
    core_surprise: float = Field(gt=0, description="surprise from which links hold a core together within communities")
    deeds_proof: float = Field(
        gt=0, le=1, description="share of the surprise that proves a group, from which one of deeds alone is looked at"
    )
    min_strength: float = Field(ge=0, lt=1, description="weight of a member's links, relative to the median member's")
    small_graph_links: int = Field(ge=0, description="links up to which components are found in one task")
    max_component_links: int = Field(ge=1, description="links of a component above which it is taken apart")
    memory_days: int = Field(ge=1, description="days that an account's last ring is remembered for the ring's id")
    same_share: float = Field(
        gt=0, le=1, description="members in common, relative to the smaller, for being the same ring"
    )
    follow_days: int = Field(ge=28, description="days of events in which a follow of the creator is looked for")


class EngineLimits(Section):
    """Which engine a run gets where nobody says so."""

    embedded_events: int = Field(
        ge=0, description="events in the days that links look at, up to which one machine's embedded engine runs a day"
    )


class FeatureLimits(Section):
    """How the rollups of the features are computed."""

    days_per_pass: int = Field(
        ge=1, description="days of events that one pass computes; fewer need less disk for its sorts"
    )
    broadcast_rows: int = Field(ge=0, description="accounts or videos up to this many are copied to every task")


class LinkLimits(Section):
    """What counts as acting together, and what it may cost to look for it."""

    window_days: int = Field(ge=1, description="days whose acts are compared; who hides needs weeks to meet often")
    moment_s: int = Field(ge=1, description="seconds between two acts that count as one moment")
    min_objects: int = Field(ge=1, description="objects that a pair must share to be looked at")
    max_crowd: int = Field(
        ge=2,
        description="accounts on an object above which only those pairs are looked at that large groups would make",
    )
    max_moment_crowd: int = Field(
        ge=2,
        description="the same for one moment of an object: little that is not staged draws so many",
    )
    pairs_per_act: float = Field(
        gt=0, description="pairs that a kind may make for each of its acts; lowers the crowd of which all are looked at"
    )
    min_pairs: int = Field(ge=1, description="pairs that a kind may make however few its acts")
    sampled_pairs: int = Field(
        ge=1000, description="meetings of a kind from which the spread of honest pairs is learned"
    )
    false_discovery_rate: float = Field(gt=0, lt=1, description="share of links that may be chance")
    min_kind_surprise: float = Field(ge=0, description="surprise from which a kind is named as speaking for a link")
    min_pair_surprise: float = Field(ge=0, description="surprise from which what speaks for a pair is kept for rings")
    min_text_length: int = Field(ge=1, description="characters from which a text is no everyday exclamation")
    min_jaccard: float = Field(gt=0, le=1, description="similarity of shingles from which two texts are near-equal")
    near_frame_bits: int = Field(ge=0, le=31, description="bits of 256 in which near-equal frames may differ")
    weak_frame_bits: int = Field(ge=31, le=64, description="bits in which frames may differ that are alike")


class Limits(ConfigFile):
    default_file = "limits.toml"

    links: LinkLimits
    validation: ValidationLimits
    features: FeatureLimits
    rings: RingLimits
    training: TrainingLimits
    gate: GateLimits
    scoring: ScoringLimits
    drift: DriftLimits
    engine: EngineLimits

    @model_validator(mode="after")
    def looks_are_ever_firmer(self) -> Self:
        if self.rings.min_surprise < self.links.min_pair_surprise:
            raise ValueError("rings.min_surprise is below links.min_pair_surprise: such pairs are not kept")
        if self.rings.core_surprise <= self.rings.min_surprise:
            raise ValueError("rings.core_surprise is not above rings.min_surprise: a second look would see the same")
        return self


class Policy(Section):
    """What is forbidden, and how its cases are reviewed."""

    severity: float = Field(gt=0, description="harm of one exposed account, relative to the other policies")
    queue: str = Field(description="the queue of reviewers that takes its cases")
    entity_types: tuple[str, ...] = Field(description="what is judged: account, video, ring")
    capacity: int = Field(ge=0, description="cases that its reviewers can decide in a day")
    due_hours: int = Field(gt=0, description="hours until a case is due")
    threshold: float = Field(
        gt=0, lt=1, description="score from which an account, a video or a ring is flagged: a risk case before others"
    )
    floor: float = Field(
        gt=0, lt=1, description="score below which a look finds hardly more than an audit, and nothing is a risk case"
    )

    @model_validator(mode="after")
    def what_is_flagged_may_be_a_case(self) -> Self:
        if self.floor > self.threshold:
            raise ValueError("floor is above threshold: what is flagged would not become a case")
        return self


class Review(Section):
    """How the queues are filled, beside what each policy says."""

    seed: int = Field(description="another seed draws other audits and uncertain cases")
    audit_share: float = Field(ge=0, le=1, description="share of a policy's capacity for audits drawn at random")
    uncertain_share: float = Field(ge=0, le=1, description="share of a policy's capacity for scores near the threshold")
    uncertain_band: tuple[float, float] = Field(description="scores between these two are near the threshold")
    explore_share: float = Field(
        ge=0, le=1, description="share of a policy's capacity for rings whose verdicts teach most, on a cold start"
    )
    explore_until: int = Field(
        ge=0, description="rings judged for a policy, violating or benign, with which its cold start is over"
    )
    audit_strata: tuple[float, ...] = Field(
        description="scores at which one stratum of the audit ends and the next begins"
    )
    audit_floor: float = Field(gt=0, le=1, description="share of the audits that is spread evenly over all accounts")
    cool_down_days: int = Field(ge=1, description="days after a decision in which the same is not asked again")
    expire_days: int = Field(ge=1, description="days after which a case that nobody answered is closed")
    changed_score: float = Field(gt=0, le=1, description="rise of the score that ends a cool-down early")
    changed_size: float = Field(
        gt=0, description="growth of a ring, relative to its size when asked, that ends it early"
    )
    videos_per_ring: int = Field(ge=1, description="video cases that one ring may cause in a day and policy")
    due_hours_by_country: dict[str, int] = Field(
        description="hours until a case is due where the law of an account's country gives less time than the policy; "
        "a long time, such as 9999, takes a country out"
    )


class Belief(Section):
    """A share that nobody knows: what it is on average, and how many verdicts that belief is worth (a beta
    distribution whose parameters are share x verdicts and the rest).
    """

    share: float = Field(gt=0, lt=0.5, description="the share to be expected")
    verdicts: float = Field(gt=0, description="verdicts that it takes to outweigh that")


class Prevalence(Section):
    """What the estimate of prevalence looks back on."""

    audit_days: int = Field(ge=1, description="days of random audits that are pooled")
    error_days: int = Field(ge=1, description="days of twice-decided cases that tell how often reviewers err")
    false_positives: Belief = Field(
        description="share of benign accounts that an audit takes for violating, as far as is known beforehand"
    )
    false_negatives: Belief = Field(
        description="share of violating accounts that a reviewer takes for benign, as far as is known beforehand"
    )
    double_weight: float = Field(
        ge=0,
        le=1,
        description="what two verdicts on one case, mostly a flagged one, say of errors in audits; 1 is all, 0 nothing",
    )


class Quality(Section):
    """What the measures of the queue look back on."""

    case_days: int = Field(ge=1, description="days whose cases are judged by the decisions since")


class Policies(ConfigFile):
    default_file = "policies.toml"

    policies: dict[str, Policy]
    review: Review
    prevalence: Prevalence
    quality: Quality

    @property
    def lowest_score(self) -> float:
        """The score below which nothing becomes a case but by an audit."""
        return min(self.review.uncertain_band[0], *(policy.floor for policy in self.policies.values()))

    def with_less_capacity(self, taken: Mapping[str, int]) -> Self:
        """The same where so many cases of each policy's capacity are taken already."""
        left = {
            name: policy.model_copy(update={"capacity": max(policy.capacity - taken.get(name, 0), 0)})
            for name, policy in self.policies.items()
        }
        return self.model_copy(update={"policies": left})


def load_policies(path: Path | None = None) -> Policies:
    """Load the policies, with a file of one's own laid over the defaults; raises ConfigError when it cannot be used."""
    return Policies.load(path)


def load_limits(path: Path | None = None) -> Limits:
    """Load the limits, with a file of one's own laid over the defaults; raises ConfigError when it cannot be used."""
    return Limits.load(path)
