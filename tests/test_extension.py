"""A kind, a policy, a feature, an output table and a job take two files each at most, beside generated pages.

Each is added to a copy of the project by the edits that a developer would make. Another process then finds it there, in
the registries that everything else goes by.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from features.links.combine import least_total

ROOT = Path(__file__).parents[1]
PACKAGES = [folder.parent.name for folder in ROOT.glob("*/__init__.py") if folder.parent.name != "tests"]
MOST_FILES = 2


class Edit(NamedTuple):
    """Text that is put behind a place that the file has once; where no place is told, it is all of a new file."""

    file: str
    text: str
    behind: str = ""


class Extension(NamedTuple):
    """What is edited, and what is true then: expressions of the names that `imports` gives."""

    edits: tuple[Edit, ...]
    imports: str
    true_then: tuple[str, ...]

    @property
    def files(self) -> list[str]:
        return sorted({edit.file for edit in self.edits})


KIND = Extension(
    (
        Edit(
            "features/links/kinds.py",
            '    Family("hashtag", None, "spam_ring", 0.5, "used the same hashtags", "trends", "#0891b2"),\n',
            behind='        "#92400e",\n        deed=False,\n    ),\n',
        ),
        Edit(
            "features/links/kinds.py",
            '    Kind("upload_hashtag", "hashtag", "hashtag", FAMILY["hashtag"], "upload_hashtag"),\n',
            behind='    Kind("upload_sound", "sound", "sound", FAMILY["sound"], "upload_sound"),\n',
        ),
        Edit(
            "features/links/actions.py",
            "        .unionByName(_hashtag_actions(uploads))\n",
            behind="        .unionByName(_upload_actions(uploads, works))\n",
        ),
        Edit(
            "features/links/actions.py",
            """

def _hashtag_actions(uploads: DataFrame) -> DataFrame:
    \"\"\"Return the hashtags of uploads.\"\"\"
    hashtags = uploads.select("account_id", F.col("created_at").alias("ts"), F.explode("hashtags").alias("hashtag"))
    return _actions_by_object("hashtag", hashtags.withColumn("hashtag", F.xxhash64("hashtag")), "hashtag")
""",
            behind='    return same.unionByName(sounds).select("action.*")\n',
        ),
    ),
    "from features.docs import page; from features.links.combine import least_total; "
    "from features.links.kinds import NUMBER, SOURCE_NUMBER; "
    "from features.rings import RINGS_WITH_FEATURES, shipped; from features.rings.page import COLOURS; "
    "from wording.reasons import OF_RINGS",
    (
        "'upload_hashtag' in NUMBER and 'hashtag' in SOURCE_NUMBER",
        "'hashtag_share' in RINGS_WITH_FEATURES.columns and shipped().features",
        "'both used the same hashtags' in page()",
        "'hashtag_share' in OF_RINGS and 'hashtag' in COLOURS",
        *(f"least_total({n_kinds}, 4.0) == {least_total(n_kinds, 4.0)!r}" for n_kinds in (1, 2)),
    ),
)

POLICY = Extension(
    (
        Edit(
            "lake/schemas/vocabulary.py",
            ', "fake_shops"',
            behind='\nPOLICIES = ("spam_ring", "bot_network", "artificial_engagement", "coordinated_reupload"',
        ),
        Edit(
            "lake/schemas/vocabulary.py",
            ', "fake_shops"',
            behind='\nVIDEO_POLICIES = ("artificial_engagement", "coordinated_reupload"',
        ),
        Edit(
            "conf/policies.toml",
            """
[policies.fake_shops]
severity = 1.0
queue = "commerce"
entity_types = ["account", "video"]
capacity = 20
due_hours = 72
threshold = 0.5
floor = 0.02
""",
            behind="capacity = 40\ndue_hours = 72\nthreshold = 0.5\nfloor = 0.02\n",
        ),
    ),
    "from conf import load_policies; from conf.docs import page; from lake.docs import tables_page; "
    "from models.registry import SCORED",
    (
        "'fake_shops' in load_policies().policies",
        "all('fake_shops' in policies for policies in SCORED.values())",
        "'fake_shops' in page() and 'fake_shops' in tables_page()",
    ),
)

FEATURE = Extension(
    (
        Edit(
            "features/accounts/volume.py",
            """    Feature(
        "likes_per_video",
        RATIO,
        "likes given per distinct video of a day",
        "like farms leave no video out",
        FAN,
        NEVER_NULL,
        lambda w: w.share("likes", "videos"),
        windows=(7, 28),
    ),
