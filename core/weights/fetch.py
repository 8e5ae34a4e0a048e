"""One file over HTTP into a folder: resumable, checked, and under its own name only when it is whole.

What has arrived so far is `NAME.part`; beside it `NAME.part.tag` keeps the server's validator (RFC 9110,
13.1.5, If-Range), so that the rest of a changed file is never glued to the beginning of an old one. One
download at a time in a folder: a second one is refused rather than left to write into the same part.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import WeightsMissing
from core.values.progress import Progress
from core.weights.catalogue import Entry
from core.weights.checksum import checksum_of

TIMEOUT = (10.0, 30.0)
"""Seconds to connect and between two pieces."""
_PIECE = 1 << 16
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_AGAIN = "Run the command again: it goes on where it stopped."


def fetch_file(entry: Entry, folder: Path, progress: Progress) -> Path:
    """Download `entry` into `folder` and return its path.

    Raises `WeightsMissing` without a network, for a missing or changed file, a full disk or a folder that
    cannot be written; `Cancelled` when `progress` says so.
    """
    target = folder / entry.file
    part = target.with_name(target.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder, entry):
            _download(entry, part, progress)
            _check(entry, part, progress)
            os.replace(part, target)
            _tag(part).unlink(missing_ok=True)
    except OSError as error:
        if error.errno in _FULL:
            raise _no_room(entry, folder) from error
        raise WeightsMissing(
            f"The weights '{entry.name}' cannot be written to {folder} ({error.strerror or error})",
            "Choose another folder with the environment variable FACEKEY_WEIGHTS.",
        ) from error
    return target


def _download(entry: Entry, part: Path, progress: Progress) -> None:
    """Bring `part` to its whole length."""
    import requests

    have = part.stat().st_size if part.is_file() else 0
    if entry.size is not None and have > entry.size:
        part.unlink()
        have = 0
    if entry.size is not None and have == entry.size:
        return
    try:
        with _ask(entry, part, have) as response:
            if response.status_code == 416:  # no more to give: the part is whole, or of another file
                total = response.headers.get("Content-Range", "").rpartition("/")[2]
                if total != str(have):
                    part.unlink()
                    raise WeightsMissing(f"The download of '{entry.name}' had changed on its server", _AGAIN)
                return
            _receive(entry, part, have, response, progress)
    except requests.HTTPError as error:
        raise WeightsMissing(
            f"{entry.url} answers {error.response.status_code} {error.response.reason}",
            f"The file may have moved: look at {entry.source}.",
        ) from error
    except requests.RequestException as error:
        raise WeightsMissing(
            f"The download of '{entry.name}' stopped ({_reason(error)})", f"Check the network. {_AGAIN}"
        ) from error


def _ask(entry: Entry, part: Path, have: int) -> Any:
    """The open response: from byte `have` on if there is a part and its file has not changed since."""
    import requests

    headers = {"Accept-Encoding": "identity"}
    tag = _tag(part)
    if have and tag.is_file():
        headers |= {"Range": f"bytes={have}-", "If-Range": tag.read_text("utf-8")}
    response = requests.get(str(entry.url), headers=headers, stream=True, timeout=TIMEOUT)
    if response.status_code != 416:
        try:
            response.raise_for_status()
        except requests.HTTPError:
            response.close()
            raise
    return response


def _receive(entry: Entry, part: Path, have: int, response: Any, progress: Progress) -> None:
    import requests

    start = have if response.status_code == 206 and _range_start(response) == have else 0
    if response.status_code == 206 and start != have:
        raise requests.RequestException("the server sent another part than was asked for")
    length = response.headers.get("Content-Length")
    total = start + int(length) if length else entry.size or 0
    if total and shutil.disk_usage(part.parent).free < total - start:
        raise _no_room(entry, part.parent)
    validator = response.headers.get("ETag", response.headers.get("Last-Modified", ""))
    if validator and not validator.startswith("W/"):
        _tag(part).write_text(validator, "utf-8")
    else:
        _tag(part).unlink(missing_ok=True)
    done = start
    with part.open("r+b" if start else "wb") as file:
        file.seek(start)
        for piece in response.iter_content(_PIECE):
            file.write(piece)
            done += len(piece)
            progress.report(done, max(total, done), f"fetching {entry.name}")
        file.flush()
        os.fsync(file.fileno())
    if done < total:
        raise requests.ConnectionError("the connection broke off")


def _check(entry: Entry, part: Path, progress: Progress) -> None:
    digest = checksum_of(part, progress, f"verifying {entry.name}")
    size = part.stat().st_size
    right_size = entry.size is None or size == entry.size
    if right_size and (entry.sha256 is None or digest.startswith(entry.sha256)):
        return
    part.unlink()
    _tag(part).unlink(missing_ok=True)
    raise WeightsMissing(
        f"What came for '{entry.name}' is not the file that was expected ({size} bytes, SHA-256 {digest[:16]}...)",
        f"It was deleted. Try again from another network, or look at {entry.source}.",
    )


@contextmanager
def _only_one(folder: Path, entry: Entry) -> Iterator[None]:
    """Hold the folder's lock, which the system drops when the process ends however it ends."""
    with (folder / ".lock").open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            raise WeightsMissing(
                f"Another Facekey is fetching weights into {folder}, so '{entry.name}' was not started",
                "Wait until it is done and run the command again.",
            ) from error
        yield


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _no_room(entry: Entry, folder: Path) -> WeightsMissing:
    need = f" ({entry.size / 1e6:.0f} MB)" if entry.size else ""
    return WeightsMissing(
        f"The disk is too full for '{entry.name}'{need} in {folder}",
        "Make room, or choose another folder with the environment variable FACEKEY_WEIGHTS.",
    )


def _range_start(response: Any) -> int:
    """'bytes 100-199/200' -> 100; -1 if it says nothing."""
    start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(start) if start.isdigit() else -1


def _reason(error: Exception) -> str:
    """The innermost cause, which is what a person can do something about."""
    while error.__cause__ is not None or error.__context__ is not None:
        cause = error.__cause__ or error.__context__
        if not isinstance(cause, Exception):
            break
        error = cause
    return str(error) or type(error).__name__


def _tag(part: Path) -> Path:
    return part.with_name(part.name + ".tag")
