"""What holds for the whole tree: the direction of imports, what start-up leaves alone, types, style, clean files."""

from __future__ import annotations

import ast
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import app
import core

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SOURCES = sorted(path for package in ("core", "app") for path in (ROOT / package).rglob("*.py"))
TORCH = {"torch", "torchvision", "kornia", "face_alignment", "facenet_pytorch"}
TORCH_HOMES = ("core/weights/", "core/perception/", "core/generation/", "core/training/", "core/motion/predict")
HEAVY = {"torch", "mediapipe", "av", "PySide6", "dlib", "face_alignment", "facenet_pytorch", "onnxruntime"}
SLOW = {"numba", "cv2", "scipy", "skimage", "matplotlib", "soundfile", "requests"}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def modules() -> list[str]:
    walked = [pkgutil.walk_packages(package.__path__, f"{package.__name__}.") for package in (core, app)]
    return [entry.name for walk in walked for entry in walk]


def imported_names(path: Path) -> set[str]:
    """Top-level packages that a file imports anywhere, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def loaded_by(names: list[str], then: str = "") -> set[str]:
    """Top-level packages in `sys.modules` after a fresh interpreter imported `names` and ran `then`."""
    script = (
        "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
        f"{then}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    )
    done = run(sys.executable, "-c", script, *names)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_imports_keep_the_direction_that_is_written_in_pyproject() -> None:
    done = run(str(BIN / "lint-imports"), "--no-cache", "--no-logo")
    assert done.returncode == 0, done.stdout + done.stderr


def test_torch_stays_in_its_homes() -> None:
    strays = {}
    for path in SOURCES:
        place = path.relative_to(ROOT).as_posix()
        at_home = place.startswith(TORCH_HOMES) and not place.startswith("core/generation/mesh/")
        if not at_home and imported_names(path) & TORCH:
            strays[place] = imported_names(path) & TORCH
    assert not strays


def test_the_command_line_knows_no_qt_and_core_neither() -> None:
    qt = {"PySide6", "shiboken6", "pyqtgraph", "qtpy", "superqt", "qtawesome"}
    quiet = [path for path in SOURCES if path.is_relative_to(ROOT / "core") or "commands" in path.parts]
    quiet.append(ROOT / "app" / "cli.py")
    assert not {str(path): imported_names(path) & qt for path in quiet if imported_names(path) & qt}


def test_building_the_parser_loads_nothing_heavy_or_slow() -> None:
    assert loaded_by(["app.cli"], "sys.modules['app.cli'].build_parser()") & (HEAVY | SLOW) == set()


def test_importing_core_without_its_engines_loads_nothing_heavy() -> None:
    # An engine's own modules may need torch at once: the registry imports them when one is chosen.
    light = [name for name in modules() if not re.match(r"core\.(generation\.\w+\.|training)", name)]
    assert loaded_by(light) & HEAVY == set()


def test_importing_what_the_window_starts_with_loads_nothing_slow() -> None:
    packages = "values|document|animation|project_file|weights|rendering|media|generation.registry"
    light = [name for name in modules() if re.match(rf"core\.({packages})", name)]
    assert loaded_by(light) & (HEAVY | SLOW) - {"cv2"} == set()


def test_every_package_is_a_map_of_itself_and_every_module_says_what_it_is() -> None:
    texts = {path: ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "" for path in SOURCES}
    least = {path: 13 if path.name == "__init__.py" else 1 for path in SOURCES}
    assert [path.relative_to(ROOT).as_posix() for path in SOURCES if len(texts[path].split()) < least[path]] == []


def test_core_has_strict_types() -> None:
    done = run(sys.executable, "-m", "mypy")
    assert done.returncode == 0, done.stdout


def test_the_linter_has_nothing_to_say() -> None:
    done = run(sys.executable, "-m", "ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout


def test_everything_is_formatted() -> None:
    done = run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".")
    assert done.returncode == 0, done.stdout


def test_no_file_holds_a_path_of_somebodys_machine_or_a_package_index() -> None:
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("not a git checkout")
    homes = "|".join(("home/[a-z]", "root/", "Users/[A-Za-z]", "work/[a-z]", "mnt/[a-z]", "tmp/work"))
    forbidden = re.compile(rf"""(?:(?<=[\s"'=(:`])/(?:{homes})|[A-Z]:\\Users|--(?:extra-)?index-url)""".encode())
    found = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and name != "tests/test_contracts.py":
            hits = forbidden.findall(path.read_bytes())
            if hits:
                found[name] = hits
    assert not found


def test_the_top_level_holds_only_what_belongs_there() -> None:
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {name.partition("/")[0] for name in filter(None, listed.stdout.split("\0"))}
    belongs = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}
    belongs |= {"app", "core", "resources", "trained_models", "tests", "packaging"}
    assert {name for name in top - belongs if not name.startswith(".")} == set()


def test_the_installed_pyside_counts_references_to_none() -> None:
    # PySide6 6.12.0 on Python 3.11 loses one with each call that returns None, and aborts after some thousands.
    from PySide6.QtCore import QObject

    owner = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        owner.parent()
    assert sys.getrefcount(None) > before - 50
