"""The loop of an export: one frame asked for, one written, nothing kept."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from core.errors import ExportError
from core.export.picture import FrameLike, Opaque
from core.export.plan import ExportPlan, existing_folder
from core.values.image import Pixels
from core.values.progress import Progress

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """`written` and `kept` frames (kept: already there when resuming), the first file's path, the sum of
    the bytes of all files, `seconds` in all, and the plan's notes."""

    path: Path
    written: int
    kept: int
    bytes: int
    seconds: float
    notes: tuple[str, ...]

    @property
    def frames_per_second(self) -> float:
        return self.written / self.seconds if self.seconds else 0.0

    def to_json(self) -> dict[str, object]:
        """The report as plain values, for `--json`."""
        return {
            "path": str(self.path),
            "written": self.written,
            "kept": self.kept,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "frames_per_second": round(self.frames_per_second, 2),
            "notes": list(self.notes),
        }

    def summary(self) -> str:
        """One line for the person at the terminal."""
        kept = f", {self.kept} kept" if self.kept else ""
        frames = "1 frame" if self.written == 1 else f"{self.written} frames"
        return f"{self.path}: {frames}{kept}, {self.bytes / 1e6:.1f} MB, {self.seconds:.1f} s"


def export(
    plan: ExportPlan, frame_source: Callable[[int], FrameLike | Pixels], progress: Progress | None = None
) -> ExportReport:
    """Write what `plan` says, asking `frame_source` for each frame number once, in order.

    A frame is pixels alone or anything with `pixels` and `alpha`.

    The result replaces what was there when it is whole. On an error or `Cancelled` nothing is left
    behind, but for the finished frames of a sequence. Raises `UserError`s, `Cancelled`, and whatever
    `frame_source` raises.
    """
    progress = progress or Progress()
    started = perf_counter()
    written: list[int] = []
    kept: list[int] = []
    total = len(plan.frames)
    with _told(plan, written), _folder_for(plan.out):
        progress.report(0, total, "Exporting")
        with plan.entry.open(plan) as writer:
            for done, frame in enumerate(plan.frames, start=1):
                if writer.wanted(frame):
                    picture = frame_source(frame)
                    writer.write(frame, Opaque(picture) if isinstance(picture, np.ndarray) else picture)
                    written.append(frame)
                else:
                    kept.append(frame)
                progress.report(done, total, "Exporting")
    paths = {plan.path_of(frame) for frame in plan.frames}
    return ExportReport(
        path=plan.path_of(plan.frames.first),
        written=len(written),
        kept=len(kept),
        bytes=sum(path.stat().st_size for path in paths),
        seconds=perf_counter() - started,
        notes=plan.notes,
    )


@contextmanager
def _folder_for(out: Path) -> Iterator[None]:
    """The folders above `out`, made if missing; those made here go again if the export leaves them empty."""
    base = existing_folder(out)
    missing = [folder for folder in out.parents if folder != base and base in folder.parents]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for folder in missing:
            if any(folder.iterdir()):
                break
            folder.rmdir()
        raise


@contextmanager
def _told(plan: ExportPlan, written: list[int]) -> Iterator[None]:
    """Errors of the disk in the words of the person who exports."""
    try:
        yield
    except OSError as error:
        name = plan.path_of(written[-1] if written else plan.frames.first).name
        if plan.is_sequence and written:
            kept = f"The frames up to '{name}' are whole and kept; resume the export to go on."
        else:
            kept = "Nothing was changed."
        if error.errno in _FULL:
            raise ExportError(f"The disk is full at '{plan.out.parent}'", f"Make room on it. {kept}") from error
        raise ExportError(
            f"'{plan.out}' cannot be written ({error.strerror or error})",
            f"Check the folder, its rights and the disk. {kept}",
        ) from error
