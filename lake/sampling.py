"""What a weighted sample is worth, for models and review alike."""

import numpy as np
from numpy.typing import NDArray


def effective_size(weights: NDArray[np.float64]) -> float:
    """Count the observations of equal weight that would be as precise (Kish 1965); 0 for none, or where all weigh 0."""
    largest = weights.max(initial=0.0)
    if largest <= 0:
        return 0.0
    # Squares of small weights would be 0; a power of two takes nothing from their digits.
    scaled = np.ldexp(weights, -int(np.frexp(largest)[1]))
    return float(scaled.sum() ** 2 / np.square(scaled).sum())
