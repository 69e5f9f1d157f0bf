"""Trees of XGBoost as executors use them: on one thread, and with what each feature adds to their sum."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xgboost


def loaded(trees: bytes) -> "xgboost.Booster":
    """Load trees, saved as JSON or UBJSON, to run on one thread: tasks share a machine."""
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(trees))
    booster.set_param({"nthread": 1})  # the trees bring the number that they were grown with
    return booster


def shapley_values(
    booster: "xgboost.Booster", features: Sequence[str], values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each row starts from, and what each feature adds to it: exact Shapley values (Lundberg et al. 2020).

    `values` has the `features` as columns, NaN where nothing is known. They sum to the margin of the trees.
    """
    import xgboost

    matrix = xgboost.DMatrix(values, feature_names=list(features), nthread=1)
    found = booster.predict(matrix, pred_contribs=True).astype(np.float64)
    return found[:, -1], found[:, :-1]
