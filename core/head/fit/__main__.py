"""`python -m core.head.fit --data FOLDER --out FILE.safetensors`: fit the shapes and print the checks."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.head.fit.canonical import calm_portraits, canonical_face
from core.head.fit.checks import shape_checks, shape_table
from core.head.fit.correspond import correspond
from core.head.fit.fields import drawn_fields, iris_gains, iris_parallax, observed_fields, with_gaze_gains
from core.head.fit.ict import IctHead
from core.head.fit.people import fixation_gains, identity_modes, residual_modes, solved_tracks
from core.head.fit.tracks import photo_landmarks, read_index, track_clip
from core.head.pose import fit_pose
from core.head.shapes import HeadShapes, head_shapes
from core.weights.files import write_arrays

RESIDUAL_MODES = 20
IDENTITY_MODES = 40


def fit(data: Path, people: int, observed_people: int, cache: Path | None) -> HeadShapes:
    """All of `HeadShapes` from the data folder. Prints what it finds."""
    entries = read_index(data)
    photos = photo_landmarks([entry for entry in entries if entry.kind == "photo"])
    calm = calm_portraits(photos)
    neutral, mirror = canonical_face([points for _, points in calm])
    print(f"calm train portraits: {len(calm)} of {len({person for person, _ in calm})} people")

    head = IctHead(data / "geometry" / "ict_facekit")
    place = correspond(head, neutral, mirror, people, print)
    print(f"asymmetry of the hits: {place.asymmetry:.4f}")
    fields = drawn_fields(head, place, neutral, mirror, print)
    observed, gains = observed_fields(head, fields, neutral, mirror, observed_people)

    clips = [entry for entry in entries if entry.kind == "clip" and entry.split == "train" and not entry.generated]
    tracks = [track_clip(entry, cache=cache) for entry in clips]
    on_renders = iris_gains(head, neutral, observed_people)
    print("iris travel on renders: " + ", ".join(f"{way} {gain:.2f}" for way, gain in on_renders.items()))
    fixation, told = fixation_gains(tracks, neutral)
    parallax = iris_parallax(head, neutral, observed_people)
    print(f"iris travel of eyes that hold the camera: {fixation.round(2)} in {told} cases, parallax {parallax:.2f}")
    sideways, upright = float(fixation[0] + parallax), float(fixation[1])
    observed, gains = with_gaze_gains(observed, gains, fields, sideways, upright)

    arrays = {"neutral": neutral, "fields": fields, "observed": observed, "gains": gains, "mirror": mirror}
    empty = {"modes": np.zeros((0, 478, 3)), "mode_deviation": np.zeros(0)}
    no_people = {"identity": np.zeros((0, 478, 3)), "identity_deviation": np.zeros(0)}
    shapes = head_shapes(arrays | empty | no_people)
    solved = solved_tracks(tracks, shapes)
    modes = residual_modes(solved, mirror, RESIDUAL_MODES)
    print(f"residual modes: {modes.samples} frames (mirrored too) of {modes.people} people, explained at 5, 10, 20: "
          + ", ".join(f"{modes.explained[k - 1]:.3f}" for k in (5, 10, 20)))  # fmt: skip
    neutrals: dict[str, list[NDArray[np.float64]]] = {}
    for person, points in calm:
        neutrals.setdefault(person, []).append(fit_pose(points, neutral).to_canonical(points))
    for track, own, _ in solved:
        neutrals.setdefault(track.entry.person, []).append(own)
    identity = identity_modes(neutrals, shapes, IDENTITY_MODES)
    print(f"identity modes: {identity.people} people, explained at 10, 20, 40: "
          + ", ".join(f"{identity.explained[k - 1]:.3f}" for k in (10, 20, 40)))  # fmt: skip
    return head_shapes(
        arrays
        | {"modes": modes.directions, "mode_deviation": modes.deviation}
        | {"identity": identity.directions, "identity_deviation": identity.deviation}
    )


def save(shapes: HeadShapes, file: Path) -> None:
    """Write float32 arrays, the mirror map as int32, and their digest."""
    arrays = {name: getattr(shapes, name) for name in HeadShapes.__dataclass_fields__}
    kept = {name: array.astype(np.int32 if name == "mirror" else np.float32)
            for name, array in arrays.items()}  # fmt: skip
    write_arrays(file, kept)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m core.head.fit", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with INDEX.csv, photos, clips, geometry")
    parser.add_argument("--out", type=Path, default=Path("trained_models/arkit_shapes.safetensors"))
    parser.add_argument("--people", type=int, default=14, help="ICT heads rendered for the correspondence")
    parser.add_argument("--observed-people", type=int, default=4, help="ICT heads rendered for the gains")
    parser.add_argument("--tracks", type=Path, help="folder that keeps tracked clips between runs")
    options = parser.parse_args()
    shapes = fit(options.data, options.people, options.observed_people, options.tracks)
    save(shapes, options.out)
    for what, value in shape_checks(shapes).items():
        print(f"{what}: {value:.6g}")
    print(shape_table(shapes))


if __name__ == "__main__":
    main()
