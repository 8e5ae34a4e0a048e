"""`facekey models`: which trained numbers are here, and getting those that are not."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.weights.store import State, WeightsStore

NAME = "models"
HELP = "list, fetch and verify trained weights"
ORDER = 80


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="list|fetch|verify", required=True)
    listing = actions.add_parser("list", help="what there is, what it is for, under which licence")
    fetching = actions.add_parser("fetch", help="download weights; goes on with a download that stopped")
    fetching.add_argument("names", nargs="+", metavar="NAME")
    verifying = actions.add_parser("verify", help="compare weights with their checksums")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="default: all that are here")
    for action in (listing, fetching, verifying):
        action.add_argument("--json", action="store_true", help="for a machine to read")


def run(arguments: argparse.Namespace) -> int:
    from core.weights.store import default_store

    store = default_store()
    if arguments.action == "list":
        return _list(store, arguments.json)
    if arguments.action == "fetch":
        return _fetch(store, arguments.names, arguments.json)
    return _verify(store, arguments.names, arguments.json)


def _list(store: WeightsStore, as_json: bool) -> int:
    if as_json:
        print(json.dumps([_described(store, name, store.state(name)) for name in store.catalogue], indent=1))
        return 0
    for name, entry in store.catalogue.items():
        size = f", {entry.size / 1e6:.0f} MB" if entry.size else ""
        print(f"{name:22} {store.state(name):9} {entry.title}{size}: {entry.purpose}")
        print(f"{'':32} {entry.licence}")
    return 0


def _fetch(store: WeightsStore, names: list[str], as_json: bool) -> int:
    from app.commands.console import terminal_progress
    from core.weights.catalogue import entry_named

    for name in names:  # a misspelt name is told before the first long download
        entry_named(name, store.catalogue)
    paths = {}
    for name in names:
        paths[name] = str(store.fetch(name, terminal_progress(quiet=as_json)))
        if not as_json:
            print(f"{name}: {paths[name]}")
    if as_json:
        print(json.dumps(paths, indent=1))
    return 0


def _verify(store: WeightsStore, names: list[str], as_json: bool) -> int:
    from app.commands.console import terminal_progress
    from core.weights.store import State

    asked = names or [name for name in store.catalogue if store.state(name) is not State.MISSING]
    states = {name: store.verify(name, terminal_progress(quiet=as_json)) for name in asked}
    if as_json:
        print(json.dumps([_described(store, name, state) for name, state in states.items()], indent=1))
    else:
        for name, state in states.items():
            print(f"{name:22} {state}")
    return 1 if {State.DAMAGED, State.MISSING} & set(states.values()) else 0


def _described(store: WeightsStore, name: str, state: State) -> dict[str, object]:
    path = store.find(name)
    return asdict(store.catalogue[name]) | {"state": str(state), "path": str(path) if path else None}