""",
            behind="FEATURES = (\n",
        ),
    ),
    "from features.accounts import TABLE; from features.docs import page; from wording.reasons import OF_ACCOUNTS",
    (
        "{'likes_per_video_7d', 'likes_per_video_28d'} <= set(TABLE.columns)",
        "'### likes_per_video' in page() and 'likes_per_video_7d' in OF_ACCOUNTS",
    ),
)

OUTPUT_TABLE = Extension(
    (
        Edit(
            "lake/schemas/output.py",
            """
AUDIT_TOTALS = Table(
    "audit_totals",
    "output",
    "policy",
    StructType(
        [
            AS_OF,
            column("policy", STRING, "the policy"),
            column("drawn", BIGINT, "accounts that were ever drawn for it"),
        ]
    ),
    key=("policy",),
)
""",
            behind='    key=("table_name", "expectation"),\n)\n',
        ),
        Edit("lake/schemas/output.py", "    AUDIT_TOTALS,\n", behind="    VALIDATION_RESULTS,\n"),
        Edit("jobs/prevalence.py", ", AUDIT_TOTALS", behind="import AUDIT_DRAWS, AUDIT_FRAMES"),
        Edit(
            "jobs/prevalence.py",
            '    drawn = context.lake.read_or_empty(AUDIT_DRAWS).groupBy("policy").count()\n'
            '    context.publish(AUDIT_TOTALS, drawn.withColumnRenamed("count", "drawn"))\n',
            behind="    context.publish(PREVALENCE, estimates)\n",
        ),
        Edit("jobs/prevalence.py", " AUDIT_TOTALS", behind="    writes=(PREVALENCE,"),
    ),
    "from jobs.prevalence import JOB; from lake.docs import tables_page; from lake.schemas import DERIVED",
    (
        "'audit_totals' in [table.name for table in JOB.writes]",
        "'audit_totals' in [table.name for table in DERIVED]",
        "'### audit_totals' in tables_page()",
    ),
)

JOB = Extension(
    (
        Edit(
            "jobs/sign_ups.py",
            '''"""Sign-ups: how many accounts there are."""

from jobs.job import Context, Facts, Job, main

from lake.schemas import ACCOUNTS


def run(context: Context) -> Facts:
    """Count the accounts that had signed up before the day."""
    return {"accounts": context.source(ACCOUNTS).count()}


JOB = Job("sign_ups", "Count the accounts", run, reads=(ACCOUNTS,))

if __name__ == "__main__":
    main(JOB)
''',
        ),
        Edit("jobs/__main__.py", '        "sign_ups",\n', behind='        "backtest",\n'),
    ),
    "from click.testing import CliRunner; from jobs.__main__ import jobs",
    (
        "'Count the accounts' in CliRunner().invoke(jobs, ['--help']).output",
        "'--as-of' in CliRunner().invoke(jobs, ['sign_ups', '--help']).output",
    ),
)

EXTENSIONS = {"kind": KIND, "policy": POLICY, "feature": FEATURE, "output table": OUTPUT_TABLE, "job": JOB}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project's packages and of what sets ruff."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def make(edit: Edit, project: Path) -> None:
    """Make an edit, where it can be made."""
    file = project / edit.file
    if not edit.behind:
        assert not file.exists()
        file.write_text(edit.text)
        return
    before = file.read_text()
    assert before.count(edit.behind) == 1, f"{edit.file} has another place for it now: {edit.behind!r}"
    file.write_text(before.replace(edit.behind, edit.behind + edit.text))


def run_in(project: Path, *command: str) -> str:
    """Run Python in a project, with nothing of another copy on its path."""
    environment = {**os.environ, "PYTHONPATH": str(project), "COLUMNS": "120"}
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=project, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def truths(extension: Extension, project: Path) -> list[bool]:
    """Which of the extension's expressions are true of a project."""
    values = ", ".join(f"bool({expression})" for expression in extension.true_then)
    code = f"import json\n{extension.imports}\nprint(json.dumps([{values}]))"
    return json.loads(run_in(project, "-c", code).splitlines()[-1])


@pytest.mark.whole
@pytest.mark.parametrize("extension", EXTENSIONS.values(), ids=EXTENSIONS)
def test_it_takes_two_files_at_most(extension: Extension, copy: Path):
    assert len(extension.files) <= MOST_FILES
    for edit in extension.edits:
        make(edit, copy)
    sources = [file for file in extension.files if file.endswith(".py")]
    run_in(copy, "-m", "ruff", "check", *sources)
    run_in(copy, "-m", "ruff", "format", "--check", *sources)
    assert all(truths(extension, copy))
