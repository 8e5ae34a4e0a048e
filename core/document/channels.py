"""Every control of a face: one table of channels with fixed names, ranges and mirror partners.

A channel's name is what stands in projects, on the command line and in scripts; it never changes.
Shapes keep ARKit's own names (`jawOpen`), everything else is `group.thing`. Left and right are the
subject's own. Values may leave a channel's range in the document; they are clamped where a face
state is made.

Signs: yaw turns the face towards the subject's left (the picture's right), pitch lifts the chin,
roll tips the crown towards the subject's left (clockwise in the picture). Gaze has the same signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

from core.errors import ChannelError


class Group(StrEnum):
    HEAD = "head"
    BROWS = "brows"
    EYES = "eyes"
    NOSE = "nose"
    MOUTH = "mouth"
    JAW = "jaw"
    EMOTIONS = "emotions"
    LANDMARKS = "landmarks"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Channel:
    """`low` and `high` bound what an engine is given; `unit` is '', 'deg', 'face widths' or 'eye distances'."""

    name: str
    label: str
    group: Group
    low: float
    high: float
    default: float = 0.0
    unit: str = ""
    mirror: str = ""
    action_unit: str = ""

    def clamp(self, value: float) -> float:
        return min(max(value, self.low), self.high)


SHAPES: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose",
    "mouthFunnel", "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The 52 ARKit shapes in the order of a Live Link Face CSV."""

EMOTIONS: tuple[str, ...] = ("happy", "sad", "surprised", "angry", "afraid", "disgusted", "contemptuous")

_ACTION_UNITS = {
    "browInnerUp": "1", "browOuterUp": "2", "browDown": "4", "eyeWide": "5", "cheekSquint": "6", "eyeSquint": "7",
    "noseSneer": "9", "mouthUpperUp": "10", "mouthSmile": "12", "mouthDimple": "14", "mouthFrown": "15",
    "mouthLowerDown": "16", "mouthShrugLower": "17", "mouthPucker": "18", "mouthStretch": "20", "mouthFunnel": "22",
    "mouthPress": "24", "jawOpen": "26", "mouthRoll": "28", "jawForward": "29", "jaw": "30", "cheekPuff": "34",
    "eyeBlink": "45", "eyeLookOut": "61", "eyeLookIn": "62", "eyeLookUp": "63", "eyeLookDown": "64", "tongueOut": "19",
}  # fmt: skip
_SHAPE_GROUPS = (("brow", Group.BROWS), ("eye", Group.EYES), ("cheek", Group.NOSE), ("nose", Group.NOSE),
                 ("jaw", Group.JAW), ("mouth", Group.MOUTH), ("tongue", Group.MOUTH))  # fmt: skip


def swap_sides(name: str) -> str:
    """'mouthSmileLeft' -> 'mouthSmileRight', 'gaze.left.yaw' -> 'gaze.right.yaw', others unchanged."""
    if ".left" in name or ".right" in name:
        return name.replace(".left", ".#").replace(".right", ".left").replace(".#", ".right")
    return name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")


def _words(name: str) -> str:
    """'mouthUpperUpLeft' -> 'Mouth upper up, left'."""
    stem, _, side = name.partition("Left") if name.endswith("Left") else name.partition("Right")
    side = name[len(stem) :].lower()
    words = re.sub(r"([A-Z])", r" \1", stem).lower().capitalize()
    return f"{words}, {side}" if side and stem not in ("jaw", "mouth") else f"{words} {side}".strip()


def _shape(name: str) -> Channel:
    stem = re.sub(r"(Left|Right)$", "", name)
    unit = _ACTION_UNITS.get(stem) or _ACTION_UNITS.get(re.sub(r"(Lower|Upper)$", "", stem), "")
    group = next(group for start, group in _SHAPE_GROUPS if name.startswith(start))
    mirror = swap_sides(name)
    return Channel(name, _words(name), group, 0.0, 1.0, mirror=mirror, action_unit=unit)


_BALANCE = {"contemptuous": -1.0}
"""Contempt shows on one side, by default the subject's right."""


