"""`facekey doctor`: what is installed here, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

NAME = "doctor"
HELP = "tell what is installed, which devices, weights and codecs there are, and what is missing"
ORDER = 90

NEEDED_CODECS = {"libx264": "H.264 clips", "aac": "sound", "png": "picture sequences"}
OTHER_CODECS = {
    "prores_ks": "ProRes",
    "dnxhd": "DNxHR",
    "libvpx-vp9": "VP9 with alpha",
    "ffv1": "FFV1, lossless",
    "libx265": "HEVC",
    "libsvtav1": "AV1",
    "libwebp_anim": "animated WebP",
    "gif": "GIF",
}
NEEDED_WEIGHTS = ("arkit-shapes", "mediapipe-face-mesh")
LOADED = {"cv2": "pictures", "av": "clips", "PySide6.QtGui": "the window"}
"""Modules with libraries of their own that a system may be unable to load, and what they are for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def run(arguments: argparse.Namespace) -> int:
    report = examine()
    if arguments.json:
        print(json.dumps(report, indent=1))
    else:
        print("\n".join(_lines(report)))
    return 0 if report["ready"] else 1


def examine() -> dict[str, Any]:
    """The whole report; `problems` holds what keeps Facekey from working, each with its remedy."""
    loaded = {module: _load_error(module) for module in LOADED}
    report: dict[str, Any] = {
        "system": _system(),
        "libraries": _libraries(),
        "loaded": {module: error is None for module, error in loaded.items()},
        "devices": _devices(),
        "weights": _weights(),
        "video": _video() if loaded["av"] is None else None,
        "folders": _folders(),
    }
    problems = list(_problems(report, loaded))
    return report | {"problems": problems, "ready": not problems}


def _system() -> dict[str, Any]:
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        memory = None
    return {
        "facekey": _version("facekey"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": memory,
    }


def _libraries() -> dict[str, dict[str, Any]]:
    """Every library that Facekey states: its version, and whether Facekey cannot do without it."""
    try:
        lines = requires("facekey") or []
    except PackageNotFoundError:  # run from a checkout that is not installed
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
        extras = [f"{line}; extra == '{name}'" for name in project["optional-dependencies"]
                  for line in project["optional-dependencies"][name]]  # fmt: skip
        lines = project["dependencies"] + extras
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0]: "extra ==" not in line for line in lines}
    return {name: {"version": _version(name), "needed": needed} for name, needed in names.items()}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _load_error(module: str) -> str | None:
    """What goes wrong when `module` is imported in a process of its own, where it may crash."""
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, check=False)
    return (done.stderr.strip().splitlines() or ["it crashes"])[-1] if done.returncode else None


def _devices() -> list[dict[str, Any]]:
    from core.weights.device import devices

    try:
        return [{"name": device.name, "title": device.title, "memory": device.memory} for device in devices()]
    except (ImportError, OSError):
        return []


def _weights() -> dict[str, str]:
    from core.weights.store import State, default_store

    store = default_store()
    return {
        name: str(store.verify(name) if store.state(name) is not State.MISSING else State.MISSING)
        for name in store.catalogue
    }


def _video() -> dict[str, Any]:
    import av
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    def encodes(name: str) -> bool:
        try:
            Codec(name, "w")
        except UnknownCodecError:
            return False
        return True

    libraries = {name: ".".join(map(str, numbers)) for name, numbers in av.library_versions.items()}
    return {"libraries": libraries, "encoders": {name: encodes(name) for name in (*NEEDED_CODECS, *OTHER_CODECS)}}


def _folders() -> dict[str, dict[str, Any]]:
    from core.folders import cache_folder, data_folder, resource_folder, trained_models_folder
    from core.weights.store import default_store

    compiled = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).parents[2] / "core" / "generation" / "mesh")
    written = {
        "data": data_folder(),
        "cache": cache_folder(),
        "weights": default_store().downloads,
        "compiled code": compiled,
    }
    read = {"resources": resource_folder(), "trained models": trained_models_folder()}
    report = {role: {"path": str(path), "writable": _writable(path)} for role, path in written.items()}
    return report | {role: {"path": str(path), "present": path.is_dir()} for role, path in read.items()}


