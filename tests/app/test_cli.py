from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import cli
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


def test_a_programmers_mistake_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["act"])


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["channels", "--no-such-option"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    facekey = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "channels", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert facekey.stdout is not None
    assert facekey.stderr is not None
    with facekey:
        facekey.stdout.close()
        assert b"Traceback" not in facekey.stderr.read()


def test_channels_lists_names_for_people_and_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["channels"]) == 0
    assert "jawOpen" in capsys.readouterr().out
    assert cli.main(["channels", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"name": "jawOpen", "low": 0.0, "high": 1.0}.items() <= next(
        c for c in listed if c["name"] == "jawOpen"
    ).items()
