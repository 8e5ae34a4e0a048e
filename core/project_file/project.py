"""Saving and loading a project."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from core.document.document import VERSION, Document
from core.document.portraits import PhotoSource
from core.errors import ProjectError
from core.project_file.archive import Member, read_archive, write_archive
from core.project_file.links import opened_path, photos_of, stored_path, with_paths
from core.project_file.media_store import MediaStore, digest_of, media_store
from core.project_file.migrations import RawProject, migrate
from core.project_file.schema import decode_array, decode_document, encode_array, encode_document
from core.project_file.validation import check_document

SUFFIX = ".facekey"
FORMAT = "facekey project"
_LEGAL = re.compile(
    r"facekey\.json|document\.json|project\.json|arrays/[0-9a-f]{32}\.npy|media/[^/\\:]{1,200}", re.ASCII | re.DOTALL
)
_BACKUP = "Open an autosaved copy or a backup of the project."


class MissingMedia(ProjectError):
    """Linked photos that are not where they were; `photos` are what to look for."""

    def __init__(self, photos: tuple[PhotoSource, ...]) -> None:
        names = ", ".join(photo.path or photo.name for photo in photos)
        super().__init__(
            f"The project's linked photo is missing or was changed: {names}",
            "Put it back, or lay it beside the project under its own name.",
        )
        self.photos = photos


def save_project(document: Document, media: MediaStore, path: Path | str) -> None:
    """Write the project to `path`, whole or not at all. Equal input gives equal bytes.

    `media` holds the bytes of every embedded photo. Raises `ProjectError`; what was at `path` is then
    as it was.
    """
    path = Path(path).absolute()
    write_archive(path, project_members(document, media, path.parent))


def load_project(path: Path | str, found: Mapping[str, Path] | None = None) -> tuple[Document, MediaStore]:
    """The document and the bytes of all its photos, embedded and linked, digests verified.

    `found` tells by digest where missing linked photos are now. Raises `MissingMedia` when a linked
    photo is not there, `ProjectError` for anything else.
    """
    return open_project(Path(path).absolute(), found or {}, MediaStore())


def project_members(
    document: Document, media: MediaStore, folder: Path, elsewhere: Collection[str] = ()
) -> Iterator[Member]:
    """The files of a project's archive; embedded photos with a digest in `elsewhere` are left out."""
    missing = [photo for photo in photos_of(document) if photo.embedded and photo.digest not in media]
    if missing:
        raise ProjectError(
            f"The photo '{missing[0].name}' is not at hand and cannot be embedded", "Open the photo again, then save."
        )
    data, arrays = encode_document(with_paths(document, lambda each: stored_path(each, folder)))
    manifest = {"format": FORMAT, "version": VERSION, "document": digest_of(data)}
    yield Member("facekey.json", msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    yield Member("document.json", data)
    for digest in sorted(arrays):
        yield Member(f"arrays/{digest}.npy", encode_array(arrays[digest]))
    for photo in photos_of(document):
        if photo.embedded and photo.digest not in elsewhere:
            yield Member(_media_name(photo), media[photo.digest], packed=False)


def open_project(path: Path, found: Mapping[str, Path], at_hand: MediaStore) -> tuple[Document, MediaStore]:
    """`load_project` for an absolute `path`; photos in `at_hand` need be neither in it nor where it links to."""
    version, raw = _read(path)
    raw = migrate(version, raw, VERSION)
    document = decode_document(raw.document, raw.arrays)
    check_document(document)
    document = with_paths(document, lambda each: opened_path(each, path.parent))
    return _with_media(document, raw.media, found, at_hand, path.parent)


def _read(path: Path) -> tuple[int, RawProject]:
    files = read_archive(path, _LEGAL)
    manifest = _json(files, "facekey.json") if "facekey.json" in files else {"version": 1}
    if not isinstance(manifest, dict) or (manifest.get("format", FORMAT)) != FORMAT:
        raise ProjectError(f"'{path.name}' is no Facekey project", "Choose a .facekey file.")
    version = manifest.get("version")
    if not isinstance(version, int) or version < 1:
        raise ProjectError(f"'{path.name}' does not say its version", _BACKUP)
    if version > VERSION:
        raise ProjectError(
            f"'{path.name}' was saved by a newer Facekey (layout {version}, this one knows {VERSION})",
            "Update Facekey and open it again.",
        )
    media = {name: data for name, data in files.items() if name.startswith("media/")}
    if version == 1:
        return 1, RawProject(_json(files, "project.json"), {}, media)
    document = _json(files, "document.json")
    if digest_of(files["document.json"]) != manifest.get("document"):
        raise ProjectError(f"The document in '{path.name}' is not the one that was saved", _BACKUP)
    arrays = {
        digest: decode_array(data, digest)
        for name, data in files.items()
        if name.startswith("arrays/") and (digest := PurePosixPath(name).stem)
    }
    by_digest = {PurePosixPath(name).stem: data for name, data in media.items()}
    for digest, data in by_digest.items():
        if digest_of(data) != digest:
            raise ProjectError(f"A photo in '{path.name}' is not the one that was saved", _BACKUP)
    return version, RawProject(document, arrays, by_digest)


def _json(files: Mapping[str, bytes], name: str) -> Any:
    if name not in files:
        raise ProjectError(f"The file is no project: it holds no {name}", "Choose a .facekey file.")
    try:
        return msgspec.json.decode(files[name])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ProjectError(f"The project's {name} is damaged ({error})", _BACKUP) from error


def _with_media(
    document: Document, embedded: Mapping[str, bytes], found: Mapping[str, Path], at_hand: MediaStore, folder: Path
) -> tuple[Document, MediaStore]:
    """Gather the bytes of every photo; linked ones get the path at which they were found."""
    files: dict[str, bytes] = {}
    places: dict[str, str] = {}
    missing: list[PhotoSource] = []
    for photo in photos_of(document):
        data = embedded.get(photo.digest) or at_hand.get(photo.digest)
        if data is None and photo.embedded:
            raise ProjectError(f"The photo '{photo.name}' is missing from the project", _BACKUP)
        if data is None:
            candidates = (found.get(photo.digest), Path(photo.path), folder / PurePosixPath(photo.name).name)
            for candidate in candidates:
                data = _matching(candidate, photo.digest)
                if data is not None:
                    places[photo.digest] = str(candidate)
                    break
            else:
                missing.append(photo)
                continue
        files[photo.digest] = data
    if missing:
        raise MissingMedia(tuple(missing))
    moved = {photo.path: places[photo.digest] for photo in photos_of(document) if photo.digest in places}
    if any(old != new for old, new in moved.items()):
        document = with_paths(document, lambda each: moved.get(each, each))
    return document, media_store(files)


def _matching(path: Path | None, digest: str) -> bytes | None:
    """The bytes at `path` if they are those of `digest`."""
    if path is None or not path.is_file():
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if digest_of(data) == digest else None


def _media_name(photo: PhotoSource) -> str:
    suffix = PurePosixPath(photo.name).suffix.lower()
    return f"media/{photo.digest}{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else ''}"
