"""The suite's own judgement of facts is Great Expectations' judgement of the same facts."""

from datetime import date

from conf import load_limits
from lake.schemas import ACCOUNTS, EVENTS
from validation.expectations import build_pages, judge
from validation.facts import Facts
from validation.rules import RULES

DAY, LIMITS = date(2026, 2, 28), load_limits().validation


def facts(table, rows, broken, **values):
    rules = {rule.name: 0 for rule in RULES[table.name]}
    first = next(iter(rules))
    by_rule = {**rules, first: broken}
    return Facts(table, DAY, rows, broken, rows, broken, by_rule, dict.fromkeys(rules), dict(values))


def test_both_judges_say_the_same_and_the_pages_are_built(tmp_path):
    day = [
        facts(EVENTS, 1_000, 60, volume_ratio=2.5, days_since_last_event=0.0, repeated_share=None, orphan_share=0.05),
        facts(ACCOUNTS, 10, 0, country_mix_distance=float("nan")),
    ]
    ours = {(each.table, each.expectation.name): each.success for each in judge(day, LIMITS)}
    theirs = {(each.table, each.expectation.name): each.success for each in build_pages(day, LIMITS, tmp_path)}
    assert ours == theirs
    assert {name for (_, name), success in ours.items() if not success} >= {"broken_share", "volume_ratio"}
    assert ours["events", "repeated_share"]
    assert ours["events", "orphan_share"]
    assert ours["accounts", "country_mix_distance"]
    assert (tmp_path / "index.html").exists()
