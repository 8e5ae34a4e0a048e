"""Where skin folds when it is pressed together: a table in landmarks, for the subject's right side.

A path's point is (landmark, landmark, share, right, down): between two landmarks, then moved by parts
of an eye distance, away from the middle of the face and downwards. A driver is (landmark, landmark,
weight): the part by which the two have come together. Landmarks of the left side come from the mirror.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[int, int, float, float, float]
Driver = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class Fold:
    """One crease.

    full: driven compression at which it is at its full depth; depth: of the groove, as a part of its
    width; width: of the groove's half, eye distances; ridge: how much the skin beyond it bulges, from
    the path's left (negative) or right as one walks along it; middle: it has no mirrored partner;
    pebbled: a patch of dimples round the path instead of a line.
    """

    name: str
    path: tuple[Point, ...]
    drivers: tuple[Driver, ...]
    full: float
    depth: float
    width: float
    ridge: float = 0.0
    middle: bool = False
    pebbled: bool = False


def _between(a: int, b: int, share: float = 0.0, out: float = 0.0, down: float = 0.0) -> Point:
    return a, b, share, out, down


def _at(a: int, out: float = 0.0, down: float = 0.0) -> Point:
    return a, a, 0.0, out, down


_BROW = (70, 63, 105, 66, 107, 9)
_LOW = (71, 68, 104, 69, 108, 151)
_HIGH = (21, 54, 103, 67, 109, 10)
_OUTER_BROW: tuple[Driver, ...] = ((105, 103, 0.4), (66, 67, 0.6))
_INNER_BROW: tuple[Driver, ...] = ((107, 109, 0.5), (9, 10, 0.5))


def _forehead() -> list[Fold]:
    folds = []
    lines = (
        (_BROW, _LOW, 0.62, 0.75, (0.010, -0.004, -0.008, 0.0)),
        (_LOW, _HIGH, 0.10, 1.0, (0.006, 0.0, -0.006, 0.004)),
        (_LOW, _HIGH, 0.52, 0.7, (0.012, 0.002, -0.004, 0.002)),
    )
    for k, (low, high, share, depth, bend) in enumerate(lines):
        outer = tuple(_between(low[i], high[i], share, 0.0, bend[i - 1]) for i in range(1, 5))
        inner = tuple(_between(low[i], high[i], share, 0.0, bend[i - 2]) for i in range(3, 6))
        # The two halves meet on the middle line, which a sad brow folds and a lifted outer one does not.
        crossing = (*inner[:2], inner[2], _between(low[5], high[5], share, -0.05, bend[3]))
        folds += [
            Fold(f"forehead {k} outer", outer, _OUTER_BROW, 0.17, depth, 0.0095, 0.35),
            Fold(f"forehead {k} inner", crossing, _INNER_BROW, 0.17, 0.9 * depth, 0.0095, 0.35),
        ]
    return folds


FOLDS: tuple[Fold, ...] = (
    *_forehead(),
    Fold("glabella", (_between(107, 9, 0.40, 0.006, -0.085), _between(107, 9, 0.46, 0.002, -0.025),
                      _between(55, 8, 0.44, 0.0, -0.005), _between(55, 8, 0.42, 0.0, 0.045)),
         ((107, 336, 0.5), (55, 285, 0.5)), 0.17, 0.85, 0.015, 0.7),
    Fold("glabella, outer", (_between(107, 9, 0.12, 0.010, -0.060), _between(107, 9, 0.18, 0.004, -0.020),
                             _between(55, 8, 0.20, 0.0, 0.0)),
         ((107, 336, 0.5), (55, 285, 0.5)), 0.19, 0.45, 0.013, 0.5),
    Fold("nose root", (_between(193, 168, 0.1, 0.0, 0.012), _between(193, 168, 0.6, 0.0, 0.0), _at(168),
                       _between(417, 168, 0.6, 0.0, 0.0), _between(417, 168, 0.1, 0.0, 0.012)),
         ((107, 168, 0.35), (336, 168, 0.35), (9, 6, 0.5)), 0.16, 0.75, 0.013, middle=True),
    Fold("nasolabial", (_between(129, 203, 0.2), _between(129, 203, 0.9), _at(206), _at(216), _between(216, 212, 0.6)),
         ((61, 117, 0.6), (129, 117, 1.0)), 0.12, 0.85, 0.021, 1.0),
    Fold("nose wing", (_at(129, 0.0, -0.05), _at(129, 0.006, -0.015), _between(129, 203, 0.5, 0.008)),
         ((129, 117, 0.6), (193, 129, 0.4)), 0.20, 0.6, 0.013, 0.6),
    Fold("crow's foot, upper", (_at(33, 0.030, -0.010), _at(33, 0.075, -0.028), _at(33, 0.125, -0.055)),
         ((33, 117, 0.5), (33, 111, 0.5)), 0.17, 0.9, 0.0080),
    Fold("crow's foot, middle", (_at(33, 0.032, 0.012), _at(33, 0.085, 0.016), _at(33, 0.145, 0.012)),
         ((33, 117, 0.5), (33, 111, 0.5)), 0.17, 1.0, 0.0080),
    Fold("crow's foot, lower", (_at(33, 0.022, 0.034), _at(33, 0.070, 0.058), _at(33, 0.120, 0.078)),
         ((33, 117, 0.5), (33, 111, 0.5)), 0.17, 0.9, 0.0085),
    Fold("under the eye", (_at(110, 0.0, 0.034), _at(24, 0.0, 0.044), _at(23, 0.0, 0.046), _at(22, 0.0, 0.036)),
         ((23, 50, 0.5), (23, 118, 0.5)), 0.13, 0.8, 0.014, -0.5),
    Fold("under the eye, fine", (_at(25, 0.0, 0.018), _at(110, 0.0, 0.022), _at(24, 0.0, 0.024)),
         ((33, 111, 0.5), (23, 118, 0.5)), 0.15, 0.8, 0.0080),
    Fold("bunny, upper", (_between(122, 188, 0.3, -0.030, -0.012), _between(122, 188, 0.5, 0.0, 0.004),
                          _between(122, 188, 0.5, 0.030, 0.030)),
         ((193, 129, 0.5), (122, 129, 0.5)), 0.19, 1.0, 0.0090),
    Fold("bunny, lower", (_between(188, 114, 0.5, -0.034, -0.004), _between(188, 114, 0.5, 0.0, 0.010),
                          _between(188, 114, 0.5, 0.026, 0.036)),
         ((193, 129, 0.5), (122, 129, 0.5)), 0.19, 0.9, 0.0090),
    Fold("dimple", (_at(61, 0.040, -0.040), _at(61, 0.056, -0.008), _at(61, 0.046, 0.028)),
         ((61, 192, 0.5), (61, 58, 0.5), (61, 210, 0.4)), 0.20, 0.75, 0.016, 0.6),
    Fold("marionette", (_at(61, 0.022, 0.034), _at(61, 0.040, 0.080), _at(61, 0.048, 0.135)),
         ((61, 204, 0.5), (61, 32, 0.5)), 0.15, 0.55, 0.021, 0.5),
    Fold("under the lip", (_between(106, 182, 0.5, 0.0, 0.0), _between(83, 201, 0.30), _between(18, 200, 0.30),
                           _between(313, 421, 0.30), _between(335, 406, 0.5, 0.0, 0.0)),
         ((17, 200, 0.8), (61, 204, 0.15), (291, 424, 0.15)), 0.14, 1.0, 0.018, 0.4, middle=True),
    Fold("chin", (_between(199, 200, 0.2), _between(199, 175, 0.6)),
         ((17, 199, 1.0), (61, 204, 0.25), (291, 424, 0.25)), 0.14, 0.55, 0.012, middle=True, pebbled=True),
)  # fmt: skip
