"""The page of a ring: what its members wrote stays text."""

from datetime import date
from html.parser import HTMLParser

from features.rings.page import COLOURS, ring_page
from tests.builders import at

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></tr></table><a href='javascript:alert(1)'>win</a>",
    "{{ 7 * 7 }} {% raw %} https://evil.example/free",
    "<svg onload=alert(1)> \u202egnp.exe",
]
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "p",
    "span",
    "i",
    "svg",
    "line",
    "circle",
    "table",
    "tr",
    "th",
    "td",
}


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.texts = set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.texts.append(data)


def page():
    members = [
        {
            "account_id": n,
            "strength": 1.0,
            "handle": text,
            "bio": text,
            "country": "DE",
            "created_at": at("2026-02-01 10:00"),
        }
        for n, text in enumerate(HOSTILE)
    ]
    links = [
        {"account_id": 0, "other_account_id": n, "family": "text", "surprise": 20.0} for n in range(1, len(HOSTILE))
    ]
    acts = [{"account_id": n, "verb": "comment", "object_id": 77, "ts": at(f"2026-02-1{n} 12:00")} for n in range(5)]
    ring = {
        "ring_id": 5,
        "policy": "spam_ring",
        "score": 0.97,
        "size": 6,
        "as_of": date(2026, 3, 1),
        "evidence": "5 accounts <b>bold</b>",
    }
    reason = {"feature": "coverage", "value": "0.50", "contribution": "+1.25", "meaning": "acted <i>on</i> a target"}
    return ring_page(ring, [reason], members, links, acts, left_out=1)


def test_no_text_of_theirs_becomes_markup():
    html = page()
    found = Tags()
    found.feed(html)
    assert found.tags <= ALLOWED
    assert not {name for name in found.attributes if name.startswith("on")} | (found.attributes & {"href", "src"})
    text = "".join(found.texts)
    assert all(hostile in text for hostile in HOSTILE)
    assert "5 accounts <b>bold</b>" in text
    assert "acted <i>on</i> a target" in text
    assert "default-src 'none'" in html
    assert html == page()


def test_what_it_shows():
    html = page()
    assert html.count("<line ") == 4
    assert html.count("<circle ") == 10
    assert "1 of 6 members" in html
    assert "+1.25" in html
    assert "2026-02-10 to 2026-02-14" in html


def test_no_two_families_have_one_colour():
    assert len(set(COLOURS.values())) == len(COLOURS)
