"""`facekey retarget`: the motion of a clip or a Live Link Face CSV on a photo."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.console import tell, terminal_progress
from app.commands.controls import (
    add_controls,
    clamping_notes,
    parse_frames,
    parse_weights,
    read_controls,
    with_controls,
)
from app.commands.output import Sound, add_output, check_output, parsed_rate, write_frames
from core.errors import UserError

if TYPE_CHECKING:
    from core.document.regions import Region
    from core.motion.retarget import Neutral

NAME = "retarget"
HELP = "put the motion of a clip or a Live Link Face CSV on a photo"
ORDER = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="PHOTO", help="a photo, or a .facekey project")
    parser.add_argument("performance", type=Path, metavar="CLIP|CSV|JSON", help="where the motion comes from")
    add_output(parser)
    parser.add_argument("--expression-only", action="store_true", help="leave the head where the photo has it")
    parser.add_argument(
        "--weight", action="append", default=[], metavar="REGION=W", dest="weights",
        help="how strongly a region follows, 0 to 2: brows, eyes, gaze, nose, mouth, jaw, head",
    )  # fmt: skip
    parser.add_argument(
        "--neutral", metavar="FRAME", default="as measured",
        help="the frame of the performance that counts as rest, or 'calmest'; measured over the clip unless given",
    )  # fmt: skip
    parser.add_argument("--clip-face", type=int, metavar="N", help="which face of the clip, from 0, the largest")
    parser.add_argument("--degrees", action="store_true", help="a CSV's rotations are in degrees, not radians")
    parser.add_argument("--mute", action="store_true", help="leave the clip's sound out")
    add_controls(parser)


def run(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from core.export.formats import find_format
    from core.motion.reading import read_performance
    from core.motion.retarget import add_performance
    from core.project_file.project import SUFFIX
    from core.rendering.opening import open_input
    from core.values.time import FrameRange

    weights = _regions(arguments.weights)
    curves = read_controls(arguments)
    neutral = _neutral(arguments.neutral)
    rate = parsed_rate(arguments)
    check_output(arguments)
    tell(clamping_notes(curves))
    progress = terminal_progress(quiet=arguments.json)
    opened = open_input(arguments.input, arguments.face)
    taken = read_performance(arguments.performance, progress, face=arguments.clip_face, in_degrees=arguments.degrees)
    lost = int((~taken.performance.found).sum())
    if lost:
        tell([f"The face is lost in {lost} of {len(taken.performance)} frames; the pose is held there."])
    tell(taken.performance.notes)
    if rate is None:  # a project's own keys stand on frames of its own rate
        is_project = Path(arguments.input).suffix.lower() == SUFFIX
        rate = opened.document.rate if is_project else taken.performance.rate
    document = replace(opened.document, rate=rate)
    document = add_performance(
        document, taken.performance, source=taken.source, neutral=neutral,
        expression_only=arguments.expression_only, weights=weights,
    )  # fmt: skip
    document = with_controls(document, curves, own_layer=True)
    last = max(int(taken.performance.seconds * rate + 0.5) - 1, 0)
    frames = parse_frames(arguments.frames) if arguments.frames else FrameRange(0, last)
    sound = None
    if taken.has_sound and not arguments.mute and find_format(arguments.format, Path(arguments.out)).sound:
        sound = Sound(arguments.performance, frames.first / float(rate))
    return write_frames(arguments, opened, document, frames, sound)


def _regions(texts: list[str]) -> dict[Region, float]:
    from core.document.regions import Region

    named = {region.value: region for region in Region}
    weights = parse_weights(texts)
    for name, weight in weights.items():
        if name not in named:
            raise UserError(f"There is no region called '{name}'", f"Choose one of: {', '.join(named)}.")
        if not 0 <= weight <= 2:
            raise UserError(f"The weight {weight:g} of '{name}' is out of range", "Give a number from 0 to 2.")
    return {named[name]: weight for name, weight in weights.items()}


def _neutral(text: str) -> Neutral:
    named: dict[str, Neutral] = {"as measured": "as measured", "calmest": "calmest"}
    if text in named:
        return named[text]
    try:
        return int(text)
    except ValueError:
        raise UserError(f"'{text}' is no frame", "Give a frame number, or 'calmest'.") from None
