"""`facekey new`: a project from a photo."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.console import tell
from app.commands.controls import add_controls, clamping_notes, last_key, read_controls, with_controls
from app.commands.output import parsed_rate, require_place

NAME = "new"
HELP = "make a project of a photo"
ORDER = 15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", help="the portrait")
    parser.add_argument("-o", "--out", required=True, type=Path, metavar="PROJECT.facekey", help="where to save it")
    parser.add_argument("--fps", metavar="R", help="frame rate (24 unless given)")
    parser.add_argument("--face", type=int, metavar="N", help="which face of the photo, from 0, the largest")
    parser.add_argument("--force", action="store_true", help="replace a project that is there")
    add_controls(parser)


def run(arguments: argparse.Namespace) -> int:
    from core.errors import ProjectError
    from core.project_file.project import SUFFIX, save_project
    from core.rendering.opening import open_input
    from core.values.time import FrameRange

    if arguments.out.suffix.lower() != SUFFIX:
        raise ProjectError(f"'{arguments.out.name}' is no name for a project", f"End it in {SUFFIX}.")
    require_place(arguments.out)
    if arguments.out.exists() and not arguments.force:
        raise ProjectError(f"'{arguments.out}' exists", "Choose another name, or add --force to replace it.")
    if Path(arguments.photo).suffix.lower() == SUFFIX:
        raise ProjectError(f"'{arguments.photo}' is a project already", "Give a photo.")
    curves = read_controls(arguments)
    frames = FrameRange(0, max(last_key(curves), 95))
    opened = open_input(arguments.photo, arguments.face, parsed_rate(arguments), frames)
    tell((*clamping_notes(curves), *opened.notes))
    save_project(with_controls(opened.document, curves, own_layer=False), opened.media, arguments.out)
    print(f"Saved {arguments.out}")
    return 0
