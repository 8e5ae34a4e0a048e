"""Portraits: add, remove, choose; what is known of the photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.document.document import Document
from core.document.edits.ids import next_id
from core.document.frozen_array import FrozenArray
from core.document.portraits import PhotoSource, Portrait
from core.errors import UserError


def add_portrait(document: Document, portrait: Portrait) -> Document:
    """Adds `portrait` under a fresh id and makes it the active one."""
    portrait = replace(portrait, id=next_id("portrait", (each.id for each in document.portraits)))
    return replace(document, portraits=(*document.portraits, portrait), active=portrait.id)


def remove_portrait(document: Document, portrait_id: str) -> Document:
    """The last portrait becomes active if the active one goes."""
    find(document, portrait_id)
    rest = tuple(p for p in document.portraits if p.id != portrait_id)
    active = document.active
    if active == portrait_id:
        active = rest[-1].id if rest else ""
    return replace(document, portraits=rest, active=active)


def choose_portrait(document: Document, portrait_id: str) -> Document:
    find(document, portrait_id)
    return document if document.active == portrait_id else replace(document, active=portrait_id)


def rename_portrait(document: Document, portrait_id: str, name: str) -> Document:
    return changed(document, portrait_id, name=name)


def set_face(
    document: Document,
    portrait_id: str,
    face: int,
    landmarks: NDArray[np.float64],
    neutral: NDArray[np.float64] | None = None,
) -> Document:
    """Choose another face of the photo: its number, `landmarks` (478, 3), `neutral` (52,). Corrections go."""
    frozen = None if neutral is None else FrozenArray(neutral)
    return changed(
        document, portrait_id, face=face, detected=FrozenArray(landmarks), neutral=frozen, corrections=()
    )  # fmt: skip


def set_neutral(document: Document, portrait_id: str, neutral: NDArray[np.float64] | None) -> Document:
    """How much of each of the 52 shapes the photo already shows, or None."""
    if neutral is not None and neutral.shape != (len(SHAPES),):
        raise ValueError(f"neutral must be (52,), not {neutral.shape}")
    return changed(document, portrait_id, neutral=None if neutral is None else FrozenArray(neutral))


def set_matte(document: Document, portrait_id: str, matte: PhotoSource | None) -> Document:
    return changed(document, portrait_id, matte=matte)


def set_embedded(document: Document, portrait_id: str, embedded: bool) -> Document:
    """Whether projects carry the photo's bytes. Raises `UserError` for a link to a photo without a file."""
    photo = find(document, portrait_id).photo
    if not embedded and not photo.path:
        raise UserError(f"The photo '{photo.name}' is no file", "Leave it embedded in the project.")
    return changed(document, portrait_id, photo=replace(photo, embedded=embedded))


def find(document: Document, portrait_id: str) -> Portrait:
    """Raises `UserError` when there is none."""
    for portrait in document.portraits:
        if portrait.id == portrait_id:
            return portrait
    raise UserError(f"There is no portrait '{portrait_id}'", "Add a photo first.")


def changed(document: Document, portrait_id: str, **fields: object) -> Document:
    """`document` with `fields` of one portrait replaced."""
    portrait = find(document, portrait_id)
    after = replace(portrait, **fields)  # type: ignore[arg-type]
    if after == portrait:
        return document
    return replace(document, portraits=tuple(after if p is portrait else p for p in document.portraits))
