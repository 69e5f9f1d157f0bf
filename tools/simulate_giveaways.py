"""Print what single features give away about a simulated lake: python tools/simulate_giveaways.py URI."""

import sys

from deltalake import DeltaTable

from simulation.giveaways import measure
from simulation.truth import TRUTH_ACCOUNTS


def main(uri: str) -> None:
    tables = {name: DeltaTable(f"{uri}/{name}").to_pyarrow_table() for name in ("accounts", "events")}
    tables[TRUTH_ACCOUNTS.name] = DeltaTable(f"{uri}_truth/{TRUTH_ACCOUNTS.name}").to_pyarrow_table()
    print(measure(tables).round(4).to_string())


if __name__ == "__main__":
    main(sys.argv[1])
