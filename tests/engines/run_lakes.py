"""Play lakes on the engine that ABUSE_MINING_ENGINE names: `python -m tests.engines.run_lakes PLAN`.

PLAN is a JSON file: a list of [folder, [[job, day, options], ...]].
"""

import json
import os
import sys
from datetime import date
from pathlib import Path

import engine
from jobs import terminal
from tests.end_to_end.playing import play


def main(plan: Path) -> None:
    terminal.configure()
    chosen = engine.Choice(os.environ["ABUSE_MINING_ENGINE"], "asked for", window_events=0)
    spark = engine.start(chosen, "engines").spark
    for folder, steps in json.loads(plan.read_text()):
        for job, day, options in steps:
            play(spark, Path(folder), job, date.fromisoformat(day), **options)
    engine.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
