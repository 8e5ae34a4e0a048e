"""Zip archives read with limits and written atomically."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from time import time
from typing import BinaryIO

from core.errors import ProjectError

MOST_MEMBERS = 20_000
LARGEST_MEMBER = 2**31
LARGEST_TOTAL = 2**32
BOMB_TOTAL, BOMB_RATIO = 2**28, 200
"""An archive that unpacks to more than 256 MiB and 200 times its own size is no project."""

_STALE = 3600.0
_EPOCH = (1980, 1, 1, 0, 0, 0)
_BACKUP = "Open an autosaved copy or a backup of the project."


@dataclass(frozen=True, slots=True)
class Member:
    """A file to be put into an archive; media are not worth packing again."""

    name: str
    data: bytes
    packed: bool = True


def read_archive(path: Path, legal: re.Pattern[str]) -> dict[str, bytes]:
    """All files in the archive at `path`, by name.

    Raises `ProjectError` when it cannot be read, is damaged, would unpack to too much, or holds a name
    that climbs out of the archive or does not match `legal`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check(path, infos, legal)
            return {info.filename: archive.read(info) for info in infos}
    except FileNotFoundError:
        raise ProjectError(f"'{path}' does not exist", "Check the name and the folder.") from None
    except IsADirectoryError:
        raise ProjectError(f"'{path}' is a folder", "Choose a .facekey file inside it.") from None
    except PermissionError:
        raise ProjectError(f"'{path}' may not be read", "Give yourself the right to read it.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise ProjectError(f"'{path.name}' is damaged, cut short or no project ({error})", _BACKUP) from error
    except OSError as error:
        raise ProjectError(f"'{path.name}' cannot be read ({error})", "Check the disk, or copy the file.") from error


def _check(path: Path, infos: list[zipfile.ZipInfo], legal: re.Pattern[str]) -> None:
    names = [info.filename for info in infos]
    for info in infos:
        # orig_filename is the name as it stands in the archive; zipfile cuts and converts the other.
        parts = re.split(r"[/\\]", info.orig_filename)
        if ".." in parts or parts[0] == "" or ":" in parts[0] or "\0" in info.orig_filename:
            raise ProjectError(
                f"'{path.name}' holds {info.orig_filename!a}, a path that climbs out of it",
                "Do not open this file; ask whoever sent it.",
            )
        if info.flag_bits & 1:
            raise ProjectError(f"'{path.name}' is encrypted", "Unpack it and save it without a password.")
        if not legal.fullmatch(info.filename):
            raise ProjectError(f"'{path.name}' holds {info.filename!a}, which no project has", _BACKUP)
    if len(set(names)) < len(names):
        raise ProjectError(f"'{path.name}' holds a file twice", _BACKUP)
    total = sum(info.file_size for info in infos)
    bomb = total > BOMB_TOTAL and total > BOMB_RATIO * max(path.stat().st_size, 1)
    too_large = total > LARGEST_TOTAL or any(info.file_size > LARGEST_MEMBER for info in infos)
    if bomb or too_large or len(infos) > MOST_MEMBERS:
        raise ProjectError(
            f"'{path.name}' would unpack to {total / 2**30:.1f} GiB in {len(infos)} files",
            "It is no ordinary project; ask whoever sent it.",
        )


def write_archive(path: Path, members: Iterable[Member]) -> None:
    """Write an archive to `path`, whole or not at all; equal members give equal bytes.

    Raises `ProjectError` when it cannot be written; what was at `path` is then untouched.
    """

    def write(stream: BinaryIO) -> None:
        with zipfile.ZipFile(stream, "w") as archive:
            for member in members:
                info = zipfile.ZipInfo(member.name, _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED if member.packed else zipfile.ZIP_STORED
                info.external_attr = 0o644 << 16
                archive.writestr(info, member.data, compresslevel=4)

    write_atomically(path, write)


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Let `write` fill a temporary file beside `path`, bring it to the disk, then give it the name.

    Raises `ProjectError` when that fails; what was at `path` is then untouched.
    """
    with _told_as_project_error(path):
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "w+b") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
        _sync_folder(path.parent)
        _sweep(path)


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """`write_atomically` for what is at hand."""

    def write(stream: BinaryIO) -> None:
        stream.write(data)

    write_atomically(path, write)


@contextmanager
def _told_as_project_error(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ProjectError(f"The folder '{path.parent}' does not exist", "Make it, or save elsewhere.") from None
    except PermissionError:
        raise ProjectError(f"'{path}' may not be written", "Save to a folder of your own.") from None
    except OSError as error:
        raise ProjectError(
            f"'{path}' could not be written ({error.strerror or error})", "Free some space or save to another disk."
        ) from error


def _sync_folder(folder: Path) -> None:
    """Bring the new name itself to the disk; Windows has no such call."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(path: Path) -> None:
    """Remove what killed sessions left half written beside `path`; a living one takes no hour to save."""
    for scrap in path.parent.glob(f".{escape(path.name)}.*.part"):
        with contextlib.suppress(OSError):
            if time() - scrap.stat().st_mtime > _STALE:
                scrap.unlink()


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
