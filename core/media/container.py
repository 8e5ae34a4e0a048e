"""Opening what FFmpeg reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer


def open_container(path: Path) -> InputContainer:
    """The file at `path` for reading; raises `av.FFmpegError`, `OSError` or `ValueError`.

    Files without presentation times (AVI, MPEG program streams) get them made up where that is
    possible; titles that are no UTF-8 do not hinder.
    """
    import av

    return av.open(str(path), options={"fflags": "+genpts"}, metadata_errors="replace")
