"""Autosave: what a session has not saved yet, kept where a crash cannot take it.

Every running session owns a slot, a folder with a lock, the photos (written once each) and the
project without them (written atomically each time). A proper close removes the slot; one whose lock
is free and that still holds a project is what a crash left.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time
from uuid import uuid4

import msgspec

from core.document.document import Document
from core.errors import ProjectError
from core.project_file.archive import write_archive, write_bytes_atomically
from core.project_file.links import photos_of
from core.project_file.media_store import MediaStore, digest_of, media_store
from core.project_file.project import open_project, project_members
from core.project_file.slot_lock import SlotLock

_LOCK, _PROJECT, _ABOUT, _MEDIA = "lock", "project.facekey", "about.json", "media"
_YOUNG = 60.0
"""Seconds for which an empty slot without a lock may be one that is just being made."""


def autosave_folder() -> Path:
    """Where sessions of this user keep their slots."""
    from platformdirs import user_state_path

    return user_state_path("facekey", appauthor=False) / "autosave"


class AutosaveSlot:
    """The slot of one running session. Used from one thread at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        """Takes a fresh slot in `folder`, by default `autosave_folder()`. Raises `ProjectError`."""
        root = folder or autosave_folder()
        self.path = root / uuid4().hex
        try:
            (self.path / _MEDIA).mkdir(parents=True)
            lock = SlotLock.take(self.path / _LOCK)
        except OSError as error:
            raise ProjectError(
                f"Nothing can be autosaved in '{root}' ({error.strerror or error})", "Make room or rights there."
            ) from error
        assert lock is not None  # nobody else knows the new name
        self._lock = lock
        self._project_path: Path | None = None

    def save(self, document: Document, media: MediaStore, project_path: Path | None) -> None:
        """Keep `document`; `project_path` is where the artist saves it, None before the first time.

        Photos that links point to are kept too. Raises `ProjectError`; what was kept before stays.
        """
        kept = []
        for photo in photos_of(document):
            data = media.get(photo.digest)
            target = self.path / _MEDIA / photo.digest
            if data is not None:
                if not target.exists():
                    write_bytes_atomically(target, data)
                kept.append(photo.digest)
        if project_path != self._project_path or not (self.path / _ABOUT).exists():
            about = msgspec.json.encode({"project": None if project_path is None else str(project_path)})
            write_bytes_atomically(self.path / _ABOUT, about)
            self._project_path = project_path
        write_archive(self.path / _PROJECT, project_members(document, media, self.path, elsewhere=kept))

    def clear(self) -> None:
        """Forget what is kept: the artist has just saved, or thrown it away."""
        (self.path / _PROJECT).unlink(missing_ok=True)

    def close(self) -> None:
        """The session ends in order: the slot goes."""
        self.clear()
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a crashed session left. project_path: where it was saved before, or None. saved: when it was
    kept, UTC.
    """

    slot: Path
    project_path: Path | None
    saved: datetime


def recoveries(folder: Path | None = None) -> tuple[Recovery, ...]:
    """What crashed sessions left, newest first. Slots of living sessions are passed over, dead ones that
    hold nothing are removed.
    """
    root = folder or autosave_folder()
    found = []
    for slot in root.iterdir() if root.is_dir() else ():
        if not (slot / _LOCK).is_file():
            continue
        lock = SlotLock.take(slot / _LOCK)
        if lock is None:
            continue
        project = slot / _PROJECT
        if project.is_file():
            saved = datetime.fromtimestamp(project.stat().st_mtime, UTC)
            found.append(Recovery(slot, _project_path(slot), saved))
            lock.release()
        else:
            lock.release()
            if time() - slot.stat().st_mtime > _YOUNG:
                shutil.rmtree(slot, ignore_errors=True)
    return tuple(sorted(found, key=lambda each: each.saved, reverse=True))


def recover(recovery: Recovery) -> tuple[Document, MediaStore]:
    """The document and photos that `recovery` holds. Raises `ProjectError`; nothing is removed."""
    kept = {}
    for file in (recovery.slot / _MEDIA).glob("*"):
        data = file.read_bytes() if file.suffix == "" else b""
        if digest_of(data) == file.name:
            kept[file.name] = data
    return open_project(recovery.slot / _PROJECT, {}, media_store(kept))


def discard(recovery: Recovery) -> None:
    """Remove what a crashed session left, after it was recovered or declined."""
    shutil.rmtree(recovery.slot, ignore_errors=True)


def _project_path(slot: Path) -> Path | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        path = msgspec.json.decode((slot / _ABOUT).read_bytes(), type=dict[str, str | None]).get("project")
        return None if path is None else Path(path)
    return None
