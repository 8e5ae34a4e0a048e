"""A photo's file into a portrait of the document: decoded, its face found, its expression measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.document.portraits import PhotoSource, Portrait, portrait_of
from core.head.solve import solve_still
from core.media.photo import decode_with_notes, photo_bytes
from core.media.source import readable
from core.perception.detect import detect_faces, usable_face
from core.perception.quality import choice_notes, face_notes
from core.project_file.media_store import digest_of
from core.values.image import Image


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPhoto:
    """image: the decoded picture. data: the file as it is. notes: what about the face may go wrong, in
    words for the artist; empty for a good one.
    """

    portrait: Portrait
    image: Image
    data: bytes
    notes: tuple[str, ...]


def open_portrait(path: Path | str, face: int | None = None) -> OpenedPhoto:
    """Read the photo at `path` and find the face in it: number `face` from 0, the largest, which is also the default.

    Raises `UnreadableMedia` and `NoFaceFound`.
    """
    path = Path(path)
    data = photo_bytes(path)  # once: digest and picture are of the same bytes, whoever writes to the file meanwhile
    image, colour_notes = decode_with_notes(data, path.name)
    faces = detect_faces(image)
    found = usable_face(faces, image, face)
    source = PhotoSource(digest_of(data), readable(path.name), image.width, image.height, readable(path.resolve()))
    neutral = solve_still(found.landmarks)
    portrait = portrait_of(source, found.landmarks, name=readable(path.stem), face=face or 0, neutral=neutral)
    notes = (choice_notes(faces) if face is None else ()) + face_notes(found, image) + colour_notes
    return OpenedPhoto(portrait, image, data, notes)
