"""Projects: what is saved is what is loaded, and nothing else gets in."""

import errno
import io
import json
import os
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from fakes.documents import documents, full_document, portrait
from hypothesis import HealthCheck, given, settings

from core.animation.evaluate import evaluate
from core.document.document import VERSION, new_document
from core.document.edits.keys import set_curve
from core.document.edits.portraits import add_portrait, set_embedded
from core.document.landmarks import POSITIONS
from core.document.tracks import Interpolation
from core.errors import ProjectError
from core.project_file import archive
from core.project_file.media_store import MediaStore, digest_of
from core.project_file.project import MissingMedia, load_project, save_project
from core.values.time import FrameRange

GOLDENS = Path(__file__).parents[2] / "goldens"


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "full.facekey"
    save_project(*full_document(), path)
    return path


def rewrite(path: Path, change) -> Path:
    """The archive at `path` with its files passed through `change(files)`; digest in the manifest renewed."""
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    change(files)
    manifest = json.loads(files.get("facekey.json", b"{}"))
    if "document" in manifest and "document.json" in files:
        manifest["document"] = digest_of(files["document.json"])
        files["facekey.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in files.items():
            new.writestr(name, data)
    return path


def edit_document(path: Path, change) -> Path:
    def changed(files: dict[str, bytes]) -> None:
        raw = json.loads(files["document.json"])
        change(raw)
        files["document.json"] = json.dumps(raw).encode()

    return rewrite(path, changed)


def test_everything_that_a_document_holds_comes_back(saved):
    document, media = full_document()
    loaded, store = load_project(saved)
    assert loaded == document
    assert store == media
    assert store[document.portraits[0].photo.digest] == b"the photo's own bytes"
    assert [evaluate(loaded, f).key() for f in (1, 9.5, 60)] == [evaluate(document, f).key() for f in (1, 9.5, 60)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents())
def test_saving_and_loading_is_identity(tmp_path, document):
    save_project(document, MediaStore(), tmp_path / "any.facekey")
    assert load_project(tmp_path / "any.facekey") == (document, MediaStore())


def test_equal_documents_give_equal_files(saved, tmp_path):
    save_project(*full_document(), tmp_path / "again.facekey")
    assert (tmp_path / "again.facekey").read_bytes() == saved.read_bytes()


def test_the_photo_stands_in_the_archive_byte_for_byte(saved):
    with zipfile.ZipFile(saved) as opened:
        name = next(name for name in opened.namelist() if name.startswith("media/"))
        assert name.endswith(".jpg")
        assert opened.read(name) == b"the photo's own bytes"
        assert not any(name.endswith((".pkl", ".pickle")) for name in opened.namelist())


def test_version_1_is_migrated(tmp_path):
    document, media = load_project(GOLDENS / "project_v1.facekey")
    assert document.version == VERSION == 2
    assert document.rate == Fraction(24000, 1001)
    assert document.frames == FrameRange(1, 48)
    assert [(m.frame, m.label) for m in document.markers] == [(24, "opens")]
    photo = document.portrait.photo
    assert (photo.name, photo.width, photo.height, photo.embedded) == ("drawn face.png", 48, 64, True)
    assert media[photo.digest].startswith(b"\x89PNG")
    assert np.allclose(document.portrait.landmarks, POSITIONS * 18 + (24, 30, 0), atol=0.005)
    jaw, yaw = document.layers[0].content.tracks
    assert [(key.frame, key.value) for key in jaw.keys] == [(1, 0), (24, 0.6), (48, 0)]
    assert [key.interpolation for key in yaw.keys] == [Interpolation.LINEAR, Interpolation.HOLD, Interpolation.BEZIER]
    assert evaluate(document, 20)["head.yaw"] == 8
    save_project(document, media, tmp_path / "now.facekey")
    assert load_project(tmp_path / "now.facekey") == (document, media)


@pytest.mark.parametrize("missing", ["fps", "curves", "photo"])
def test_a_damaged_version_1_is_refused(tmp_path, missing):
    path = tmp_path / "old.facekey"
    path.write_bytes((GOLDENS / "project_v1.facekey").read_bytes())

    def drop(files: dict[str, bytes]) -> None:
        raw = json.loads(files["project.json"])
        del raw[missing]
        files["project.json"] = json.dumps(raw).encode()

    with pytest.raises(ProjectError, match=f"version 1 is damaged.*{missing}"):
        load_project(rewrite(path, drop))


def test_a_project_from_the_future_is_refused(saved):
    def future(files: dict[str, bytes]) -> None:
        files["facekey.json"] = json.dumps({**json.loads(files["facekey.json"]), "version": VERSION + 1}).encode()

    with pytest.raises(ProjectError, match="newer Facekey") as caught:
        load_project(rewrite(saved, future))
    assert "Update" in caught.value.remedy


def test_a_field_that_we_do_not_know_is_refused_by_name(saved):
    def add(raw) -> None:
        raw["layers"][0]["content"]["tracks"][0]["keys"][1]["weighting"] = 3

    with pytest.raises(ProjectError, match=r"layers\[0\]\.content\.tracks\[0\]\.keys\[1\]\.weighting"):
        load_project(edit_document(saved, add))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw.update(rate="0/1"), "frames per second"),
        (lambda raw: raw.update(rate="1/0"), "damaged"),
        (lambda raw: raw.update(frames={"first": 9, "last": 2}), "9 to 2"),
        (lambda raw: raw.update(active="portrait9"), "portrait9"),
        (lambda raw: raw["layers"].append(raw["layers"][0]), "two layers 'layer1'"),
        (lambda raw: raw["layers"][0]["content"].update(kind="dance"), "dance"),
        (lambda raw: raw["layers"][0]["content"]["tracks"][0]["keys"].reverse(), "out of order"),
        (lambda raw: raw["layers"][0]["content"]["tracks"][0]["keys"][0].update(value=None), "value"),
        (lambda raw: raw["layers"][0]["content"]["tracks"][0].update(channel="jawSlam"), "jawSlam"),
        (lambda raw: raw["layers"][0]["timing"].update(speed=0), "stands still"),
        (lambda raw: raw["layers"][1]["content"]["channels"].pop(), "do not fit"),
        (lambda raw: raw["layers"][1]["content"]["samples"].update(array="0" * 32), "not in the project"),
        (lambda raw: raw["layers"][2]["content"]["tracks"][0].update(channel="jawOpen"), "no viseme"),
        (lambda raw: raw["portraits"][0]["corrections"][0].update(landmark=999), "out of place"),
        (lambda raw: raw["portraits"][0]["photo"].update(digest="../../x"), "no digest"),
        (lambda raw: raw["portraits"][0]["photo"].update(digest="0" * 32), "missing from the project"),
        (lambda raw: raw["portraits"][0]["photo"].update(path="../../etc/passwd"), "outside its own folder"),
    ],
)
def test_what_must_hold_in_a_document_is_checked(saved, change, message):
    with pytest.raises(ProjectError, match=message):
        load_project(edit_document(saved, change))


