"""The document: everything that the artist edits, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from core.document.layers import Keys, Layer
from core.document.portraits import Portrait
from core.errors import UserError
from core.values.time import FrameRange

VERSION = 2
"""Of the document's layout; every change of it raises the number and adds a migration."""


@dataclass(frozen=True, slots=True)
class Marker:
    frame: int
    label: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class AudioClip:
    """Sound on the timeline, linked. offset: document frame at which it starts. digest: of the file."""

    id: str
    name: str
    path: str
    digest: str
    offset: float = 0.0
    gain: float = 1.0
    mute: bool = False


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """How the artist exported last. size: (width, height), None for the photo's own. pattern: a file
    name, '####' stands for the frame. provenance: whether a manifest is written.
    """

    format: str = "h264"
    pattern: str = ""
    size: tuple[int, int] | None = None
    alpha: bool = False
    provenance: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """rate: frames per second. frames: what is exported. work_area: what is looped, None for all of it.
    active: id of the portrait that the layers move. layers: bottom to top. engine: a name of the
    registry, engine_settings: its own settings by name.
    """

    version: int = VERSION
    rate: Fraction = Fraction(24)
    frames: FrameRange = field(default_factory=lambda: FrameRange(0, 95))
    work_area: FrameRange | None = None
    portraits: tuple[Portrait, ...] = ()
    active: str = ""
    layers: tuple[Layer, ...] = ()
    audio: tuple[AudioClip, ...] = ()
    markers: tuple[Marker, ...] = ()
    engine: str = "mesh"
    engine_settings: tuple[tuple[str, bool | int | float | str], ...] = ()
    export: ExportSettings = ExportSettings()

    @property
    def portrait(self) -> Portrait | None:
        """The active portrait, None in a document without any."""
        return next((portrait for portrait in self.portraits if portrait.id == self.active), None)

    def layer(self, layer_id: str) -> Layer:
        """Raises `UserError` when there is none."""
        for layer in self.layers:
            if layer.id == layer_id:
                return layer
        names = ", ".join(layer.id for layer in self.layers) or "none"
        raise UserError(f"There is no layer '{layer_id}'", f"The document's layers are: {names}.")


def new_document(rate: Fraction = Fraction(24), frames: FrameRange | None = None) -> Document:
    """An empty document with one layer of keys, 'layer1'."""
    layer = Layer("layer1", "Keys", Keys())
    return Document(rate=rate, frames=frames or FrameRange(0, 95), layers=(layer,))
