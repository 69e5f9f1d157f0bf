"""What pages and DAGs, which import nothing of the suite, say of it is what its code does."""

import ast
import re
from pathlib import Path

from jobs import daily, snapshots
from lake import errors

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
STEPS = [step.name for step in daily.STEPS]


def of_dags(name: str):
    """The value of a constant of the DAGs, which another environment runs."""
    for node in ast.parse((ROOT / "airflow_dags" / "abuse_mining.py").read_text()).body:
        if isinstance(node, ast.Assign) and [target.id for target in node.targets] == [name]:
            return ast.literal_eval(node.value)
    raise LookupError(name)


def exit_codes() -> set[int]:
    """The codes that errors of the suite end with, but 1, which says nothing of why."""
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.SuiteError)]
    return {each.exit_code for each in found} - {1}


def test_the_dag_runs_the_steps_of_a_day_in_their_order():
    assert list(of_dags("DAILY_STEPS")) == STEPS


def test_help_and_readme_name_the_steps_of_a_day_in_their_order():
    assert " → ".join(STEPS) in daily.run.__doc__
    rows = re.findall(r"^\| `(\w+)` \|", README, flags=re.MULTILINE)
    assert [job for job in rows if job in STEPS] == STEPS


def test_a_snapshot_is_made_by_steps_of_a_day_in_their_order():
    made = [step.name for step in snapshots.STEPS]
    assert [name for name in STEPS if name in made] == made


def test_the_dag_tries_no_run_again_that_ends_with_a_code_of_the_suite():
    assert set(of_dags("FINAL_EXIT_CODES")) == exit_codes()


def test_readme_says_of_each_exit_code_what_the_dag_says():
    told = " ".join(README.split())
    assert all(f"{code} {reason}" in told for code, reason in of_dags("FINAL_EXIT_CODES").items())
