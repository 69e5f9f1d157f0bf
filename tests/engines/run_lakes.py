"""Play lakes on the engine that ABUSE_MINING_ENGINE names: `python -m tests.engines.run_lakes PLAN`.

PLAN is a JSON file: a list of [folder, [[job, day, options], ...]].
"""

import json
import os
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path

import engine
from conf import Limits, load_limits
from jobs import terminal
from lake.errors import GateRefused
from tests.end_to_end.playing import play


def main(plan: Path) -> None:
    terminal.configure()
    chosen = engine.Choice(os.environ["ABUSE_MINING_ENGINE"], "asked for", window_events=0)
    spark = engine.start(chosen, "engines").spark
    limits = easily_trained(load_limits())
    for folder, steps in json.loads(plan.read_text()):
        for job, day, options in steps:
            with suppress(GateRefused):  # the refused models are rows of `models`, which are compared
                play(spark, Path(folder), job, date.fromisoformat(day), limits, **options)
    engine.stop()


def easily_trained(limits: Limits) -> Limits:
    """Limits by which the few decisions of a small lake are enough for models, which score: the gate's figures are the
    same and compared, but what it makes of so few is chance.
    """
    gate = {"min_skill": 0.0, "max_drop": 1.0, "min_difference": 1.0, "max_calibration_error": 1.0}
    return limits.model_copy(
        update={
            "training": limits.training.model_copy(update={"min_per_class": 8}),
            "gate": limits.gate.model_copy(update=gate),
        }
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
