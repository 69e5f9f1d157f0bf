"""Versions of what the rows of models are made of."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from features import activity
from lake import definitions
from lake.definitions import content_version
from models.versions import DEFINITIONS, PARTS, changed_parts, outdated_features, versions_of

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json
from models.versions import versions_of
print(json.dumps(versions_of("video")))
"""


@pytest.fixture
def changed_by(tmp_path, monkeypatch) -> Callable[..., set[str]]:
    """A function that tells what has other versions in a copy of the project with text replaced in some files."""

    def versions() -> dict[str, str]:
        parts = {part: content_version.__wrapped__(*names) for part, names in DEFINITIONS.items()}
        return {**parts, "rollups": activity.definitions_version()}

    def changed(*edits: tuple[str, str, str]) -> set[str]:
        for package in ("engine", "features", "models"):
            shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        monkeypatch.setattr(activity, "content_version", content_version.__wrapped__)
        monkeypatch.setattr(definitions, "files", tmp_path.joinpath)
        before = versions()
        for file, old, new in edits:
            text = (tmp_path / file).read_text()
            assert old in text, f"{file} has no {old!r}"
            (tmp_path / file).write_text(text.replace(old, new, 1))
        then = versions()
        return {name for name in before if before[name] != then[name]}

    return changed


@pytest.mark.parametrize("seed", ["1", "2"])
def test_versions_are_the_same_in_every_process(seed):
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
    told = subprocess.run([sys.executable, "-c", PROGRAM], env=surroundings, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == versions_of("video")


def test_docstrings_and_comments_change_no_version(changed_by):
    edits = [
        ("features/text/letters.py", '"""Letters as they look:', '"""Letters as one sees them:'),
        ("features/text/letters.py", "import unicodedata\n", "import unicodedata  # why\n"),
        ("features/text/lists.toml", "[", "# why\n["),
        ("features/activity.py", '"""A sum that is 0', '"""A total that is 0'),
        ("models/video_rows.py", '"""0 up to `low`', '"""Nothing up to `low`'),
    ]
    assert changed_by(*edits) == set()


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (
            ("features/text/lists.toml", '"kik"', '"kik", "signal"'),
            {"rollups", "accounts", "videos", "links", "rings"},
        ),
        (("features/activity.py", "YOUNG_DAYS = 7", "YOUNG_DAYS = 8"), {"rollups", "accounts", "videos"}),
        (("features/accounts/identity.py", "MIN_STEM = 4", "MIN_STEM = 5"), {"accounts"}),
        (("features/rings/measures/targets.py", "TARGET_SHARE = 0.1", "TARGET_SHARE = 0.2"), {"rings"}),
        (("features/rings/prior.json", '"intercept":', '"intercept":1'), {"rings"}),
        (("features/links/null_model.py", "MAX_SURPRISE = ", "MAX_SURPRISE = 1 + "), {"links", "rings"}),
        (("models/video_rows.py", "NOTED_SHARE = (0.0, 0.1)", "NOTED_SHARE = (0.0, 0.2)"), {"video_rows"}),
    ],
    ids=["word", "rollup", "feature", "measure", "prior", "link", "row"],
)
def test_another_word_constant_or_number_changes_what_rests_on_it(changed_by, edit, changed):
    assert changed_by(edit) == changed


def files_of(names: Iterable[str]) -> set[Path]:
    places = [ROOT / name.replace(".", "/") for name in names]
    return {file for place in places for file in ([place.with_suffix(".py")], place.rglob("*.py"))[place.is_dir()]}


def imported(file: Path) -> set[Path]:
    """The files of features, or of what is written alike for both engines, that a file imports from."""
    named = {
        name
        for each in ast.walk(ast.parse(file.read_text()))
        if isinstance(each, ast.ImportFrom) and each.module
        for name in (each.module, *(f"{each.module}.{alias.name}" for alias in each.names))
        if name.startswith("features.") or name == "engine.portable"
    }
    places = [ROOT / name.replace(".", "/") for name in named]
    return {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()}


@pytest.mark.parametrize("entity_type", PARTS)
def test_whatever_computes_the_parts_of_a_row_counts_for_them(entity_type):
    """A video's facts on who engaged are made of account features, which are a part of their own."""
    together = files_of(name for part in PARTS[entity_type] for name in DEFINITIONS[part])
    for part in PARTS[entity_type]:
        own = files_of(DEFINITIONS[part])
        counted = together if part.endswith("rows") else own
        assert {file for each in own for file in imported(each)} - counted == set(), part


@pytest.mark.parametrize("entity_type", PARTS)
def test_other_definitions_of_a_part_are_named(entity_type):
    learned = versions_of(entity_type)
    assert changed_parts(entity_type, learned) == []
    assert changed_parts(entity_type, {**learned, "rings": "others"}) == ["rings"]
    assert changed_parts(entity_type, {"ring_score": 6}) == list(PARTS[entity_type])


@pytest.mark.parametrize(
    ("learned", "outdated"),
    [
        ({"ring_score": 6}, []),
        ({"ring_score": 5}, ["ring_score"]),
        ({"ring_score": 6, "age_days": 2}, ["age_days"]),
        ({}, ["ring_score"]),
        ({"accounts": "others"}, []),
    ],
)
def test_counters_that_differ_from_the_last_are_outdated(learned, outdated):
    assert outdated_features(["age_days", "ring_score"], learned) == outdated
