"""`facekey evaluate`: how good the pictures are, by committed protocols."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

from app.commands.controls import at_least, read_settings
from app.commands.output import make_folder, require_place

NAME = "evaluate"
HELP = "measure reenactment on clips, or make contact sheets of a photo"
ORDER = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    reenact = what.add_parser(
        "reenact", help="a clip's first frame is the photo, its motion drives, its frames are the truth"
    )
    reenact.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    reenact.add_argument(
        "--engine", action="append", default=None, metavar="NAME", help="mesh unless given; give several"
    )
    reenact.add_argument("--frames", type=at_least(1), default=24, metavar="N", help="frames compared in each clip")
    reenact.add_argument("--json", type=Path, metavar="FILE", help="also write the scores for a machine to read")
    reenact.add_argument(
        "--sheet", type=Path, metavar="FOLDER", help="also write a picture of all methods for each clip"
    )
    reenact.set_defaults(evaluate=_reenact)
    sheets = what.add_parser("sheets", help="contact sheets: shapes, emotions, eyes, mouths and turns of each photo")
    sheets.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    sheets.add_argument("-o", "--out", type=Path, required=True, metavar="FOLDER")
    sheets.add_argument(
        "--only", action="append", metavar="SHEET", help="shapes, emotions, eyes, mouths, turns or limits"
    )
    sheets.add_argument(
        "--set", action="append", default=[], metavar="CHANNEL=VALUE", dest="settings",
        help="hold a channel in every picture, for instance look.neutralise=1",
    )  # fmt: skip
    sheets.add_argument("--engine", default="mesh", metavar="NAME")
    sheets.add_argument("--cell", type=at_least(32), default=300, metavar="PIXELS", help="width of one picture")
    sheets.set_defaults(evaluate=_sheets)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.evaluate(arguments))


def _reenact(arguments: argparse.Namespace) -> int:
    import numpy as np
    from numpy.typing import NDArray

    from app.commands.console import tell, terminal_progress
    from core.errors import NoFaceFound, UnreadableMedia
    from core.evaluation.reenact import reenact
    from core.evaluation.report import table
    from core.generation.registry import make_engine
    from core.media.atomic import write_whole
    from core.media.photo import write_photo
    from core.media.source import require_file
    from core.rendering.frame_cache import FrameCache
    from core.rendering.renderer import Renderer
    from core.values.image import image_of

    if arguments.json:
        require_place(arguments.json)
    if arguments.sheet:
        make_folder(arguments.sheet)
    for path in arguments.clips:
        require_file(path)
    engines = arguments.engine or ["mesh"]
    scored = []
    for path in arguments.clips:
        print(path.name, file=sys.stderr)
        windows: dict[str, list[NDArray[np.uint8]]] = {}
        try:
            with closing(Renderer(make_engine, FrameCache(0))) as renderer:
                scored.append(
                    reenact(
                        path, engines, renderer, frames=arguments.frames, progress=terminal_progress(),
                        keep=lambda method, frame, picture: windows.setdefault(method, []).append(picture),  # noqa: B023
                    )
                )  # fmt: skip
        except (NoFaceFound, UnreadableMedia) as error:
            if len(arguments.clips) == 1:
                raise
            tell([f"{error} '{path.name}' is left out."])
            continue
        if arguments.sheet:
            step = max(len(windows["truth"]) // 6, 1)
            rows = [np.hstack(pictures[step // 2 :: step][:6]) for pictures in windows.values()]
            write_photo(image_of(np.vstack(rows)), arguments.sheet / f"{path.stem}.png")
    if not scored:
        raise NoFaceFound("None of the clips could be measured", "Give clips that begin with a face.")
    print(table(scored))
    if arguments.json:
        write_whole(arguments.json, json.dumps([clip.to_json() for clip in scored], indent=1).encode())
    return 0


def _sheets(arguments: argparse.Namespace) -> int:
    from app.commands.console import terminal_progress
    from core.errors import UserError
    from core.evaluation.sheets import SHEETS, contact_sheet, held, layout_of
    from core.generation.registry import make_engine
    from core.media.photo import write_photo
    from core.media.source import require_file
    from core.rendering.frame_cache import FrameCache
    from core.rendering.opening import open_input
    from core.rendering.renderer import Renderer
    from core.rendering.shot import portrait_subject
    from core.values.image import image_of

    chosen = arguments.only or list(SHEETS)
    base = read_settings(arguments.settings)
    for name in chosen:
        if name not in SHEETS:
            raise UserError(f"There is no sheet called '{name}'", f"Choose from: {', '.join(SHEETS)}.")
    for path in arguments.photos:
        require_file(path)
    make_folder(arguments.out)
    for path in arguments.photos:
        opened = open_input(path)
        assert opened.document.portrait is not None  # open_input finds a face or raises
        subject = portrait_subject(opened.document.portrait, opened.read)
        with closing(Renderer(make_engine, FrameCache(0))) as renderer:
            for name in chosen:
                place, columns = layout_of(name, subject)
                cells = held(SHEETS[name](), base)
                sheet = contact_sheet(
                    renderer, subject, cells, engine=arguments.engine, columns=columns, size=arguments.cell,
                    place=place, progress=terminal_progress(),
                )  # fmt: skip
                out = arguments.out / f"{path.stem}-{name}.png"
                write_photo(image_of(sheet), out)
                print(out, flush=True)
    return 0
