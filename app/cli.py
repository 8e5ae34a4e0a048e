"""The command line: `facekey COMMAND ...`. Imports no Qt.

Exit codes: 0 done, 1 a `UserError` (one line and its remedy on stderr), 2 wrong usage, 130 stopped
by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pkgutil import iter_modules
from types import ModuleType

import app.commands
from core.errors import Cancelled, UserError


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="facekey", description="Animate a face from one photo, at the photo's own resolution."
    )
    parser.add_argument("--version", action="version", version=f"facekey {_version()}")
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
    arguments = build_parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UserError as error:
        print(f"facekey: {error.message}.\n{error.remedy}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Cancelled):
        print("facekey: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough, as in `facekey channels | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _version() -> str:
    try:
        return version("facekey")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
