"""Projects that cannot be trusted or are not whole, through `facekey render`."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Facekey = Callable[..., tuple[int, str, str]]
Files = dict[str, bytes]


@pytest.fixture(scope="session")
def whole(photo: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound project."""
    from app.cli import main

    path = tmp_path_factory.mktemp("project") / "whole.facekey"
    assert main(["new", str(photo), "-o", str(path)]) == 0
    return path.read_bytes()


@pytest.fixture
def project(whole: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "shot.facekey"
    path.write_bytes(whole)
    return path


def rewrite(path: Path, change: Callable[[Files], Files]) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in change(files).items():
            archive.writestr(name, data)


def from_the_future(files: Files) -> Files:
    manifest = json.loads(files["facekey.json"]) | {"version": 99}
    return files | {"facekey.json": json.dumps(manifest).encode()}


def climbing_out(files: Files) -> Files:
    return files | {"../../evil.txt": b"x"}


def without_its_photo(files: Files) -> Files:
    return {name: data for name, data in files.items() if not name.startswith("media/")}


def with_another_photo(files: Files) -> Files:
    return {name: data + b"!" if name.startswith("media/") else data for name, data in files.items()}


def refused(facekey: Facekey, project: Path) -> str:
    before = project.read_bytes()
    code, out, err = facekey("render", project, "-o", project.parent / "new" / "out.png")
    assert (code, out) == (1, "")
    assert len(err.strip().splitlines()) == 2
    assert [path.name for path in project.parent.iterdir()] == [project.name]
    assert not (project.parent.parent / "evil.txt").exists()
    assert project.read_bytes() == before
    return err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (from_the_future, "Update Facekey"),
        (climbing_out, "holds '../../evil.txt', a path that climbs out"),
        (without_its_photo, "is missing from the project"),
        (with_another_photo, "not the one that was saved"),
    ],
)
def test_a_project_that_is_not_as_it_was_saved_is_refused(
    facekey: Facekey, project: Path, change: Callable[[Files], Files], says: str
) -> None:
    rewrite(project, change)
    assert says in refused(facekey, project)


@pytest.mark.parametrize("kept", [0, 100, -40])
def test_a_project_that_was_cut_short_is_refused(facekey: Facekey, project: Path, kept: int) -> None:
    project.write_bytes(project.read_bytes()[:kept])
    assert "damaged, cut short or no project" in refused(facekey, project)


def test_a_photo_named_like_a_project_and_a_missing_one_are_refused(
    facekey: Facekey, project: Path, photo: Path
) -> None:
    project.write_bytes(photo.read_bytes())
    assert "no project" in refused(facekey, project)
    code, _, err = facekey("render", project.with_name("other.facekey"), "-o", project.with_name("a.png"))
    assert code == 1
    assert "does not exist" in err


def test_a_project_with_a_linked_photo_says_where_it_should_be(
    facekey: Facekey, project: Path, photo: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    from core.project_file.project import load_project, save_project

    document, media = load_project(project)
    own = tmp_path / "linked.png"
    own.write_bytes(photo.read_bytes())
    (portrait,) = document.portraits
    linked = replace(portrait, photo=replace(portrait.photo, embedded=False, name=own.name, path=str(own)))
    save_project(replace(document, portraits=(linked,)), media, project)
    assert facekey("render", project, "-o", tmp_path / "a.png", "--set", "jawOpen=0.5")[0] == 0
    code, _, err = facekey("render", project, "-o", own)
    assert code == 1
    assert "made from" in err
    (tmp_path / "a.png").unlink()
    own.unlink()
    err = refused(facekey, project)
    assert "linked.png" in err
    assert "Put it back" in err


def test_a_project_is_saved_only_under_a_projects_name(facekey: Facekey, photo: Path, tmp_path: Path) -> None:
    for name, says in {
        "a.png": "End it in .facekey",
        "none/a.facekey": "does not exist",
        "x" * 300 + ".facekey": "no name",
    }.items():
        code, _, err = facekey("new", photo, "-o", tmp_path / name)
        assert code == 1
        assert says in err
    assert list(tmp_path.iterdir()) == []
