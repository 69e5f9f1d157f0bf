"""Limits are checked when they are loaded."""

from pathlib import Path

import pytest

from conf import DEFAULTS, ConfigError, load_limits, load_policies

LIMITS = (DEFAULTS / "limits.toml").read_text()
POLICIES = (DEFAULTS / "policies.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("min_jaccard = 0.6", "min_jacard = 0.6", "links.min_jaccard: Field required"),
        ("max_crowd = 200", "max_crowd = 200\nfast = true", "links.fast: Extra inputs are not permitted"),
        ("min_surprise = 1.5", "min_surprise = 1.0", "rings.min_surprise is below links.min_pair_surprise"),
        ("core_surprise = 3.0", "core_surprise = 1.5", "rings.core_surprise is not above rings.min_surprise"),
        ("[links]", "[links", "line"),
    ],
)
def test_limits_that_cannot_be_used_are_refused(tmp_path: Path, old: str, new: str, message: str):
    assert old in LIMITS
    file = tmp_path / "limits.toml"
    file.write_text(LIMITS.replace(old, new))
    with pytest.raises(ConfigError, match=message) as refused:
        load_limits(file)
    assert str(refused.value).startswith(str(file))


def test_policies_of_ones_own_name_all_policies(tmp_path: Path):
    file = tmp_path / "policies.toml"
    file.write_text(POLICIES.replace("[policies.bot_network]", "[policies.bots]"))
    with pytest.raises(ConfigError, match=r"policies\.bot_network is missing"):
        load_policies(file)


def test_a_floor_above_the_threshold_is_refused(tmp_path: Path):
    file = tmp_path / "policies.toml"
    file.write_text(POLICIES.replace("floor = 0.02", "floor = 0.6", 1))
    with pytest.raises(ConfigError, match=r"policies\.spam_ring: .*floor is above threshold"):
        load_policies(file)


def test_nothing_below_every_floor_becomes_a_case():
    policies = load_policies()
    assert policies.lowest_score == min(policy.floor for policy in policies.policies.values())
