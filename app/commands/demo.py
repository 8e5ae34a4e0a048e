"""`facekey demo`: the demonstration portrait, moved through a small keyed performance."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.output import require_place

NAME = "demo"
HELP = "render the demonstration: a clip and a contact sheet"
ORDER = 5
CLIP, SHEET = "facekey-demo.mp4", "facekey-demo.png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", type=Path, default=Path(), metavar="FOLDER", help="where to put them (here unless given)"
    )
    parser.add_argument(
        "--save", type=Path, metavar="PROJECT.facekey", help="also save the project, to look at its curves"
    )


def run(arguments: argparse.Namespace) -> int:
    import numpy as np
    from numpy.typing import NDArray

    from app.commands.console import terminal_progress
    from core.errors import ProjectError
    from core.evaluation.crops import face_window
    from core.evaluation.sheets import labelled, shrunk
    from core.export.plan import plan_export
    from core.export.run import export
    from core.generation.registry import make_engine
    from core.media.photo import write_photo
    from core.motion.demonstration import demonstration_project
    from core.project_file.project import SUFFIX, save_project
    from core.rendering.frame_cache import FrameCache
    from core.rendering.renderer import Renderer
    from core.rendering.request import FrameResult
    from core.rendering.shot import Shot
    from core.values.image import eight_bit, image_of

    if arguments.save:
        if arguments.save.suffix.lower() != SUFFIX:
            raise ProjectError(f"'{arguments.save.name}' is no name for a project", f"End it in {SUFFIX}.")
        require_place(arguments.save)
    print("Opening the portrait ...", flush=True)
    opened = demonstration_project()
    document = opened.document
    if arguments.save:
        save_project(document, opened.media, arguments.save)
        print(f"Saved {arguments.save}")
    plan = plan_export(arguments.out / CLIP, frames=document.frames, rate=document.rate)
    renderer = Renderer(make_engine, FrameCache(0))
    shot = Shot(document, opened.read, renderer)
    place = face_window(shot.subject.landmarks)
    cells: list[NDArray[np.uint8]] = []
    progress = terminal_progress()

    def source(frame: int) -> FrameResult:
        result = shot.frame(frame, progress=progress)
        if frame % 6 == 0:
            cells.append(labelled(shrunk(eight_bit(result.pixels), place, (280, 280)), f"frame {frame}"))
        return result

    try:
        report = export(plan, source, progress)
    finally:
        renderer.close()
    rows = [np.hstack(cells[start : start + 6]) for start in range(0, len(cells) - len(cells) % 6, 6)]
    write_photo(image_of(np.vstack(rows)), arguments.out / SHEET)
    print(report.summary())
    print(f"{(arguments.out / SHEET).resolve()}: the contact sheet")
    return 0
