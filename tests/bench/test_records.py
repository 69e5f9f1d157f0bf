"""Figures of benchmarks are kept with their commit, and the page and the README say what the files have."""

import csv
import re
from pathlib import Path

import pytest

from bench import page, records

ROOT = Path(__file__).parents[2]
FILES = sorted(page.RESULTS.glob("*.csv"))


def test_a_row_says_when_of_what_code_and_where_it_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "RESULTS", tmp_path)
    monkeypatch.setattr(records, "AT_START", "abc1234")
    records.record("links", events=3_000_000, seconds=12.3456789, found=None)
    (row,) = records.read(tmp_path / "links.csv")
    assert (row["commit"], row["events"], row["seconds"], row["found"]) == ("abc1234", "3000000", "12.3457", "")
    assert row["measured_at"].startswith("20")
    assert "cores" in row["machine"]


def test_a_new_column_is_blank_in_older_rows(tmp_path: Path):
    file = tmp_path / "score.csv"
    for row in ({"commit": "a", "rows": "1"}, {"commit": "b", "rows": "2", "engine": "sail"}, {"commit": "c"}):
        records.add(file, row)
    assert file.read_text().splitlines() == ["commit,rows,engine", "a,1,", "b,2,sail", "c,,"]


def test_a_table_holds_figures_of_one_commit():
    section = page.Section("Score", "score", "python bench/score.py", "", "", {"rows": ("rows", ",.0f")}, latest=2)
    rows = [{"commit": commit, "rows": str(number)} for number, commit in enumerate("aabac", start=1_000)]
    tables = [part for part in page.section_text(section, rows).split("\n\n") if part.startswith("|")]
    assert [re.findall(r"1,\d+", table) for table in tables] == [["1,004"], ["1,002"]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_figure_has_a_commit_or_one_that_noted_it(file: Path):
    with file.open(newline="") as lines:
        assert [row for row in csv.DictReader(lines) if not (row["commit"] or row.get("noted_in"))] == []


def test_every_column_of_the_page_is_in_its_file():
    for section in page.SECTIONS:
        if page.file_of(section.file).exists():
            there = set().union(*section.rows(page.read(section.file)))
            assert set(section.columns) <= there, section.title


def test_the_page_is_up_to_date():
    assert (ROOT / "bench" / "RESULTS.md").read_text() == page.page(), "run `make docs`"


def test_the_readme_says_what_the_latest_figures_are():
    readme = " ".join((ROOT / "README.md").read_text().split())
    features = {row["events"]: row["next_day_by_duckdb"] for row in page.by_commit(page.read("feature_days"))[-1]}
    small, middle, large = (float(features[events]) for events in ("3000000", "30000000", "100000000"))
    assert (
        f"{small:.1f} times as much at 3 million events in 28 days, {middle:.1f} times at 30 million, "
        f"{large:.1f} times at 100 million"
    ) in readme
    (links,) = (row for row in page.read("links") if row["events"] == "30000000" and row["day"] == "first")
    assert f"{float(links['seconds']) / 60:.0f} minutes at 30 million events" in readme
