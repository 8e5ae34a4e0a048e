"""Keeps a posed mesh from folding over itself.

Every triangle keeps at least a small share of the area, and the sense, that it has at rest. Triangles
that fall short push their corners apart along the gradient of their area, in a fixed order and a
bounded number of sweeps (position-based dynamics: M. Mueller et al., "Position Based Dynamics",
VRIPHYS 2006). Each push is a continuous function of the positions, so a small change of the face stays
a small change.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

KEPT_AREA = 0.06
SWEEPS = 60


@njit(cache=True, nogil=True)
def untangle(
    rest: NDArray[np.float64], moved: NDArray[np.float64], triangles: NDArray[np.int32], ease: NDArray[np.float64]
) -> int:
    """Push `moved` (n, 2) in place until no triangle folds. Returns how many sweeps pushed anything.

    rest (n, 2): where nothing folds by definition; triangles (m, 3); ease (n,) how readily a vertex
    gives way, 0 never.
    """
    count = triangles.shape[0]
    area = np.empty(count)
    for t in range(count):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        area[t] = (rest[b, 0] - rest[a, 0]) * (rest[c, 1] - rest[a, 1]) - (rest[c, 0] - rest[a, 0]) * (
            rest[b, 1] - rest[a, 1]
        )
    for sweep in range(SWEEPS):
        pushed = False
        for t in range(count):
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            sense = 1.0 if area[t] > 0 else -1.0
            abx, aby = moved[b, 0] - moved[a, 0], moved[b, 1] - moved[a, 1]
            acx, acy = moved[c, 0] - moved[a, 0], moved[c, 1] - moved[a, 1]
            lack = KEPT_AREA * abs(area[t]) - sense * (abx * acy - acx * aby)
            if lack <= 1e-12:
                continue
            bcx, bcy = acx - abx, acy - aby
            stiffness = (
                ease[a] * (bcx * bcx + bcy * bcy)
                + ease[b] * (acx * acx + acy * acy)
                + ease[c] * (abx * abx + aby * aby)
                + 1e-9
            )
            push = sense * lack / stiffness
            moved[a, 0] -= ease[a] * push * bcy
            moved[a, 1] += ease[a] * push * bcx
            moved[b, 0] += ease[b] * push * acy
            moved[b, 1] -= ease[b] * push * acx
            moved[c, 0] -= ease[c] * push * aby
            moved[c, 1] += ease[c] * push * abx
            pushed = True
        if not pushed:
            return sweep
    return SWEEPS
