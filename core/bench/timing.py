"""Timing of calls within one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds per call: `median`, `p95`, `fastest`, over `runs` calls."""

    median: float
    p95: float
    fastest: float
    runs: int


def measure(call: Callable[[], Any], *, runs: int = 30, warm: int = 3, seconds: float = 6.0) -> Timing:
    """Time `call` `runs` times after `warm` calls that do not count; stops early after `seconds` (5 runs at least)."""
    for _ in range(warm):
        call()
    spent: list[float] = []
    started = time.perf_counter()
    while len(spent) < runs and (len(spent) < 5 or time.perf_counter() - started < seconds):
        before = time.perf_counter()
        call()
        spent.append(1000 * (time.perf_counter() - before))
    return summarised(spent)


def summarised(milliseconds: list[float]) -> Timing:
    """The figures of a list of single calls."""
    return Timing(
        float(np.median(milliseconds)), float(np.percentile(milliseconds, 95)), min(milliseconds), len(milliseconds)
    )