def _fixed() -> tuple[Channel, ...]:
    head = (
        Channel("head.yaw", "Head yaw", Group.HEAD, -60, 60, unit="deg"),
        Channel("head.pitch", "Head pitch", Group.HEAD, -45, 45, unit="deg"),
        Channel("head.roll", "Head roll", Group.HEAD, -60, 60, unit="deg"),
        Channel("head.x", "Head right", Group.HEAD, -1, 1, unit="face widths"),
        Channel("head.y", "Head down", Group.HEAD, -1, 1, unit="face widths"),
        Channel("head.scale", "Head scale", Group.HEAD, 0.5, 2, default=1.0),
    )
    gaze = tuple(
        Channel(f"gaze.{side}.{axis}", f"Gaze {axis}, {side}", Group.EYES, -limit, limit, unit="deg",
                mirror=f"gaze.{swap_sides('.' + side)[1:]}.{axis}")
        for side in ("left", "right") for axis, limit in (("yaw", 35), ("pitch", 30))
    )  # fmt: skip
    emotions = tuple(
        channel for name in EMOTIONS for channel in (
            Channel(f"emotion.{name}", name.capitalize(), Group.EMOTIONS, 0, 1),
            Channel(f"emotion.{name}.balance", f"{name.capitalize()} balance", Group.EMOTIONS, -1, 1,
                    default=_BALANCE.get(name, 0.0)),
        )
    )  # fmt: skip
    look = (
        Channel("look.neutralise", "Neutralise the photo", Group.LOOK, 0, 1),
        Channel("look.teeth", "Teeth exposure", Group.LOOK, 0, 2, default=1.0),
        Channel("look.wrinkles", "Wrinkle strength", Group.LOOK, 0, 2, default=1.0),
        Channel("look.shading", "Shading strength", Group.LOOK, 0, 2, default=1.0),
    )
    return head + gaze + tuple(_shape(name) for name in SHAPES) + emotions + look


CHANNELS: tuple[Channel, ...] = _fixed()
"""All channels but the landmarks', in the order of the `values` of a face state."""

INDEX: dict[str, int] = {channel.name: i for i, channel in enumerate(CHANNELS)}
SHAPE_SLICE = slice(INDEX[SHAPES[0]], INDEX[SHAPES[-1]] + 1)
LANDMARKS = 478
_LANDMARK = re.compile(r"landmark\.(0|[1-9]\d{0,2})\.([xy])", re.ASCII)


def landmark_channel_name(landmark: int, axis: str) -> str:
    """(61, 'x') -> 'landmark.61.x'."""
    return f"landmark.{landmark}.{axis}"


def landmark_of(name: str) -> tuple[int, int] | None:
    """'landmark.61.y' -> (61, 1); None for any other channel."""
    match = _LANDMARK.fullmatch(name)
    if match is None or int(match[1]) >= LANDMARKS:
        return None
    return int(match[1]), "xy".index(match[2])


_ODD = re.compile(r"head\.(yaw|roll|x)|gaze\..*\.yaw|emotion\..*\.balance|landmark\..*\.x")


def mirrored(name: str) -> tuple[str, float]:
    """The channel on the other side and the factor, 1 or -1, that a value takes on its way there.

    'mouthSmileLeft' -> ('mouthSmileRight', 1), 'head.yaw' -> ('head.yaw', -1). A landmark goes to its
    partner only through `core.document.landmarks.mirrored_channel`, which knows the partners.
    """
    return swap_sides(name), -1.0 if _ODD.fullmatch(name) else 1.0


@lru_cache(maxsize=4096)
def channel(name: str) -> Channel:
    """The channel called `name`. Raises `ChannelError` with near names."""
    if name in INDEX:
        return CHANNELS[INDEX[name]]
    if landmark_of(name) is not None:
        label = f"Landmark {name.split('.')[1]} {'right' if name.endswith('x') else 'down'}"
        return Channel(name, label, Group.LANDMARKS, -2, 2, unit="eye distances")
    near = get_close_matches(name, INDEX, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else "'facekey channels' lists them all."
    raise ChannelError(f"There is no channel called '{name}'", hint)
