from __future__ import annotations

import argparse
import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import cli
from app.crash_log import write_crash_log
from core.errors import Cancelled, UserError

ROOT = Path(__file__).resolve().parents[2]


def answering(monkeypatch: pytest.MonkeyPatch, run: object) -> None:
    command = SimpleNamespace(NAME="act", HELP="do it", add_arguments=lambda parser: None, run=run)
    monkeypatch.setattr(cli, "find_commands", lambda: [command])


def raising(error: BaseException) -> object:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


def test_commands_are_found_by_their_modules_and_each_is_whole() -> None:
    commands = cli.find_commands()
    names = [command.NAME for command in commands]
    assert {"channels", "doctor", "models"} <= set(names)
    assert "console" not in names
    assert len(set(names)) == len(names)
    for command in commands:
        assert command.HELP
        assert callable(command.add_arguments)
        assert callable(command.run)


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert all(f" {command.NAME} " in shown for command in cli.find_commands())


def test_a_user_error_is_one_line_and_its_remedy_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, raising(UserError("The photo is empty", "Choose another one.")))
    assert cli.main(["act"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "facekey: The photo is empty.\nChoose another one.\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled()])
def test_stopping_exits_with_130(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, raising(error))
    assert cli.main(["act"]) == 130
    assert "stopped" in capsys.readouterr().err


def test_a_programmers_mistake_is_told_with_the_place_of_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("FACEKEY_DEBUG", raising=False)
    monkeypatch.setattr("app.crash_log.log_folder", lambda: tmp_path / "state" / "log")
    answering(monkeypatch, raising(ZeroDivisionError("division by zero")))
    assert cli.main(["act"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "ZeroDivisionError: division by zero" in err
    assert "a bug of Facekey" in err
    (log,) = (tmp_path / "state" / "log").iterdir()
    assert f"'{log}'" in err
    content = log.read_text("utf-8")
    assert "Traceback" in content
    assert "facekey act" in content


def test_only_the_newest_crash_logs_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.crash_log.log_folder", lambda: tmp_path)
    for day in range(30):
        (tmp_path / f"crash-202001{day + 1:02d}-000000-1.txt").touch()
    (tmp_path / "other.txt").touch()
    newest = write_crash_log(ValueError(), ["render", "a b.png"])
    left = sorted(path.name for path in tmp_path.glob("crash-*.txt"))
    assert newest is not None
    assert len(left) == 20
    assert left[-1] == newest.name
    assert (tmp_path / "other.txt").exists()
    assert "render 'a b.png'" in newest.read_text("utf-8")


def test_without_a_place_for_the_log_the_traceback_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.delenv("FACEKEY_DEBUG", raising=False)
    monkeypatch.setattr("app.crash_log.log_folder", lambda: tmp_path / "file" / "log")
    answering(monkeypatch, raising(ZeroDivisionError()))
    assert cli.main(["act"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "the lines above" in err


def test_for_developers_a_mistake_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEKEY_DEBUG", "1")
    answering(monkeypatch, raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["act"])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/media/disk/a.png"), "'/media/disk/a.png'"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_what_the_machine_refuses_is_no_bug(
    error: BaseException, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FACEKEY_DEBUG", raising=False)
    answering(monkeypatch, raising(error))
    assert cli.main(["act"]) == 1
    err = capsys.readouterr().err
    assert said in err
    assert "bug" not in err
    assert len(err.strip().splitlines()) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_output_onto_a_full_disk_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "channels"],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["channels", "--no-such-option"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["channels"], ["channels", "--json"]], ids=["less than a pipe holds", "more"])
def test_a_reader_who_has_seen_enough_is_no_error(words: list[str]) -> None:
    facekey = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert facekey.stdout is not None
    assert facekey.stderr is not None
    with facekey:
        facekey.stdout.close()
        assert facekey.stderr.read() == b""


def test_names_that_a_terminal_cannot_show_are_shown_in_part() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "render", "顔 café.png", "-o", "x.png"],
        cwd=ROOT, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 1
    assert b"\\u9854 caf\\xe9.png' does not exist" in done.stderr


def test_channels_lists_names_for_people_and_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["channels"]) == 0
    assert "jawOpen" in capsys.readouterr().out
    assert cli.main(["channels", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"name": "jawOpen", "low": 0.0, "high": 1.0}.items() <= next(
        c for c in listed if c["name"] == "jawOpen"
    ).items()
