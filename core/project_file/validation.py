"""What must hold in a document that comes from outside, beyond the types of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import isfinite

import numpy as np

from core.document.channels import LANDMARKS, SHAPES, channel
from core.document.document import VERSION, Document
from core.document.edits.tracks import tracks_of
from core.document.layers import Keys, Layer, Performance, Speech
from core.document.portraits import Portrait
from core.document.tracks import Track, check_key
from core.errors import ProjectError, UserError

_DIGEST = re.compile(r"[0-9a-f]{32}")


def check_document(document: Document) -> None:
    """Raises `ProjectError` with the first thing that is wrong."""
    try:
        found = next(_faults(document), None)
    except UserError as error:
        found = error.message
    if found:
        raise ProjectError(f"The project's document is damaged: {found}", "Open a backup of the project.")


def _faults(document: Document) -> Iterator[str]:
    if document.version != VERSION:
        yield f"it says version {document.version}"
    if not 1 <= document.rate <= 240:
        yield f"{document.rate} frames per second"
    yield from _twice("portrait", (portrait.id for portrait in document.portraits))
    yield from _twice("layer", (layer.id for layer in document.layers))
    yield from _twice("sound", (clip.id for clip in document.audio))
    if document.active and document.portrait is None:
        yield f"there is no portrait '{document.active}'"
    for portrait in document.portraits:
        yield from _portrait_faults(portrait)
    for layer in document.layers:
        yield from _layer_faults(layer)


def _portrait_faults(portrait: Portrait) -> Iterator[str]:
    points = portrait.detected.data
    if points.shape != (LANDMARKS, 3) or points.dtype != np.float64 or not np.isfinite(points).all():
        yield f"the landmarks of '{portrait.name}' are not {LANDMARKS} points"
    if portrait.neutral is not None and portrait.neutral.data.shape != (len(SHAPES),):
        yield f"the neutral of '{portrait.name}' has not {len(SHAPES)} numbers"
    for correction in portrait.corrections:
        if not (0 <= correction.landmark < LANDMARKS and isfinite(correction.dx) and isfinite(correction.dy)):
            yield f"a correction of '{portrait.name}' is out of place"
    for photo in (portrait.photo, portrait.matte):
        if photo is not None and not _DIGEST.fullmatch(photo.digest):
            yield f"the photo '{photo.name}' has no digest"


def _layer_faults(layer: Layer) -> Iterator[str]:
    content = layer.content
    if not layer.timing.speed or not isfinite(layer.timing.speed):
        yield f"the layer '{layer.name}' stands still"
    if layer.weight.channel != "weight":
        yield f"the weight of the layer '{layer.name}' is named '{layer.weight.channel}'"
    yield from _track_faults(layer.weight)
    yield from _twice("track", (track.channel for track in tracks_of(layer)))
    for track in tracks_of(layer):
        if isinstance(content, Keys):
            channel(track.channel)
        elif isinstance(content, Speech) and not track.channel.startswith("viseme."):
            yield f"'{track.channel}' is no viseme"
        yield from _track_faults(track)
    for name, _ in layer.channels:
        channel(name)
    if isinstance(content, Performance):
        yield from _performance_faults(content)


def _track_faults(track: Track) -> Iterator[str]:
    for key in track.keys:
        check_key(key)
    if any(second.frame <= first.frame for first, second in pairwise(track.keys)):
        yield f"the keys of '{track.channel}' are out of order"


def _performance_faults(performance: Performance) -> Iterator[str]:
    samples, name = performance.samples.data, performance.source.name
    if performance.rate <= 0:
        yield f"the performance '{name}' has no rate"
    if samples.ndim != 2 or samples.shape[1] != len(performance.channels) or not len(samples):
        yield f"the samples of '{name}' do not fit its channels"
    if performance.residual is not None and performance.residual.data.shape != (len(samples), LANDMARKS, 3):
        yield f"the residual of '{name}' does not fit its samples"
    for each in performance.channels:
        channel(each)


def _twice(what: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"there are two {what}s '{name}'"
        seen.add(name)
