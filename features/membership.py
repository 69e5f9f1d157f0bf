"""What a ring says of those who belong to it."""

from typing import TypeVar

import numpy as np
from pyspark.sql import Column

Value = TypeVar("Value", Column, np.ndarray)


def member_chance(score: Value, strength: Value) -> Value:
    """Multiply the chance that a ring is abusive by how firmly something belongs to it: the chance that it is, too."""
    return score * strength
