"""Layers: add, remove, reorder, and how each is laid over those below."""

from __future__ import annotations

from dataclasses import replace

from core.document.channels import channel
from core.document.document import Document
from core.document.edits.ids import next_id
from core.document.layers import Blend, Keys, Layer, LayerContent
from core.document.regions import Region
from core.errors import UserError


def next_layer_id(document: Document) -> str:
    """The id that the next added layer gets."""
    return next_id("layer", (layer.id for layer in document.layers))


def add_layer(document: Document, name: str, content: LayerContent | None = None, index: int | None = None) -> Document:
    """A new layer, by default of keys and on top, with `next_layer_id(document)` for its id."""
    layer = Layer(next_layer_id(document), name, Keys() if content is None else content)
    place = len(document.layers) if index is None else index
    return replace(document, layers=(*document.layers[:place], layer, *document.layers[place:]))


def remove_layer(document: Document, layer_id: str) -> Document:
    layer = document.layer(layer_id)
    return replace(document, layers=tuple(each for each in document.layers if each is not layer))


def duplicate_layer(document: Document, layer_id: str, name: str) -> Document:
    """A copy right above, with `next_layer_id(document)` for its id."""
    layer = document.layer(layer_id)
    place = document.layers.index(layer) + 1
    copy = replace(layer, id=next_layer_id(document), name=name)
    return replace(document, layers=(*document.layers[:place], copy, *document.layers[place:]))


def move_layer(document: Document, layer_id: str, index: int) -> Document:
    """Bring the layer to place `index`, 0 being the bottom."""
    layer = document.layer(layer_id)
    rest = [each for each in document.layers if each is not layer]
    rest.insert(min(max(index, 0), len(rest)), layer)
    layers = tuple(rest)
    return document if layers == document.layers else replace(document, layers=layers)


def rename_layer(document: Document, layer_id: str, name: str) -> Document:
    return changed(document, layer_id, name=name)


def set_mute(document: Document, layer_id: str, mute: bool) -> Document:
    return changed(document, layer_id, mute=mute)


def set_solo(document: Document, layer_id: str, solo: bool) -> Document:
    return changed(document, layer_id, solo=solo)


def set_locked(document: Document, layer_id: str, locked: bool) -> Document:
    return changed(document, layer_id, locked=locked)


def set_colour(document: Document, layer_id: str, colour: str) -> Document:
    return changed(document, layer_id, colour=colour)


def set_blend(document: Document, layer_id: str, blend: Blend) -> Document:
    return changed(document, layer_id, blend=blend)


def set_content(document: Document, layer_id: str, content: LayerContent) -> Document:
    """Replace what fills the layer, for instance the parameters of an automatic one."""
    return changed(document, layer_id, content=content)


def set_region_weight(document: Document, layer_id: str, region: Region, weight: float) -> Document:
    """`weight` 0 to 2; 1 is the full region."""
    regions = dict(document.layer(layer_id).regions)
    regions[region] = _weight(weight)
    kept = tuple((each, regions[each]) for each in Region if regions.get(each, 1.0) != 1.0)
    return changed(document, layer_id, regions=kept)


def set_channel_weight(document: Document, layer_id: str, name: str, weight: float) -> Document:
    """`weight` 0 (masked) to 2; 1 is the full channel. Raises `ChannelError` for an unknown name."""
    weights = dict(document.layer(layer_id).channels)
    weights[channel(name).name] = _weight(weight)
    return changed(document, layer_id, channels=tuple(sorted((n, w) for n, w in weights.items() if w != 1.0)))


def changed(document: Document, layer_id: str, **fields: object) -> Document:
    """`document` with `fields` of one layer replaced."""
    layer = document.layer(layer_id)
    if all(getattr(layer, name) is value or getattr(layer, name) == value for name, value in fields.items()):
        return document
    return with_layer(document, layer, replace(layer, **fields))  # type: ignore[arg-type]


def with_layer(document: Document, before: Layer, after: Layer) -> Document:
    """`document` with the layer `before` replaced by `after`."""
    return replace(document, layers=tuple(after if layer is before else layer for layer in document.layers))


def _weight(weight: float) -> float:
    if not 0.0 <= weight <= 2.0:
        raise UserError(f"A weight of {weight:g} is out of range", "Give a weight from 0 to 2.")
    return float(weight)
