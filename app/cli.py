"""The command line: `facekey COMMAND ...`. Imports no Qt.

Exit codes: 0 done, 1 a `UserError` (one line and its remedy on stderr) or an error of Facekey itself (with
the place of its log), 2 wrong usage, 130 stopped by Ctrl-C (143 by SIGTERM, 129 by a closed terminal). With
FACEKEY_DEBUG set, errors of Facekey itself are raised instead.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pkgutil import iter_modules
from types import ModuleType

import app.commands
from app.crash_log import crash_message, installed_version, write_crash_log
from app.interruption import one_interruption
from core.errors import Cancelled, UserError

_OF_THE_MACHINE = {
    errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENAMETOOLONG,
    errno.EMFILE, errno.ENFILE, errno.ENOMEM,
}  # fmt: skip
"""Refusals of the system that no command foresaw and that are no bug either."""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="facekey", description="Animate a face from one photo, at the photo's own resolution."
    )
    parser.add_argument("--version", action="version", version=f"facekey {installed_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in find_commands():
        sub = commands.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def find_commands() -> list[ModuleType]:
    """The modules of `app.commands` that are commands (have a `NAME`), by their `ORDER`, then by name.

    `ORDER` is optional; commands that make something stand before those that tell something.
    """
    names = [entry.name for entry in iter_modules(app.commands.__path__)]
    modules = [import_module(f"app.commands.{name}") for name in names]
    commands = [module for module in modules if hasattr(module, "NAME")]
    return sorted(commands, key=lambda module: (getattr(module, "ORDER", 50), module.NAME))


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack the letters of a file's name
            stream.reconfigure(errors="backslashreplace")
    with one_interruption(last=argv is None) as wish:
        try:
            arguments = build_parser().parse_args(words)
            code = int(arguments.run(arguments))
            sys.stdout.flush()
            return code
        except BaseException as error:
            # A library may turn the interruption of its callback into an error of its own.
            if wish.number is not None or isinstance(error, KeyboardInterrupt | Cancelled):
                print("facekey: stopped", file=sys.stderr)
                return wish.code
            if not isinstance(error, Exception):
                raise
            return _told(error, words)


def _told(error: Exception, words: list[str]) -> int:
    """Say what went wrong -> the exit code. Raises `error` when it is a mistake of ours and FACEKEY_DEBUG is set."""
    if isinstance(error, UserError):
        return _failed(f"{error.message}.\n{error.remedy}")
    if isinstance(error, BrokenPipeError):  # whoever read our output has seen enough, as in `facekey channels | head`
        _discard_output()
        return 1
    if isinstance(error, MemoryError):
        return _failed("There is not enough memory.\nClose other programs, or take a smaller picture or size.")
    if os.environ.get("FACEKEY_DEBUG"):
        raise error
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        _discard_output()
        return _failed(_machine_message(error))
    log = write_crash_log(error, words)
    if log is None:
        traceback.print_exception(error)
    return _failed(crash_message(error, log))


def _failed(message: str) -> int:
    print(f"facekey: {message}", file=sys.stderr)
    return 1


def _machine_message(error: OSError) -> str:
    where = f"'{error.filename}' cannot be used" if error.filename else "The system refused"
    return f"{where} ({error.strerror}).\nCheck the disk's room, the rights and the names of files and folders."


def _discard_output() -> None:
    """What could not be written to stdout would be tried again at exit, and fail again."""
    with suppress(OSError, ValueError):  # ValueError: a stream without a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
