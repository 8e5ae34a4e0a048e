"""`facekey channels`: every control by name."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

NAME = "channels"
HELP = "list every channel with its range"
ORDER = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def run(arguments: argparse.Namespace) -> int:
    from core.document.channels import CHANNELS

    if arguments.json:
        print(json.dumps([asdict(channel) for channel in CHANNELS], indent=1))
        return 0
    for channel in CHANNELS:
        unit = f" {channel.unit}" if channel.unit else ""
        action = f"AU {channel.action_unit}" if channel.action_unit else ""
        limits = f"{channel.low:g} to {channel.high:g}{unit}"
        print(f"{channel.name:30} {limits:22} {channel.default:g}   {channel.label:32} {action}".rstrip())
    print("landmark.0.x ... landmark.477.y   -2 to 2 eye distances")
    return 0
