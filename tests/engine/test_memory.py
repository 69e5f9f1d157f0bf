"""How much of the machine an engine may take, and how a person says so."""

import os

import pytest

from engine import EngineUsageError, memory
from engine.memory import VARIABLE, allowed, in_words, of_machine, parsed

MB, GB = 2**20, 2**30


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12g", 12 * GB),
        ("800m", 800 * MB),
        ("1.5g", 3 * GB // 2),
        ("2t", 2048 * GB),
        ("64k", 64 * 1024),
        ("1048576", MB),
        ("12G", 12 * GB),
        ("12gb", 12 * GB),
        ("12GiB", 12 * GB),
        (" 12 g ", 12 * GB),
    ],
)
def test_amounts_are_read_as_people_write_them(text, size):
    assert parsed(text) == size


@pytest.mark.parametrize("text", ["much", "12x", "-1g", "0", "0g", "1,5g", "g", "12g 3m", "1e3", "50%"])
def test_what_is_no_amount_is_a_bad_argument_that_names_the_variable(text):
    with pytest.raises(EngineUsageError) as said:
        parsed(text)
    assert str(said.value) == f"{VARIABLE}={text}: not an amount of memory such as 12g or 800m"
    assert said.value.exit_code == 2


def test_an_engine_may_take_half_of_the_machine_or_what_the_variable_says(monkeypatch):
    monkeypatch.setenv(VARIABLE, "3g")
    assert allowed() == 3 * GB
    for nothing_said in (lambda: monkeypatch.setenv(VARIABLE, ""), lambda: monkeypatch.delenv(VARIABLE)):
        nothing_said()
        assert allowed() == of_machine() // 2


@pytest.mark.parametrize(("told", "size"), [("1073741824\n", GB), ("max\n", None), ("9223372036854771712\n", None)])
def test_a_containers_limit_counts_where_it_is_less_than_the_machine(monkeypatch, tmp_path, told, size):
    (tmp_path / "limit").write_text(told)
    monkeypatch.setattr(memory, "LIMITS", (str(tmp_path / "not there"), str(tmp_path / "limit")))
    assert of_machine() == (size or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def test_amounts_are_told_in_the_unit_that_says_most():
    assert [in_words(size) for size in (512, 64 * MB, GB, 12 * GB + GB // 2)] == [
        "512 bytes",
        "64 MB",
        "1.0 GB",
        "12.5 GB",
    ]


def test_spark_takes_six_gigabytes_at_most_unless_told_more(monkeypatch):
    from engine.spark import driver_memory

    monkeypatch.delenv("SPARK_DRIVER_MEMORY", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(memory, "of_machine", lambda: 64 * GB)
    assert driver_memory() == "6144m"
    monkeypatch.setenv(VARIABLE, "16g")
    assert driver_memory() == "16384m"
    monkeypatch.setenv("SPARK_DRIVER_MEMORY", "12g")
    assert driver_memory() == "12g"
