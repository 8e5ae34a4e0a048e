from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from app.cli import main
from core.weights import store as weights
from core.weights.catalogue import Entry, catalogue_of
from core.weights.store import WeightsStore

CONTENT = b"numbers"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder with one sound file of two that its catalogue knows."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    entries = [
        Entry(
            "here",
            "Here",
            "here.pth",
            "MIT",
            "a test",
            "tests",
            sha256=digest,
            size=7,
            url="https://localhost/here.pth",
        ),
        Entry("away", "Away", "away.pth", "MIT", "a test", "tests", sha256=digest, url="https://localhost/away.pth"),
    ]
    (tmp_path / "here.pth").write_bytes(CONTENT)
    monkeypatch.setattr(weights, "default_store", lambda: WeightsStore([tmp_path], catalogue_of(entries)))
    return tmp_path


def test_list_tells_what_is_here_and_under_which_licence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert "present" in shown
    assert "missing" in shown
    assert "MIT" in shown
    assert main(["models", "list", "--json"]) == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert listed["here"]["path"] == str(folder / "here.pth")
    assert (listed["away"]["state"], listed["away"]["path"]) == ("missing", None)


def test_verify_looks_at_all_that_is_here(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "--json"]) == 0
    assert [(entry["name"], entry["state"]) for entry in json.loads(capsys.readouterr().out)] == [("here", "sound")]


def test_verify_fails_for_damaged_and_for_named_missing_weights(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "verify", "away"]) == 1
    (folder / "here.pth").write_bytes(b"NUMBERS")
    assert main(["models", "verify"]) == 1
    assert "damaged" in capsys.readouterr().out


def test_fetching_sound_weights_only_tells_where_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", "here", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"here": str(folder / "here.pth")}


def test_a_misspelt_name_is_told_before_anything_is_fetched(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", "here", "hare"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Did you mean here" in err
