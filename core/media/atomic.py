"""Files that appear under their name whole, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ExportError


@contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """A hidden name beside `path` to write to; on leaving it becomes `path`, after an error it is removed.

    The name keeps the extension, by which some writers choose their format.
    """
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield part
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step. Raises `ExportError`."""
    try:
        with part_of(path) as part, part.open("xb") as stream:
            stream.write(content)
    except OSError as error:
        raise ExportError(
            f"'{path}' cannot be written ({error.strerror or error})",
            "Check that the folder exists, that you may write there and that the disk has room.",
        ) from error