@pytest.mark.parametrize("kept", [0, 10, 500, -1, -30])
def test_a_truncated_project_is_refused(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(ProjectError, match="damaged, cut short or no project"):
        load_project(saved)


def test_a_flipped_byte_anywhere_is_noticed(saved):
    whole = bytearray(saved.read_bytes())
    end = whole.rindex(b"PK\x01\x02")  # what follows describes files again
    for place in range(60, end, max(end // 40, 1)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        saved.write_bytes(damaged)
        try:
            loaded = load_project(saved)
        except ProjectError:
            continue
        assert loaded == full_document(), f"byte {place} changed the document unnoticed"


@pytest.mark.parametrize(
    "name", ["../evil", "media/../../evil", "/etc/evil", "..\\evil", "C:\\evil", "media/..", "C:evil"]
)
def test_a_path_that_climbs_out_is_refused(saved, name):
    with pytest.raises(ProjectError, match="climbs out"):
        load_project(rewrite(saved, lambda files: files.update({name: b"x"})))


def test_strangers_in_the_archive_are_refused(saved):
    with pytest.raises(ProjectError, match="which no project has"):
        load_project(rewrite(saved, lambda files: files.update({"run.py": b"x"})))


def test_the_same_name_twice_is_refused(saved):
    with zipfile.ZipFile(saved, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("document.json", b"{}")
    with pytest.raises(ProjectError, match="twice"):
        load_project(saved)


def test_a_zip_bomb_is_refused_before_it_unpacks(saved, monkeypatch):
    monkeypatch.setattr(archive, "BOMB_TOTAL", 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))
    bomb = saved.with_name("bomb.facekey")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("media/" + "0" * 32, bytes(2**23))
    with pytest.raises(ProjectError, match="would unpack to"):
        load_project(bomb)


def test_arrays_are_never_pickled_and_their_sizes_are_checked(saved):
    def poisoned(data: bytes):
        def change(files: dict[str, bytes]) -> None:
            files[next(name for name in files if name.startswith("arrays/"))] = data

        return change

    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(huge, header)
    other = io.BytesIO()
    np.save(other, np.zeros((478, 3)))
    whole = saved.read_bytes()
    for data in (stream.getvalue(), huge.getvalue(), other.getvalue(), b"", b"\x93NUMPY"):
        saved.write_bytes(whole)
        with pytest.raises(ProjectError, match="An array of the project"):
            load_project(rewrite(saved, poisoned(data)))


def test_a_changed_photo_is_noticed(saved):
    def change(files: dict[str, bytes]) -> None:
        files[next(name for name in files if name.startswith("media/"))] = b"another photo"

    with pytest.raises(ProjectError, match="A photo in"):
        load_project(rewrite(saved, change))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_other_files_are_no_projects(tmp_path, content):
    path = tmp_path / "thing.facekey"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=r"thing\.facekey"):
        load_project(path)


def test_folders_and_absent_files_are_said_to_be_so(tmp_path):
    with pytest.raises(ProjectError, match="is a folder"):
        load_project(tmp_path)
    with pytest.raises(ProjectError, match="does not exist"):
        load_project(tmp_path / "none.facekey")
    with pytest.raises(ProjectError, match=r"folder .* does not exist"):
        save_project(new_document(), MediaStore(), tmp_path / "no" / "x.facekey")


def linked(folder: Path, data: bytes = b"linked photo"):
    photo = folder / "photos" / "me.png"
    photo.parent.mkdir(exist_ok=True)
    photo.write_bytes(data)
    document = add_portrait(new_document(), portrait(digest=digest_of(data), name="me.png", path=str(photo)))
    return set_embedded(document, "portrait1", False), photo


def test_a_linked_photo_travels_with_its_folder(tmp_path):
    (tmp_path / "a").mkdir()
    document, photo = linked(tmp_path / "a")
    save_project(document, MediaStore(), tmp_path / "a" / "p.facekey")
    with zipfile.ZipFile(tmp_path / "a" / "p.facekey") as opened:
        assert not [name for name in opened.namelist() if name.startswith("media/")]
        assert json.loads(opened.read("document.json"))["portraits"][0]["photo"]["path"] == "photos/me.png"
    assert load_project(tmp_path / "a" / "p.facekey")[0] == document
    (tmp_path / "a").rename(tmp_path / "b")
    moved, media = load_project(tmp_path / "b" / "p.facekey")
    assert moved.portrait.photo.path == str(tmp_path / "b" / "photos" / "me.png")
    assert media[moved.portrait.photo.digest] == b"linked photo"
    assert not photo.exists()


def test_a_missing_or_changed_linked_photo_is_asked_for_and_can_be_found(tmp_path):
    document, photo = linked(tmp_path)
    save_project(document, MediaStore(), tmp_path / "p.facekey")
    elsewhere = tmp_path / "elsewhere.png"
    photo.rename(elsewhere)
    photo.write_bytes(b"not the same")
    with pytest.raises(MissingMedia) as caught:
        load_project(tmp_path / "p.facekey")
    assert caught.value.photos[0].name == "me.png"
    found, media = load_project(tmp_path / "p.facekey", {document.portrait.photo.digest: elsewhere})
    assert found.portrait.photo.path == str(elsewhere)
    assert media[document.portrait.photo.digest] == b"linked photo"
    elsewhere.rename(tmp_path / "me.png")
    assert load_project(tmp_path / "p.facekey")[0].portrait.photo.path == str(tmp_path / "me.png")


def test_saving_without_the_photos_bytes_is_refused_and_leaves_the_old_file(saved):
    before = saved.read_bytes()
    with pytest.raises(ProjectError, match="not at hand"):
        save_project(full_document()[0], MediaStore(), saved)
    assert saved.read_bytes() == before


def test_a_full_disk_leaves_the_old_project_and_no_scraps(saved, monkeypatch):
    before = saved.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProjectError, match="No space left") as caught:
        save_project(set_curve(new_document(), "layer1", "jawOpen", [(0, 1)]), MediaStore(), saved)
    assert "Free some space" in caught.value.remedy
    assert saved.read_bytes() == before
    assert [each.name for each in saved.parent.iterdir()] == [saved.name]


def test_saving_keeps_the_files_permissions(saved):
    saved.chmod(0o640)
    save_project(*full_document(), saved)
    assert saved.stat().st_mode & 0o777 == 0o640


def test_scraps_of_killed_sessions_go_and_those_of_living_ones_stay(saved):
    old, young, other = (saved.with_name(name) for name in (".full.facekey.a.part", ".full.facekey.b.part", ".x.part"))
    for scrap in (old, young, other):
        scrap.write_bytes(b"half")
    for scrap in (old, other):
        os.utime(scrap, (1, 1))
    save_project(*full_document(), saved)
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


def test_a_read_only_folder_is_a_project_error(saved, monkeypatch):
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(archive.tempfile, "mkstemp", forbidden)
    with pytest.raises(ProjectError, match="may not be written"):
        save_project(*full_document(), saved)
