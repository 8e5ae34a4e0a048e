"""Channels, curves, frames and sizes as they are written on a command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from math import ceil

from core.document.channels import EMOTIONS, channel
from core.document.document import Document
from core.document.edits.keys import put_keys
from core.document.edits.layers import add_layer, next_layer_id, set_blend
from core.document.layers import Blend
from core.document.tracks import Key
from core.errors import ChannelError, UserError
from core.values.time import LAST_FRAME, FrameRange

Curves = dict[str, list[tuple[float, float]]]


def add_controls(parser: argparse.ArgumentParser) -> None:
    """`--set`, `--curve` and `--emotion`, each as often as wanted."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="CHANNEL=VALUE", dest="settings",
        help="hold a channel at a value, for instance jawOpen=0.4 ('facekey channels' lists them)",
    )  # fmt: skip
    parser.add_argument(
        "--curve", action="append", default=[], metavar="CHANNEL=FRAME:VALUE,...", dest="curves",
        help="key a channel, for instance head.yaw=0:0,24:15,48:0",
    )  # fmt: skip
    parser.add_argument(
        "--emotion", action="append", default=[], metavar="NAME=DEGREE", dest="emotions",
        help=f"hold an emotion at a degree from 0 to 1: {', '.join(EMOTIONS)}",
    )  # fmt: skip


def read_controls(arguments: argparse.Namespace) -> Curves:
    """The keys that `--set`, `--curve` and `--emotion` ask for, by channel. Raises `UserError`."""
    curves: Curves = {name: [(0.0, value)] for name, value in read_settings(arguments.settings).items()}
    for text in arguments.emotions:
        name, value = _pair(text, "--emotion", "happy=0.7")
        if name not in EMOTIONS:
            raise ChannelError(f"There is no emotion called '{name}'", f"Choose one of: {', '.join(EMOTIONS)}.")
        curves[f"emotion.{name}"] = [(0.0, _number(value, text))]
    for text in arguments.curves:
        name, points = _pair(text, "--curve", "head.yaw=0:0,24:15")
        curves[channel(name).name] = [_point(point, text) for point in points.split(",")]
    return curves


def clamping_notes(curves: Curves) -> list[str]:
    """What to say of values beyond their channel's range, which count as its end."""
    notes = []
    for name, points in curves.items():
        entry = channel(name)
        beyond = [value for _, value in points if value != entry.clamp(value)]
        if beyond:
            notes.append(f"{name} goes from {entry.low:g} to {entry.high:g}; {beyond[0]:g} counts as the end of that.")
    return notes


def read_settings(texts: Iterable[str]) -> dict[str, float]:
    """['jawOpen=0.4', ...] -> {'jawOpen': 0.4, ...}. Raises `UserError`."""
    settings = {}
    for text in texts:
        name, value = _pair(text, "--set", "jawOpen=0.4")
        settings[channel(name).name] = _number(value, text)
    return settings


def with_controls(document: Document, curves: Curves, *, own_layer: bool) -> Document:
    """`document` with `curves` keyed: on its first layer, or on a layer of their own that overrides the others."""
    if not curves:
        return document
    target = document.layers[0].id
    if own_layer:
        target = next_layer_id(document)
        document = set_blend(add_layer(document, "Command line"), target, Blend.OVERRIDE)
    for name, points in curves.items():
        document = put_keys(document, target, name, [Key(frame, value) for frame, value in points])
    return document


def last_key(curves: Curves) -> int:
    """The frame on or after the last key of `curves`, 0 at least."""
    return ceil(max((0.0, *(frame for points in curves.values() for frame, _ in points))))


def parse_frames(text: str) -> FrameRange:
    """'0-48' or '12'. Raises `UserError`."""
    match = re.fullmatch(r"\s*(-?\d+)(?:\s*(?:-|\.\.|:)\s*(-?\d+))?\s*", text)
    if match is None:
        raise UserError(f"'{text}' is no range of frames", "Write it as 0-48, or as one frame.")
    return FrameRange(int(match[1]), int(match[2] or match[1]))


def parse_size(text: str) -> tuple[int, int]:
    """'1920x1080' -> (1920, 1080). Raises `UserError`."""
    match = re.fullmatch(r"\s*(\d+)\s*[x×]\s*(\d+)\s*", text, re.IGNORECASE)
    if match is None or not int(match[1]) or not int(match[2]):
        raise UserError(f"'{text}' is no picture size", "Write it as WIDTHxHEIGHT, for instance 1920x1080.")
    return int(match[1]), int(match[2])


def at_least(low: int) -> Callable[[str], int]:
    """For argparse: whole numbers from `low` on."""

    def number(text: str) -> int:
        value = int(text)
        if value < low:
            raise ValueError
        return value

    number.__name__ = f"whole number from {low} on,"
    return number


def parse_weights(texts: Iterable[str]) -> dict[str, float]:
    """['mouth=0.5', ...] -> {'mouth': 0.5, ...}. Raises `UserError`."""
    return {
        name: _number(value, f"{name}={value}") for name, value in (_pair(t, "--weight", "mouth=0.5") for t in texts)
    }


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise UserError(f"'{text}' is not what {option} takes", f"Write it as {option} {example}.")
    return name.strip(), value.strip()


def _point(text: str, whole: str) -> tuple[float, float]:
    frame, colon, value = text.partition(":")
    if not colon:
        raise UserError(f"'{text}' in '{whole}' is no key", "Write keys as FRAME:VALUE with commas between them.")
    number = _number(frame, whole)
    if abs(number) > LAST_FRAME:
        raise UserError(f"Frame {frame} in '{whole}' is out of bounds", f"Frame numbers go up to {LAST_FRAME}.")
    return number, _number(value, whole)


def _number(text: str, whole: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) < float("inf"):
        raise UserError(f"'{text}' in '{whole}' is not a number", "Write numbers as 0.4 or -12.")
    return number
