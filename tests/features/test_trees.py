"""Trees as executors use them."""

import json

import numpy as np
import pytest
import xgboost as xgb

from features.trees import loaded, shapley_values

NAMES = ("one", "two", "three")


@pytest.fixture(scope="module")
def grown():
    values = np.random.default_rng(1).normal(size=(200, 3))
    values[::7, 1] = np.nan
    labels = values[:, 0] + np.nan_to_num(values[:, 1]) > 0
    matrix = xgb.DMatrix(values, label=labels, feature_names=list(NAMES))
    return values, xgb.train({"objective": "binary:logistic", "max_depth": 2, "nthread": 2, "seed": 1}, matrix, 5)


@pytest.mark.parametrize("form", ["json", "ubj"])
def test_trees_run_on_one_thread_whatever_they_were_grown_on(grown, form):
    _, booster = grown
    config = json.loads(loaded(bytes(booster.save_raw(form))).save_config())
    assert config["learner"]["generic_param"]["nthread"] == "1"


def test_parts_of_a_row_sum_to_its_margin(grown):
    values, booster = grown
    starts, parts = shapley_values(booster, NAMES, values)
    margins = booster.predict(xgb.DMatrix(values, feature_names=list(NAMES)), output_margin=True)
    assert starts + parts.sum(axis=1) == pytest.approx(margins, abs=1e-5)
    assert np.ptp(starts) == 0.0
    assert np.abs(parts[:, 2]).mean() < np.abs(parts[:, :2]).mean()