def _writable(folder: Path) -> bool:
    """Whether files can be made in `folder`, or the folder itself where it does not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _problems(report: dict[str, Any], loaded: dict[str, str | None]) -> Iterator[dict[str, str]]:
    def problem(message: str, remedy: str) -> dict[str, str]:
        return {"message": message, "remedy": remedy}

    again = "Run 'python3 packaging/bootstrap.py setup', or 'pip install' Facekey again."
    if sys.version_info[:2] not in ((3, 11), (3, 12)):
        yield problem(f"This is Python {report['system']['python']}", "Use Python 3.11 or 3.12.")
    for name, library in report["libraries"].items():
        if library["needed"] and library["version"] is None:
            yield problem(f"The library {name} is missing", again)
    for module, error in loaded.items():
        if error is not None:
            remedy = f"{LOADED[module].capitalize()} need it. As root on Debian, bootstrap.py installs what it lacks."
            yield problem(f"{module} cannot be loaded ({error})", remedy)
    if not report["devices"]:
        yield problem("torch cannot be loaded", again)
    for name, state in report["weights"].items():
        if name in NEEDED_WEIGHTS and state in ("missing", "damaged"):
            yield problem(f"The weights '{name}' are {state}", again)
        elif state == "damaged":
            yield problem(f"The weights '{name}' are damaged", f"Run 'facekey models fetch {name}'.")
    for codec in NEEDED_CODECS:
        if report["video"] is not None and not report["video"]["encoders"][codec]:
            yield problem(f"This PyAV cannot write {codec}", "Install the 'av' wheel from the package index.")
    for role, folder in report["folders"].items():
        if not folder.get("writable", True) and role != "compiled code":
            yield problem(f"The {role} folder {folder['path']} cannot be written", "Change its permissions.")
        if not folder.get("present", True):
            yield problem(f"The {role} folder {folder['path']} is missing", again)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    system = report["system"]
    memory = f", {system['memory'] / 2**30:.0f} GiB" if system["memory"] else ""
    yield f"Facekey {system['facekey'] or '(not installed, run from its folder)'}, Python {system['python']}"
    yield f"{system['platform']}, {system['cores']} cores{memory}"
    yield ""
    yield "Libraries"
    for name, library in report["libraries"].items():
        absent = "missing" if library["needed"] else "not installed (optional)"
        yield f"  {name:26} {library['version'] or absent}"
    yield "Devices"
    for device in report["devices"]:
        size = f", {device['memory'] / 2**30:.0f} GiB" if device["memory"] else ""
        yield f"  {device['name']:26} {device['title']}{size}"
    yield "Weights"
    for name, state in report["weights"].items():
        hint = f"; 'facekey models fetch {name}'" if state == "missing" and name not in NEEDED_WEIGHTS else ""
        yield f"  {name:26} {state}{hint}"
    if report["video"] is not None:
        yield "Encoders"
        for name, there in report["video"]["encoders"].items():
            yield f"  {name:26} {'yes' if there else 'no '} {(NEEDED_CODECS | OTHER_CODECS)[name]}"
        libraries = report["video"]["libraries"]
        yield f"  FFmpeg: {', '.join(f'{name} {number}' for name, number in libraries.items())}"
    yield "Folders"
    for role, folder in report["folders"].items():
        note = "" if folder.get("writable", True) and folder.get("present", True) else "  (no access)"
        yield f"  {role:26} {folder['path']}{note}"
    yield ""
    for problem in report["problems"]:
        yield f"{problem['message']}. {problem['remedy']}"
    yield "ready" if report["ready"] else "not ready"
