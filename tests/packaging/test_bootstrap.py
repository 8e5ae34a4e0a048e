"""The bootstrap against faked machines: a pip that dies half way, libraries that are absent, other systems."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "bootstrap.py"

# Installs `name==version` as a wheel would lie there: code first, the list of files last. While the file
# `die` exists it is killed before the list of the library named in it, and counts each library it installs.
FAKE_PIP = """
import os, pathlib, sys
site = pathlib.Path(__file__).resolve().parents[1]
root = pathlib.Path(sys.prefix).parent
arguments = sys.argv[1:]
with (root / "calls").open("a") as calls:
    calls.write(" ".join(arguments) + "\\n")
wanted = [part for part in arguments if "==" in part]
if "-r" in arguments:
    lock = pathlib.Path(arguments[arguments.index("-r") + 1])
    wanted += [line for line in lock.read_text().split("\\n") if "==" in line and not line.startswith("#")]
if "-e" in arguments:
    wanted.append("facekey==0.1.0")
die = root / "die"
for name, version in (line.split("==") for line in wanted):
    info = site / f"{name}-{version}.dist-info"
    if info.is_dir():
        continue
    print(f"Downloading {name}-{version}.whl (1 kB)", flush=True)
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    (site / f"{name}.py").write_text("x = 1\\n" if not die.exists() else "x")
    if die.exists() and die.read_text() == name:
        os._exit(1)
    (site / f"{name}.py").write_text("x = 1\\n")
    files = [f"{name}.py,,6", f"{info.name}/METADATA,,", f"{info.name}/RECORD,,"]
    (info / "RECORD").write_text("\\n".join(files))
