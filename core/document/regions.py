"""Parts of the face that a layer can be weighted by."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from core.document.channels import CHANNELS, Group


class Region(StrEnum):
    BROWS = "brows"
    EYES = "eyes"
    GAZE = "gaze"
    NOSE = "nose"
    MOUTH = "mouth"
    JAW = "jaw"
    HEAD = "head"
    EMOTIONS = "emotions"
    LOOK = "look"


SURFACE = (Region.BROWS, Region.EYES, Region.GAZE, Region.NOSE, Region.MOUTH, Region.JAW)
"""The regions that landmarks belong to, in the order of `landmarks.REGION_SHARES`."""

_BY_GROUP = {
    Group.HEAD: Region.HEAD,
    Group.BROWS: Region.BROWS,
    Group.EYES: Region.EYES,
    Group.NOSE: Region.NOSE,
    Group.MOUTH: Region.MOUTH,
    Group.JAW: Region.JAW,
    Group.EMOTIONS: Region.EMOTIONS,
    Group.LOOK: Region.LOOK,
}


def _region(name: str, group: Group) -> Region:
    return Region.GAZE if name.startswith(("gaze.", "eyeLook")) else _BY_GROUP[group]


CHANNEL_REGIONS: Mapping[str, Region] = MappingProxyType(
    {channel.name: _region(channel.name, channel.group) for channel in CHANNELS}
)
"""The region of every channel but the landmarks', whose shares are in `core.document.landmarks`."""
