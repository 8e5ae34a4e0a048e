from __future__ import annotations

import json
from typing import Any

import pytest

from app.cli import main
from app.commands import doctor


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return doctor.examine()


def test_this_machine_runs_the_tests_so_it_is_ready(report: dict[str, Any]) -> None:
    assert report["problems"] == []
    assert report["ready"]


def test_the_report_names_what_is_installed(report: dict[str, Any]) -> None:
    assert report["libraries"]["mediapipe"] == {"version": "0.10.21", "needed": True}
    assert report["libraries"]["facenet-pytorch"]["needed"] is False
    assert report["video"]["encoders"]["libx264"]
    assert report["devices"][-1]["name"] == "cpu"
    assert report["weights"]["arkit-shapes"] == "sound"


def test_the_command_prints_the_report_and_ends_with_the_verdict(
    report: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: report)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "ready"
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(report))


def spoil(report: dict[str, Any], *path: str, value: object) -> dict[str, Any]:
    spoilt: dict[str, Any] = json.loads(json.dumps(report))
    place = spoilt
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return spoilt


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("libraries", "numpy", "version"), None, "numpy is missing"),
        (("devices",), [], "torch cannot be loaded"),
        (("weights", "arkit-shapes"), "missing", "'arkit-shapes' are missing"),
        (("weights", "fan-2d"), "damaged", "'fan-2d' are damaged"),
        (("video", "encoders", "libx264"), False, "cannot write libx264"),
        (("folders", "data", "writable"), False, "cannot be written"),
        (("folders", "resources", "present"), False, "resources folder"),
    ],
)
def test_what_is_missing_is_named_with_a_remedy(
    report: dict[str, Any], path: tuple[str, ...], value: object, message: str
) -> None:
    fine = dict.fromkeys(doctor.LOADED)
    problems = list(doctor._problems(spoil(report, *path, value=value), fine))
    assert len(problems) == 1
    assert message in problems[0]["message"]
    assert problems[0]["remedy"].endswith(".")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("libraries", "facenet-pytorch", "version"), None),
        (("weights", "fan-2d"), "missing"),
        (("video", "encoders", "libsvtav1"), False),
        (("folders", "compiled code", "writable"), False),
    ],
)
def test_what_is_optional_is_no_problem(report: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    assert list(doctor._problems(spoil(report, *path, value=value), dict.fromkeys(doctor.LOADED))) == []


def test_a_library_that_the_system_cannot_load_is_told_with_its_reason(report: dict[str, Any]) -> None:
    failed = dict.fromkeys(doctor.LOADED) | {"cv2": "ImportError: libGL.so.1: cannot open shared object file"}
    (problem,) = doctor._problems(report, failed)
    assert "libGL.so.1" in problem["message"]


def test_a_module_that_is_not_there_is_an_error_and_not_a_crash() -> None:
    assert doctor._load_error("json") is None
    assert "no_such_module" in str(doctor._load_error("no_such_module"))
