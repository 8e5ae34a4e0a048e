"""Paths in and out of a project: relative below its folder, absolute elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from core.document.document import Document
from core.document.layers import Performance
from core.document.portraits import PhotoSource, Portrait
from core.errors import ProjectError


def stored_path(path: str, folder: Path) -> str:
    """How `path` stands in a project in `folder`."""
    if not path or not Path(path).is_absolute():
        return path
    try:
        return Path(path).relative_to(folder).as_posix()
    except ValueError:
        return path


def opened_path(path: str, folder: Path) -> str:
    """The path that `stored_path` gave, on this machine. Raises `ProjectError` if it climbs out of `folder`."""
    if not path or Path(path).is_absolute() or PureWindowsPath(path).is_absolute():
        return path
    if ".." in PurePosixPath(path.replace("\\", "/")).parts:
        raise ProjectError(
            f"The project links to '{path}', outside its own folder", "Do not open this file; ask whoever sent it."
        )
    return str(folder / path)


def with_paths(document: Document, change: Callable[[str], str]) -> Document:
    """`document` with `change` applied to every path of a photo, matte, sound and performance."""

    def photo(source: PhotoSource) -> PhotoSource:
        return replace(source, path=change(source.path))

    def portrait(each: Portrait) -> Portrait:
        return replace(each, photo=photo(each.photo), matte=None if each.matte is None else photo(each.matte))

    layers = tuple(
        replace(
            layer,
            content=replace(
                layer.content, source=replace(layer.content.source, path=change(layer.content.source.path))
            ),
        )
        if isinstance(layer.content, Performance)
        else layer
        for layer in document.layers
    )
    return replace(
        document,
        portraits=tuple(portrait(each) for each in document.portraits),
        audio=tuple(replace(clip, path=change(clip.path)) for clip in document.audio),
        layers=layers,
    )


def photos_of(document: Document) -> tuple[PhotoSource, ...]:
    """Every photo and matte, each digest once, embedded ones first."""
    found: dict[str, PhotoSource] = {}
    for portrait in document.portraits:
        for photo in (portrait.photo, portrait.matte):
            if photo is not None and (photo.digest not in found or photo.embedded):
                found[photo.digest] = photo
    return tuple(found.values())
