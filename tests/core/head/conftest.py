"""The shapes and a made-up performance, made once."""

from __future__ import annotations

import pytest

from core.head.shapes import HeadShapes, load_head_shapes
from core.head.synthetic import Performance, performance


@pytest.fixture(scope="session")
def shapes() -> HeadShapes:
    return load_head_shapes()


@pytest.fixture(scope="session")
def act(shapes: HeadShapes) -> Performance:
    """90 frames of a person who is not the mean one, tracked with little noise."""
    return performance(shapes, 90, 0.002, seed=3)
