"""A file of one's own is laid over the defaults; limits are checked when they are loaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conf import DEFAULTS, ConfigError, Limits, Policies, Section, load_limits, load_policies
from conf.docs import page

LIMITS = (DEFAULTS / "limits.toml").read_text()
POLICIES = (DEFAULTS / "policies.toml").read_text()
PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"


@pytest.fixture
def own(tmp_path: Path):
    """Write a configuration file."""

    def write(text: str) -> Path:
        file = tmp_path / "own.toml"
        file.write_text(text)
        return file

    return write


def test_a_file_of_limits_holds_only_what_differs(own):
    default = load_limits()
    limits = load_limits(own("[links]\nwindow_days = 28\n\n[training.first_guess]\nmax_depth = 6"))
    assert (limits.links.window_days, limits.training.first_guess.max_depth) == (28, 6)
    assert limits.links.model_copy(update={"window_days": 56}) == default.links
    assert limits.training.first_guess.eta == default.training.first_guess.eta
    assert limits.rings == default.rings


def test_a_policy_is_changed_by_its_keys_and_the_others_stay(own):
    policies = load_policies(own("[policies.spam_ring]\ncapacity = 200"))
    spam = load_policies().policies["spam_ring"]
    assert policies.policies["spam_ring"] == spam.model_copy(update={"capacity": 200})
    assert list(policies.policies) == list(load_policies().policies)


def test_a_policy_of_ones_own_comes_beside_those_of_the_defaults(own):
    spam = POLICIES[POLICIES.index("[policies.spam_ring]") : POLICIES.index("[policies.bot_network]")]
    policies = load_policies(own(spam.replace("spam_ring", "fake_shops")))
    assert list(policies.policies) == [*load_policies().policies, "fake_shops"]


def test_a_list_is_replaced_whole_and_a_country_is_added(own):
    text = "[review]\naudit_strata = [0.5]\n[review.due_hours_by_country]\nBR = 48\nDE = 9999"
    review = load_policies(own(text)).review
    assert review.audit_strata == (0.5,)
    assert review.due_hours_by_country == {"DE": 9999, "FR": 24, "GB": 36, "IN": 36, "BR": 48}


def test_a_file_that_repeats_every_key_still_works(own):
    assert load_limits(own(LIMITS)) == load_limits()
    assert load_policies(own(POLICIES)) == load_policies()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[links]\nmin_jacard = 0.6", r"links\.min_jacard is no key of this file; did you mean min_jaccard\?$"),
        ("[ring]\nseed = 8", r"ring is no key of this file; did you mean rings\?$"),
        ("[links]\nfast = true", r"links\.fast is no key of this file$"),
        ("[links]\nmin_jaccard = 2", r"links\.min_jaccard: Input should be less than or equal to 1"),
        ("links = 3", "links: Input should be a valid dictionary"),
        ("[rings]\nmin_surprise = 1.0", r"rings\.min_surprise is below links\.min_pair_surprise"),
        ("[rings]\ncore_surprise = 1.5", r"rings\.core_surprise is not above rings\.min_surprise"),
        ("[links", "Expected .* at the end of a table declaration"),
    ],
)
def test_limits_that_cannot_be_used_are_refused(own, text: str, message: str):
    file = own(text)
    with pytest.raises(ConfigError, match=message) as refused:
        load_limits(file)
    assert str(refused.value).startswith(str(file))


def test_a_policy_that_the_defaults_do_not_have_needs_all_keys(own):
    with pytest.raises(ConfigError) as refused:
        load_policies(own("[policies.spam_rings]\ncapacity = 200"))
    assert str(refused.value).endswith(
        "policies.spam_rings.severity is missing: policies.spam_rings is not among the defaults, so it needs all keys; "
        "did you mean spam_ring?"
    )


def test_a_floor_above_the_threshold_is_refused(own):
    with pytest.raises(ConfigError, match=r"policies\.spam_ring: floor is above threshold"):
        load_policies(own("[policies.spam_ring]\nfloor = 0.6"))


def test_nothing_below_every_floor_becomes_a_case():
    policies = load_policies()
    assert policies.lowest_score == min(policy.floor for policy in policies.policies.values())


def sections(section: Section) -> Iterator[Section]:
    """A section and all within it."""
    yield section
    for value in dict(section).values():
        for each in value.values() if isinstance(value, dict) else [value]:
            if isinstance(each, Section):
                yield from sections(each)


@pytest.mark.parametrize("file", [load_limits(), load_policies()], ids=["limits", "policies"])
def test_every_key_says_what_it_means(file: Limits | Policies):
    keys = [
        (type(each), *key) for each in sections(file) if each is not file for key in type(each).model_fields.items()
    ]
    assert keys
    assert [f"{of.__name__}.{key}" for of, key, field in keys if not field.description] == []


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "run `make docs`"