"""


@pytest.fixture(scope="module")
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("facekey_bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(bootstrap: ModuleType, tmp_path: Path) -> Any:
    """An environment of a small project, with the fake pip in it."""
    (tmp_path / "packaging").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "packaging" / "requirements.lock").write_text("# the tested set\nalpha==1.0\nbeta==2.0\ngamma==3.0\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    (site,) = bootstrap.site_folders(tmp_path / ".venv")
    (site / "pip").mkdir()
    (site / "pip" / "__init__.py").touch()
    (site / "pip" / "__main__.py").write_text(FAKE_PIP)
    return bootstrap.Environment(tmp_path, torch="2.13.0", probe="import torch, alpha, beta, gamma, facekey")


def calls(place: Any) -> list[str]:
    file = place.root / "calls"
    return file.read_text().splitlines() if file.is_file() else []


def test_a_first_run_installs_torch_with_its_needs_and_the_rest_without(place: Any) -> None:
    place.set_up()
    torch, lock, own = calls(place)
    assert "torch==2.13.0" in torch
    assert "--no-deps" not in torch
    assert "--no-deps -r" in lock
    assert "--no-deps" in own
    assert own.endswith(f"-e {place.root}")
    assert not any("index" in call for call in calls(place))
    assert place.current()


def test_a_second_run_calls_pip_no_more(place: Any) -> None:
    place.set_up()
    before = calls(place)
    place.set_up()
    assert calls(place) == before


def test_a_changed_lock_installs_again_and_leaves_torch_alone(place: Any) -> None:
    place.set_up()
    place.lock.write_text("alpha==1.0\nbeta==2.0\ngamma==3.0\ndelta==4.0\n")
    assert not place.current()
    place.set_up()
    assert "torch" not in " ".join(calls(place)[3:])
    assert place.current()


@pytest.mark.parametrize("victim", ["torch", "beta", "facekey"])
def test_an_installation_that_was_killed_is_completed_by_the_next_run(
    bootstrap: ModuleType, place: Any, victim: str
) -> None:
    (place.root / "die").write_text(victim)
    with pytest.raises(bootstrap.Stop, match="Run this again to go on"):
        place.set_up()
    assert not place.current()
    (site,) = bootstrap.site_folders(place.folder)
    assert [record.name.partition("-")[0] for record in bootstrap.half_installed(site)] == [victim]
    (place.root / "die").unlink()
    place.set_up()
    assert bootstrap.half_installed(site) == []
    assert place.current()


def test_a_library_with_a_cut_file_is_installed_again(bootstrap: ModuleType, place: Any) -> None:
    place.set_up()
    (site,) = bootstrap.site_folders(place.folder)
    (site / "beta.py").write_text("x")
    (site / "~eta").mkdir()
    place.stamp.unlink()
    place.set_up()
    assert (site / "beta.py").read_text() == "x = 1\n"
    assert not (site / "~eta").exists()


def test_a_broken_environment_is_noticed(bootstrap: ModuleType, place: Any) -> None:
    assert place.usable()
    (site,) = bootstrap.site_folders(place.folder)
    (site / "pip" / "__init__.py").write_text("raise ImportError")
    assert not place.usable()
    place.python.unlink()
    assert not place.usable()


def test_what_does_not_import_stops_with_the_reason_and_is_not_taken_for_installed(
    bootstrap: ModuleType, place: Any
) -> None:
    place.probe = "raise ImportError('libGL.so.1: cannot open shared object file')"
    with pytest.raises(bootstrap.Stop, match=r"libGL\.so\.1"):
        place.set_up()
    assert not place.stamp.exists()


def test_installing_over_the_environment_that_runs_the_script_is_refused(
    bootstrap: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(place.folder))
    with pytest.raises(bootstrap.Stop, match="run this with the system's Python"):
        place.create()
    assert place.usable()


@pytest.mark.parametrize(
    ("arguments", "verb", "rest"),
    [
        (["run"], "run", []),
        (["run", "--size", "256x256"], "run", ["--size", "256x256"]),
        (["test", "-k", "curve", "-x"], "test", ["-k", "curve", "-x"]),
        (["test", "--help"], "test", ["--help"]),
        (["setup"], "setup", []),
    ],
)
def test_arguments_after_the_verb_are_passed_on(
    bootstrap: ModuleType, arguments: list[str], verb: str, rest: list[str]
) -> None:
    assert bootstrap.parse(arguments) == (verb, rest)


@pytest.mark.parametrize("arguments", [[], ["build"], ["setup", "now"]])
def test_anything_else_is_wrong_usage(
    bootstrap: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        bootstrap.parse(arguments)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_tests_run_on_two_workers_unless_told_otherwise(bootstrap: ModuleType, tmp_path: Path) -> None:
    assert bootstrap.command_for("test", ["-x"], tmp_path)[-3:] == ["-n", "2", "-x"]
    assert bootstrap.command_for("test", ["-n0"], tmp_path)[-2:] == ["pytest", "-n0"]
    assert bootstrap.command_for("run", [], tmp_path)[-1] == "demo"


def test_tests_need_no_screen_and_speak_utf8(bootstrap: ModuleType) -> None:
    variables = bootstrap.environment("test", {"LC_ALL": "C", "PYTHONPATH": "elsewhere", "HOME": "home"})
    assert variables == {"LC_ALL": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen", "HOME": "home"}
    assert bootstrap.environment("run", {"LC_ALL": "C"}) == {"LC_ALL": "C"}


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 12, 0)])
def test_supported_pythons_pass(bootstrap: ModuleType, version: tuple[int, ...]) -> None:
    bootstrap.check_python(version)


@pytest.mark.parametrize("version", [(3, 9, 1), (3, 10, 4), (3, 13, 0)])
def test_other_pythons_are_told_what_to_use(bootstrap: ModuleType, version: tuple[int, ...]) -> None:
    with pytest.raises(bootstrap.Stop, match=r"run it with python3\.11, which is here"):
        bootstrap.check_python(version, lambda name: name == "python3.11")
    with pytest.raises(bootstrap.Stop, match=r"install Python 3\.11 or 3\.12"):
        bootstrap.check_python(version, lambda name: False)
    assert not bootstrap.starts("no-such-python")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the wheels carry everything elsewhere")
def test_missing_libraries_are_named_by_their_debian_packages(bootstrap: ModuleType) -> None:
    assert bootstrap.missing_packages(lambda library: True, ensurepip=True) == []
    assert bootstrap.missing_packages(lambda library: "EGL" not in library, ensurepip=True) == ["libegl1"]
    everything = bootstrap.missing_packages(lambda library: False, ensurepip=False)
    assert everything[0] == f"python3.{sys.version_info[1]}-venv"
    assert set(everything[1:]) == set(bootstrap.SYSTEM_LIBRARIES.values())
    assert not bootstrap.loadable("libno-such-thing.so.1")


def test_root_on_debian_installs_what_is_missing(bootstrap: ModuleType) -> None:
    called: list[list[str]] = []
    bootstrap.install_packages(["libgl1", "libegl1"], True, True, lambda command: called.append(command) or 0)
    assert [command[1] for command in called] == ["update", "install"]
    assert called[1][-2:] == ["libgl1", "libegl1"]


def test_nothing_missing_installs_nothing(bootstrap: ModuleType) -> None:
    bootstrap.install_packages([], True, True, lambda command: pytest.fail("nothing is to be installed"))


def test_others_get_the_exact_command(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.Stop, match="sudo apt-get install -y --no-install-recommends libgl1 libegl1"):
        bootstrap.install_packages(["libgl1", "libegl1"], False, True, lambda command: 0)


def test_other_systems_are_told_which_libraries_to_look_for(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.Stop, match=r"libGL\.so\.1"):
        bootstrap.install_packages(["libgl1"], True, False, lambda command: 0)


def test_a_failing_apt_is_told_with_its_command(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.Stop, match="apt-get failed"):
        bootstrap.install_packages(["libgl1"], True, True, lambda command: 100)


def test_the_script_needs_nothing_but_the_standard_library(bootstrap: ModuleType, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "run: make the demonstration clip" in " ".join(done.stdout.split())


def locked() -> dict[str, str]:
    lines = (ROOT / "packaging" / "requirements.lock").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonical(name): version for name, version in pairs}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_holds_every_library_that_the_project_states_in_a_version_that_it_allows(
    bootstrap: ModuleType,
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = locked() | {"torch": bootstrap.TORCH}
    stated = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    for requirement in map(Requirement, stated):
        assert requirement.specifier.contains(versions[canonical(requirement.name)]), requirement


def test_the_lock_holds_back_what_is_known_to_break() -> None:
    versions = locked()
    assert versions["mediapipe"] == "0.10.21"
    assert versions["pyside6-essentials"] == versions["pyside6-addons"] == versions["shiboken6"] == "6.11.3"
    assert int(versions["setuptools"].partition(".")[0]) < 82
    assert [name for name in versions if name.startswith("opencv")] == ["opencv-contrib-python"]
    assert "torch" not in versions
