"""Score: the chance, for every active account, video and ring, that a reviewer would say violating."""

from jobs.job import Context, Facts, Job, main
from jobs.snapshots import MODEL_INPUTS, feature_rows

from conf import Policies, ScoringLimits
from lake.schemas import ACCOUNT_SCORES, DECISIONS, MODELS, RING_SCORES, VIDEO_SCORES
from models.labels import decided_members
from models.model import learned_otherwise
from models.registry import SCORED, champion_models, registered
from models.score import score_entities

TABLES = {"account": ACCOUNT_SCORES, "video": VIDEO_SCORES, "ring": RING_SCORES}


def run(context: Context) -> Facts:
    """Score active accounts, videos and rings with the champions of --as-of.

    Reads the day's features, links and rings, and the events of eight weeks for who acts on which video. Every active
    account and every ring gets a score for each policy, every active video for the two policies about videos. Rows that
    a queue could take get reasons. A policy without a model is scored by ring evidence alone, which decisions tell what
    members of rings of each policy break, and the run says so. It warns of models whose features are
    computed by other definitions today than those that they learned. Run it after rings.
    """
    lake, day = context.lake, context.as_of
    rows = feature_rows(context, [day])
    models = champion_models(lake, registered(lake), day)
    cold = [
        f"{policy} ({kind})" for kind, policies in SCORED.items() for policy in policies if (kind, policy) not in models
    ]
    if cold:
        context.warn(
            f"no model for {', '.join(cold)}: scored by ring evidence alone; "
            f"a first model is trained by: python -m jobs train --lake {lake.uri} --as-of {day}"
        )
    changed = [model for model in models.values() if model.changed]
    if changed:
        context.warn(learned_otherwise(changed))
    capacities = {name: policy.capacity for name, policy in context.policies.policies.items()}
    scoring = with_reasons_of_cases(context.limits.scoring, context.policies)
    evidence_alone = any(("account", policy) not in models for policy in SCORED["account"])
    decided = decided_members(context.source(DECISIONS), rows["account"]) if evidence_alone else {}
    facts: dict[str, object] = {}
    for kind, policies in SCORED.items():
        mine = {policy: models[kind, policy] for policy in policies if (kind, policy) in models}
        told = decided if kind == "account" else {}
        scores = score_entities(rows[kind], kind, policies, mine, capacities, scoring, told)
        facts[f"{kind} scores"] = context.publish(TABLES[kind], scores)
    return {
        **facts,
        "models": len(models),
        "without a model": ", ".join(cold) or "none",
        "of other definitions": ", ".join(sorted(model.version for model in changed)) or "none",
    }


def with_reasons_of_cases(limits: ScoringLimits, policies: Policies) -> ScoringLimits:
    """Limits by which all scores that could make a case have reasons."""
    return limits.model_copy(update={"reason_threshold": min(limits.reason_threshold, policies.lowest_score)})


JOB = Job(
    "score",
    "Score active accounts, videos and rings, with reasons",
    run,
    reads=(*MODEL_INPUTS, MODELS, DECISIONS),
    writes=tuple(TABLES.values()),
)

if __name__ == "__main__":
    main(JOB)
