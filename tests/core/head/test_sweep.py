from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from core.head.sweep import descend


def _problem(seed: int, frames: int, count: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(2 * count, count))
    return (
        factor.T @ factor, rng.normal(0, 3, (frames, count)), rng.uniform(0, 1, count), rng.uniform(0, 1, count),
        rng.uniform(0, 5, count), rng.uniform(0.2, 1, frames), np.zeros(count), np.ones(count),
    )  # fmt: skip


def _cost(c: np.ndarray, problem: tuple[np.ndarray, ...]) -> float:
    quadratic, linear, sparsity, ridge, temporal, links, _, _ = problem
    steps = np.diff(c, axis=0)
    return float(
        0.5 * np.einsum("tk,kj,tj->", c, quadratic, c) - (linear * c).sum() + (sparsity * c).sum()
        + 0.5 * (ridge * c**2).sum() + 0.5 * (links[1:, None] * temporal * steps**2).sum()
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_descent_ends_where_a_general_optimiser_does(seed: int) -> None:
    problem = _problem(seed, frames=4, count=5)
    c = np.zeros((4, 5))
    assert descend(*problem, c, 0, 500, 1e-10) < 500
    oracle = minimize(lambda x: _cost(x.reshape(4, 5), problem), np.full(20, 0.5), method="L-BFGS-B",
                      bounds=[(0, 1)] * 20, options={"ftol": 1e-15, "gtol": 1e-10})  # fmt: skip
    assert c == pytest.approx(oracle.x.reshape(4, 5), abs=1e-4)


def test_held_frames_stay_and_pull_the_next() -> None:
    problem = _problem(5, frames=2, count=4)
    free, tied = np.zeros((2, 4)), np.zeros((2, 4))
    tied[0] = 1.0
    descend(*problem, free, 1, 500, 1e-10)
    descend(*problem, tied, 1, 500, 1e-10)
    assert np.array_equal(tied[0], np.ones(4))
    assert tied[1].sum() > free[1].sum()


def test_a_coordinate_without_room_stays() -> None:
    problem = list(_problem(6, frames=1, count=3))
    problem[7] = np.array([1.0, 0.0, 1.0])
    c = np.zeros((1, 3))
    descend(*problem, c, 0, 50, 1e-10)
    assert c[0, 1] == 0.0
