"""Performances made of numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from core.motion.performance import Performance, performance_of


@pytest.fixture
def performance() -> Performance:
    """40 frames at 29.97 with two gaps, a residual, and everything in motion."""
    rng = np.random.default_rng(7)
    found = np.ones(40, bool)
    found[5:8] = found[20] = False
    head = np.column_stack([rng.normal(0, 10, (40, 3)), rng.normal(0, 0.1, (40, 2)), rng.uniform(0.8, 1.2, 40)])
    return performance_of(
        Fraction(30000, 1001), rng.random((40, 52)), rng.normal(0, 8, (40, 2, 2)), head, found,
        rng.normal(0, 0.01, (40, 478, 3)), "take.mp4",
    )  # fmt: skip
