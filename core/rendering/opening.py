"""What a person hands over, a photo or a project, into a document with its media at hand."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from core.document.document import Document, new_document
from core.document.edits.portraits import add_portrait
from core.document.portraits import PhotoSource
from core.errors import ProjectError
from core.media.photo import decode_with_notes
from core.project_file.media_store import MediaStore
from core.project_file.project import SUFFIX, load_project
from core.rendering.shot import ReadPhoto
from core.values.image import Image
from core.values.time import FrameRange


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """document and media as `core.project_file` takes them. read: the decoded picture of a source.
    notes: what about a newly found face may go wrong, in whole sentences.
    """

    document: Document
    media: MediaStore
    read: ReadPhoto
    notes: tuple[str, ...] = ()


def open_input(
    path: Path | str, face: int | None = None, rate: Fraction | None = None, frames: FrameRange | None = None
) -> Opened:
    """Open a project, or make a document of the photo at `path` and its face number `face` from 0.

    rate and frames are those of a new document; a project keeps its own, and its face. Raises `ProjectError`,
    `UnreadableMedia` or `NoFaceFound`.
    """
    path = Path(path)
    if path.suffix.lower() == SUFFIX:
        if face is not None:
            raise ProjectError(f"'{path.name}' knows its face already", "Leave --face out, or give the photo itself.")
        document, media = load_project(path)
        return Opened(document, media, reader(media))
    from core.perception.portrait import open_portrait

    photo = open_portrait(path, face)
    media, digest = MediaStore().with_file(photo.data)
    read = reader(media, {digest: photo.image})
    document = add_portrait(new_document(rate or Fraction(24), frames), photo.portrait)
    return Opened(document, media, read, photo.notes)


def reader(media: MediaStore, known: dict[str, Image] | None = None) -> ReadPhoto:
    """Decodes photos of `media`; the last few stay decoded. `known` are already decoded, by digest."""
    known = dict(known or {})

    @lru_cache(maxsize=4)
    def decoded(digest: str, name: str) -> Image:
        data = media.get(digest)
        if data is None:
            raise ProjectError(f"The photo '{name}' is not at hand", "Open the photo again, or locate it.")
        return decode_with_notes(data, name)[0]  # its notes were told when the photo came in

    def read(source: PhotoSource) -> Image:
        return known.get(source.digest) or decoded(source.digest, source.name)

    return read
