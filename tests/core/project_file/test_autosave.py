"""Autosave and recovery, with sessions that are really killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes.documents import full_document, portrait

from core.document.document import new_document
from core.document.edits.keys import set_key
from core.document.edits.portraits import add_portrait, set_embedded
from core.errors import ProjectError
from core.project_file.archive import write_bytes_atomically
from core.project_file.autosave import AutosaveSlot, autosave_folder, discard, recover, recoveries
from core.project_file.media_store import MediaStore, digest_of
from core.project_file.project import load_project
from core.project_file.slot_lock import SlotLock

ROOT = Path(__file__).parents[3]

BUSY_SESSION = """
import sys
from pathlib import Path
from fakes.documents import full_document
from core.document.edits.keys import set_key
from core.project_file.autosave import AutosaveSlot
from core.project_file.project import save_project

folder, project = map(Path, sys.argv[1:])
slot = AutosaveSlot(folder)
document, media = full_document()
for number in range(1_000_000):
    document = set_key(document, "layer1", "jawOpen", 5, number / 1e6)
    save_project(document, media, project)
    slot.save(document, media, project)
    print(number, flush=True)
"""


def killed_session(folder: Path, project: Path, saves: int, delay: float) -> int:
    """Run a session that saves all the time and kill it; the number of its last finished save."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    with subprocess.Popen(
        [sys.executable, "-c", BUSY_SESSION, str(folder), str(project)],
        stdout=subprocess.PIPE, text=True, env=environment,
    ) as session:  # fmt: skip
        assert session.stdout is not None
        for _ in range(saves):
            session.stdout.readline()
        time.sleep(delay)
        session.send_signal(signal.SIGKILL)
    return saves - 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("delay", [0.0, 0.0013, 0.0037, 0.0061])
def test_a_session_killed_while_saving_leaves_a_whole_project_and_a_recovery(tmp_path, delay):
    project = tmp_path / "shot.facekey"
    last = killed_session(tmp_path / "slots", project, 3, delay)
    loaded, _ = load_project(project)
    assert loaded.layers[0].content.tracks[0].keys[1].value >= last / 1e6
    (left,) = recoveries(tmp_path / "slots")
    assert left.project_path == project
    document, media = recover(left)
    assert document.layers[0].content.tracks[0].keys[1].value >= last / 1e6
    assert media == full_document()[1]
    discard(left)
    assert recoveries(tmp_path / "slots") == ()


def test_a_living_session_is_not_offered_and_a_closed_one_leaves_nothing(tmp_path):
    slot = AutosaveSlot(tmp_path)
    document, media = full_document()
    slot.save(document, media, None)
    assert recoveries(tmp_path) == ()
    slot.close()
    assert list(tmp_path.iterdir()) == []


def abandoned(folder: Path, document, media, project: Path | None = None) -> AutosaveSlot:
    """A slot whose session ended without closing it."""
    slot = AutosaveSlot(folder)
    slot.save(document, media, project)
    slot._lock.release()
    return slot


def test_what_was_kept_comes_back_whole(tmp_path):
    document, media = full_document()
    abandoned(tmp_path, document, media)
    (left,) = recoveries(tmp_path)
    assert left.project_path is None
    assert recover(left) == (document, media)


def test_photos_are_written_once_and_linked_ones_kept_too(tmp_path):
    data = b"linked"
    document = add_portrait(new_document(), portrait(digest=digest_of(data), path="/nowhere/me.png"))
    document = set_embedded(document, "portrait1", False)
    media, _ = MediaStore().with_file(data)
    slot = abandoned(tmp_path, document, media)
    (kept,) = (slot.path / "media").iterdir()
    stamp = kept.stat().st_mtime_ns
    slot.save(set_key(document, "layer1", "jawOpen", 0, 1), media, None)
    assert kept.stat().st_mtime_ns == stamp
    (left,) = recoveries(tmp_path)
    recovered, store = recover(left)
    assert store == media
    assert recovered.layers[0].content.tracks[0].keys[0].value == 1


def test_the_newest_is_offered_first(tmp_path):
    first = abandoned(tmp_path, new_document(), MediaStore(), Path("/a.facekey"))
    os.utime(first.path / "project.facekey", (1, 1))
    abandoned(tmp_path, new_document(), MediaStore(), Path("/b.facekey"))
    assert [left.project_path for left in recoveries(tmp_path)] == [Path("/b.facekey"), Path("/a.facekey")]


def test_after_a_save_there_is_nothing_to_recover_and_old_empty_slots_go(tmp_path):
    slot = abandoned(tmp_path, new_document(), MediaStore())
    slot.clear()
    assert recoveries(tmp_path) == ()
    os.utime(slot.path, (1, 1))
    assert recoveries(tmp_path) == ()
    assert not slot.path.exists()


def test_a_damaged_slot_is_a_project_error(tmp_path):
    slot = abandoned(tmp_path, *full_document())
    (left,) = recoveries(tmp_path)
    (photo,) = (slot.path / "media").iterdir()
    write_bytes_atomically(photo, b"damaged")
    with pytest.raises(ProjectError, match="missing from the project"):
        recover(left)


def test_a_folder_that_cannot_be_made_is_a_project_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ProjectError, match="Nothing can be autosaved"):
        AutosaveSlot(tmp_path / "file" / "slots")


def test_a_lock_is_held_by_one_and_given_back(tmp_path):
    lock = SlotLock.take(tmp_path / "lock")
    assert lock is not None
    assert SlotLock.take(tmp_path / "lock") is None
    assert (tmp_path / "lock").read_text() == str(os.getpid())
    lock.release()
    again = SlotLock.take(tmp_path / "lock")
    assert again is not None
    again.release()


def test_the_folder_is_the_users_own():
    assert autosave_folder().parts[-2:] == ("facekey", "autosave")
