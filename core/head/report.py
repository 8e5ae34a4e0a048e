"""`python -m core.head.report --data FOLDER`: how well clips and known shapes are solved.

Residuals are rms distances in the picture plane over outer-eye distance, of the test split's real clips.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from core.head.fit.tracks import Track, read_index, track_clip
from core.head.objective import LIDS, LIPS, eye_openings
from core.head.personal import personal_shapes
from core.head.shapes import SHAPE_INDEX, HeadShapes, load_head_shapes, read_head_shapes
from core.head.solve import LiveSolver, SolvedClip, solve_clip, tracked_basis
from core.head.synthetic import performance
from core.head.topology import FACE_POINTS, Landmark

Array = NDArray[np.float64]

FRAMES = 300
RECOVERY_SEEDS = range(6)
RECOVERY_NOISE = 0.005


@dataclass(frozen=True, slots=True)
class Residual:
    """rms in eye distances: of the whole face at rest, of the whole face, lips and lids as solved."""

    static: float
    face: float
    lips: float
    lids: float


def rms(difference: Array) -> float:
    """Of the distances in the picture plane of (T, n, 3)."""
    return float(np.sqrt((difference[..., :2] ** 2).sum(axis=-1).mean()))


def residual_of(clip: SolvedClip, landmarks: Array, shapes: HeadShapes) -> Residual:
    """What is left of a solved clip beside the shapes as the tracker reports them, and the modes."""
    faces = clip.poses.to_canonical(landmarks)[clip.found]
    described = clip.neutral + np.tensordot(clip.weights[clip.found], tracked_basis(shapes, clip.neutral), 1)
    modes = clip.modes[clip.found]
    described = described + np.tensordot(modes, shapes.modes[: modes.shape[1]], 1)
    left = (faces - described)[:, :FACE_POINTS]
    still = (faces - clip.neutral)[:, :FACE_POINTS]
    return Residual(rms(still), rms(left), rms(left[:, list(LIPS)]), rms(left[:, list(LIDS)]))


def drawn_as_observed(shapes: HeadShapes) -> HeadShapes:
    """The shapes as if the tracker reported them whole."""
    return replace(shapes, observed=shapes.fields)


def plausibility(clip: SolvedClip, landmarks: Array) -> tuple[float, float, float, float, float]:
    """Correlations of blink, smile, jaw with lid opening, mouth width, lip gap; shapes above .1; jerk."""
    weights = clip.weights[clip.found]
    faces = clip.poses.to_canonical(landmarks)[clip.found]
    at = SHAPE_INDEX
    blink = weights[:, at["eyeBlinkLeft"]] + weights[:, at["eyeBlinkRight"]]
    smile = weights[:, at["mouthSmileLeft"]] + weights[:, at["mouthSmileRight"]]
    jaw = weights[:, at["jawOpen"]] - weights[:, at["mouthClose"]]
    width = np.linalg.norm(faces[:, Landmark.MOUTH_RIGHT] - faces[:, Landmark.MOUTH_LEFT], axis=1)
    gap = faces[:, Landmark.LOWER_LIP_INNER, 1] - faces[:, Landmark.UPPER_LIP_INNER, 1]
    return (
        -_correlation(blink, eye_openings(faces).sum(axis=1)),
        _correlation(smile, width),
        _correlation(jaw, gap),
        float((weights > 0.1).sum(axis=1).mean()),
        float(np.abs(np.diff(weights, 2, axis=0)).mean()),
    )


def _correlation(a: Array, b: Array) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 1e-9 and b.std() > 1e-9 else float("nan")


def recovery(shapes: HeadShapes, noise: float = RECOVERY_NOISE) -> tuple[float, float, dict[str, float]]:
    """rmse of known weights with the neutral known and with the neutral found, and the latter per shape."""
    known, found = [], []
    for seed in RECOVERY_SEEDS:
        act = performance(shapes, FRAMES, noise, seed)
        known.append(solve_clip(act.landmarks, 30.0, neutral=act.neutral, shapes=shapes).weights - act.weights)
        found.append(solve_clip(act.landmarks, 30.0, shapes=shapes).weights - act.weights)
    errors = np.sqrt((np.concatenate(found) ** 2).mean(axis=0))
    return (
        float(np.sqrt((np.concatenate(known) ** 2).mean())),
        float(np.sqrt((errors**2).mean())),
        {name: float(errors[k]) for name, k in SHAPE_INDEX.items()},
    )


def _residual_table(tracks: list[Track], shapes: HeadShapes, write: Callable[[str], None]) -> None:
    variants: list[tuple[str, HeadShapes, int]] = [
        ("fields", drawn_as_observed(shapes), 0), ("observed", shapes, 0), ("+ 10 modes", shapes, 10),
        ("+ 20 modes", shapes, 20),
    ]  # fmt: skip
    write("| clip | static | " + " | ".join(f"{name}: face / lips / lids" for name, _, _ in variants) + " |")
    write("| --- " * (len(variants) + 2) + "|")
    rows = []
    for track in tracks:
        results = [
            residual_of(
                solve_clip(track.landmarks, track.entry.rate, shapes=table, modes=modes), track.landmarks, table
            )
            for _, table, modes in variants
        ]
        rows.append([results[1].static, *(value for r in results for value in (r.face, r.lips, r.lids))])
        write(_row(track.entry.name, rows[-1]))
    write(_row("mean", list(np.mean(rows, axis=0))))


def _row(name: str, values: list[float]) -> str:
    cells = [f"{values[0]:.4f}"] + [" / ".join(f"{v:.4f}" for v in values[k : k + 3]) for k in range(1, len(values), 3)]
    return f"| {name} | " + " | ".join(cells) + " |"


def _plausibility_table(tracks: list[Track], shapes: HeadShapes, write: Callable[[str], None]) -> None:
    write("| clip | blink and lids | smile and width | jaw and lip gap | shapes above .1 | jerk |")
    write("| --- | --- | --- | --- | --- | --- |")
    rows = []
    for track in tracks:
        rows.append(plausibility(solve_clip(track.landmarks, track.entry.rate, shapes=shapes), track.landmarks))
        write(f"| {track.entry.name} | " + " | ".join(f"{v:.2f}" for v in rows[-1][:4]) + f" | {rows[-1][4]:.4f} |")
    mean = np.nanmean(rows, axis=0)
    write("| mean | " + " | ".join(f"{v:.2f}" for v in mean[:4]) + f" | {mean[4]:.4f} |")


def _speed(shapes: HeadShapes, write: Callable[[str], None]) -> None:
    act = performance(shapes, FRAMES, RECOVERY_NOISE, 0)
    live = LiveSolver(act.neutral, 30.0, shapes)
    live.step(act.landmarks[0])

    def milliseconds(work: Callable[[], object]) -> float:
        times = []
        for _ in range(5):
            began = perf_counter()
            work()
            times.append(perf_counter() - began)
        return 1000 * float(np.median(times))

    write(f"a person's shapes: {milliseconds(lambda: personal_shapes(shapes, act.neutral)):.1f} ms")
    known = milliseconds(lambda: solve_clip(act.landmarks, 30.0, neutral=act.neutral, shapes=shapes))
    found = milliseconds(lambda: solve_clip(act.landmarks, 30.0, shapes=shapes))
    step = milliseconds(lambda: [live.step(frame) for frame in act.landmarks[:60]])
    write(f"a clip, per frame: {known / FRAMES:.2f} ms with the neutral known, {found / FRAMES:.2f} ms with finding it")
    write(f"one live frame: {step / 60:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m core.head.report", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with INDEX.csv and clips")
    parser.add_argument("--shapes", type=Path, help="another file than the one that comes with Facekey")
    parser.add_argument("--tracks", type=Path, help="folder that keeps tracked clips between runs")
    parser.add_argument("--split", default="test", choices=("train", "test"))
    options = parser.parse_args()
    shapes = read_head_shapes(options.shapes) if options.shapes else load_head_shapes()
    clips = [entry for entry in read_index(options.data)
             if entry.kind == "clip" and entry.split == options.split and not entry.generated]  # fmt: skip
    tracks = [Track(track.entry, track.landmarks[:FRAMES]) for track in
              (track_clip(entry, cache=options.tracks) for entry in clips)]  # fmt: skip
    _residual_table(tracks, shapes, print)
    print()
    _plausibility_table(tracks, shapes, print)
    print()
    known, found, per_shape = recovery(shapes)
    print(
        f"known shapes with noise {RECOVERY_NOISE}: rmse {known:.3f} with the neutral known, {found:.3f} with it found"
    )
    worst = sorted(per_shape.items(), key=lambda item: -item[1])[:8]
    print("worst: " + ", ".join(f"{name} {error:.2f}" for name, error in worst))
    _speed(shapes, print)


if __name__ == "__main__":
    main()
