"""Pages are found where others say they are, and records of decisions keep to a page."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
RECORDS = sorted(path for path in (ROOT / "docs" / "adr").glob("*.md") if path.name != "README.md")
INDEX = (ROOT / "docs" / "adr" / "README.md").read_text()
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
MENTIONED = re.compile(r"\b(?:docs|bench)/[\w/-]+\.md\b")
PAGE_WORDS = 500


def files(*patterns: str) -> list[Path]:
    """The project's own files, as git lists them; all there are where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], cwd=ROOT, capture_output=True)
    if listed.returncode:
        return [path for pattern in patterns for path in ROOT.rglob(pattern)]
    return [path for name in listed.stdout.decode().splitlines() if (path := ROOT / name).exists()]


@pytest.mark.parametrize("page", files("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = [unquote(target) for target in LINK.findall(text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_pages_that_code_and_settings_mention_are_there():
    mentions = {
        (str(path.relative_to(ROOT)), page)
        for path in files("*.py", "*.toml", "Makefile")
        for page in MENTIONED.findall(path.read_text())
    }
    assert mentions
    assert [mention for mention in sorted(mentions) if not (ROOT / mention[1]).exists()] == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_decision_is_a_page_in_four_parts(record: Path):
    text = record.read_text()
    assert re.match(r"# .+\n\nStatus: (accepted|superseded by \[.+\]\(.+\)) \(20\d\d-\d\d-\d\d", text)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences"]
    words = re.sub(r"\||-{3,}", " ", text).split()
    assert len(words) <= PAGE_WORDS


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_the_index_has_each_decision_with_its_status(record: Path):
    title, status = re.match(r"# (.+)\n\nStatus: (\w+)", record.read_text()).groups()
    assert f"| [{title}]({record.name}) | {status} | " in INDEX
