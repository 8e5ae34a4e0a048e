"""`facekey bench`: the budgets, measured on this machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.commands.output import require_place

NAME = "bench"
HELP = "measure speed and memory against the budgets, or compare two runs"
ORDER = 70


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only these (all unless given)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures for a machine to read")
    parser.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("BEFORE", "AFTER"),
        help="ratios between two such files; measures nothing",
    )


def run(arguments: argparse.Namespace) -> int:
    from core.bench.cases import CASES
    from core.bench.machine import describe_machine
    from core.bench.report import Result, comparison, from_json, table, to_json
    from core.errors import UserError
    from core.media.atomic import write_whole

    if arguments.compare:
        before, after = (from_json(path)[0] for path in arguments.compare)
        print(comparison(before, after))
        return 0
    unknown = sorted(set(arguments.cases) - set(CASES))
    if unknown:
        raise UserError(f"There is no benchmark called '{unknown[0]}'", f"Choose from: {', '.join(CASES)}.")
    if arguments.json is not None:
        require_place(arguments.json)
    results: list[Result] = []
    for name, case in CASES.items():
        if not arguments.cases or name in arguments.cases:
            print(f"{name} ...", file=sys.stderr)
            results += case()
    machine = describe_machine()
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print(table(results))
    if arguments.json is not None:
        write_whole(arguments.json, to_json(results, machine).encode())
    return 0
