"""`facekey track`: a clip into the curves of a performance."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.console import tell, terminal_progress
from app.commands.output import require_place
from core.errors import UserError

if TYPE_CHECKING:
    from core.motion.performance import Performance

NAME = "track"
HELP = "track a face in a clip into ARKit curves (.csv in Live Link Face form, .json with everything)"
ORDER = 20
ENDINGS = (".csv", ".json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument(
        "-o", "--output", type=Path, action="append", required=True, metavar="OUT",
        help="performance.csv or performance.json; give it twice for both",
    )  # fmt: skip
    parser.add_argument(
        "--face", type=int, default=None, metavar="N", help="which face of the first frame, 0 being the largest"
    )
    parser.add_argument("--no-residual", action="store_true", help="keep only the curves in a .json: far smaller")
    parser.add_argument("--degrees", action="store_true", help="write a .csv's rotations in degrees, not radians")
    parser.add_argument("--json", action="store_true", help="print a summary for a machine to read")


def run(arguments: argparse.Namespace) -> int:
    for path in arguments.output:
        _require_writable(path)

    from core.motion.clip_performance import performance_from_clip
    from core.motion.live_link import write_live_link
    from core.motion.performance_json import write_performance_json

    performance = performance_from_clip(arguments.clip, terminal_progress(arguments.json), face=arguments.face)
    for path in arguments.output:
        if path.suffix.lower() == ".csv":
            write_live_link(performance, path, in_degrees=arguments.degrees)
        else:
            write_performance_json(performance, path, residual=not arguments.no_residual)
    tell(performance.notes)
    summary = summarise(performance, arguments.output)
    if arguments.json:
        print(json.dumps(summary))
        return 0
    print(
        f"{summary['found']} of {summary['frames']} frames at {float(performance.rate):g} fps, "
        f"written to {', '.join(summary['outputs'])}"
    )
    for first, last in summary["gaps"]:
        print(f"  the face is lost from frame {first} to {last}")
    return 0


def summarise(performance: Performance, outputs: list[Path]) -> dict[str, Any]:
    """What a machine wants to know: frames, found, gaps as (first, last), rate, outputs, strongest shapes, notes."""
    import numpy as np

    from core.document.channels import SHAPES
    from core.perception.smooth import runs

    peaks = np.nanmax(performance.shapes, axis=0)
    strongest = {SHAPES[i]: round(float(peaks[i]), 3) for i in np.argsort(-peaks, kind="stable")[:8]}
    return {
        "frames": len(performance),
        "found": int(performance.found.sum()),
        "gaps": [(first, last - 1) for first, last in runs(~performance.found)],
        "rate": str(performance.rate),
        "outputs": [str(path) for path in outputs],
        "peaks": strongest,
        "notes": list(performance.notes),
    }


def _require_writable(path: Path) -> None:
    """Before minutes of tracking rather than after them."""
    if path.suffix.lower() not in ENDINGS:
        raise UserError(f"'{path.name}' is no kind of performance file", "End its name in .csv or .json.")
    require_place(path)
