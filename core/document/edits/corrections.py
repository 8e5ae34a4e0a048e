"""Corrections of landmarks that the detector put in the wrong place."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from core.document.channels import LANDMARKS
from core.document.document import Document
from core.document.edits.portraits import changed, find
from core.document.portraits import Correction
from core.errors import UserError


def set_corrections(document: Document, portrait_id: str, moves: Mapping[int, tuple[float, float]]) -> Document:
    """Move landmarks to (dx, dy) pixels from where they were detected; (0, 0) takes a correction away.

    Raises `UserError` for a landmark that does not exist or a move that is not finite.
    """
    corrections = {each.landmark: each for each in find(document, portrait_id).corrections}
    for landmark, (dx, dy) in moves.items():
        if not 0 <= landmark < LANDMARKS or not isfinite(dx) or not isfinite(dy):
            raise UserError(
                f"Landmark {landmark} cannot be moved by {dx:g}, {dy:g}", f"Landmarks are 0 to {LANDMARKS - 1}."
            )
        if dx or dy:
            corrections[landmark] = Correction(landmark, float(dx), float(dy))
        else:
            corrections.pop(landmark, None)
    return changed(document, portrait_id, corrections=tuple(corrections[i] for i in sorted(corrections)))


def clear_corrections(document: Document, portrait_id: str) -> Document:
    """Back to what was detected."""
    return changed(document, portrait_id, corrections=())
