"""What is believed of wrong verdicts, and learned from those that were given twice."""

import pytest

from review.wrong_verdicts import believed_errors, learned_errors

BELIEVED = believed_errors((0.02, 25), (0.08, 12.5))


def test_beliefs_are_what_was_asked_for():
    assert BELIEVED.means == pytest.approx((0.02, 0.08), rel=0.06)
    assert BELIEVED.weights.sum() == pytest.approx(1)


def test_doubles_teach_how_often_verdicts_are_wrong():
    of_benign, of_violating = (round(1_000 * 2 * rate * (1 - rate)) for rate in (0.01, 0.1))
    benign = learned_errors(BELIEVED, 0, of_benign, 1_000 - of_benign, 1.0)
    assert benign.means[0] == pytest.approx(0.01, rel=0.2)
    mixed = learned_errors(BELIEVED, 810, of_benign + of_violating, 1_190 - of_benign - of_violating, 1.0)
    assert mixed.means[1] == pytest.approx(0.1, rel=0.25)
    assert learned_errors(BELIEVED, 0, of_benign, 1_000 - of_benign, 0.0).means == pytest.approx(BELIEVED.means)
