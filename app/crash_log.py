"""A file for each error that nobody foresaw, so that a report of it says more than its last line."""

from __future__ import annotations

import contextlib
import os
import platform
import shlex
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from core.folders import log_folder

_KEPT = 20


def write_crash_log(error: BaseException, argv: Sequence[str]) -> Path | None:
    """Write the traceback of `error` with what was asked for and where; None where no file can be written.

    The newest twenty are kept.
    """
    moment = datetime.now().astimezone()
    lines = [
        f"{moment.isoformat(timespec='seconds')}  facekey {installed_version()}",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"facekey {shlex.join(argv)}",
        f"in {_working_folder()}",
        "",
        *traceback.format_exception(error),
    ]
    folder = log_folder()
    path = folder / f"crash-{moment:%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8", errors="backslashreplace")
    except OSError:
        return None
    with contextlib.suppress(OSError):
        for old in sorted(folder.glob("crash-*.txt"))[:-_KEPT]:
            old.unlink(missing_ok=True)
    return path


def crash_message(error: Exception, log: Path | None) -> str:
    """What the person at the terminal reads."""
    what = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1][:300]
    kept = f"The details are in '{log}'; please add that file to" if log else "Please add the lines above to"
    return (
        f"Something went wrong inside Facekey ({what}).\n"
        f"This is a bug of Facekey, not a mistake of yours. {kept} a report of it."
    )


def installed_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # Ctrl-C is not yet heard while this module loads

    try:
        return version("facekey")
    except PackageNotFoundError:
        return "(not installed)"


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return "a folder that is gone"
