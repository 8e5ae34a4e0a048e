#!/usr/bin/env python3
"""From a fresh machine to a running Facekey: `python3 packaging/bootstrap.py run | test | setup`.

Needs Python 3.11 or 3.12 and nothing else. It makes `.venv` in the repository, installs the pinned set of
`requirements.lock` there, checks the system's libraries, and then does what it was asked for. A second run
sees from a stamp that nothing changed and starts at once; a run after an interrupted one finds half
installed libraries by their file lists and installs those again.

Packages come from wherever this machine's pip gets them; no index is named here.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TORCH = "2.13.0"
PYTHONS = ((3, 11), (3, 12))
SYSTEM_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
"""What Qt, OpenCV and MediaPipe load even without a screen, and the Debian package of each."""
PROBE = "import numpy, cv2, av, safetensors, skimage, numba, torch, mediapipe, PySide6.QtGui, app.cli"
"""Imports that show that a new installation holds together."""


class Stop(Exception):
    """Cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    print(f"facekey: {text}", flush=True)


# What to do


def parse(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """(verb, what is passed on). Leaves with status 2 on anything else."""
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description="Install Facekey into .venv and run it.", allow_abbrev=False
    )
    parser.add_argument(
        "verb",
        choices=("run", "test", "setup"),
        help="run: make the demonstration clip; test: run the tests; setup: only install",
    )
    known, rest = parser.parse_known_args(arguments[:1])
    rest += list(arguments[1:])
    if known.verb == "setup" and rest:
        parser.error(f"setup takes nothing more, not {' '.join(rest)}")
    return known.verb, rest


def command_for(verb: str, rest: Sequence[str], folder: Path) -> list[str]:
    """What to start in the environment in `folder` after the installation."""
    if verb == "run":
        return [str(program(folder, "facekey")), "demo", *rest]
    workers = [] if any(part.startswith(("-n", "--numprocesses")) for part in rest) else ["-n", "2"]
    return [str(program(folder, "python")), "-m", "pytest", *workers, *rest]


def environment(verb: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables for the installed programs: no stray packages, and for tests no screen and UTF-8."""
    variables = {name: value for name, value in inherited.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    if verb == "test":
        variables.update(LC_ALL="C.UTF-8", QT_QPA_PLATFORM="offscreen")
    return variables


def program(folder: Path, name: str) -> Path:
    return folder / "Scripts" / f"{name}.exe" if os.name == "nt" else folder / "bin" / name


# The machine


def check_python(version: Sequence[int], runs: Callable[[str], bool] | None = None) -> None:
    if tuple(version[:2]) in PYTHONS:
        return
    found = next((name for name in ("python3.12", "python3.11") if (runs or starts)(name)), None)
    remedy = f"run it with {found}, which is here" if found else "install Python 3.11 or 3.12 and run it with that"
    raise Stop(f"this is Python {version[0]}.{version[1]}, and Facekey needs 3.11 or 3.12: {remedy}")


def starts(name: str) -> bool:
    """Whether there is a program called `name` that works: a version manager leaves names that do not."""
    try:
        return subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_packages(loads: Callable[[str], bool] = loadable, ensurepip: bool | None = None) -> list[str]:
    """Debian packages of what this Linux lacks; on other systems the wheels carry everything."""
    if not sys.platform.startswith("linux"):
        return []
    if ensurepip is None:
        ensurepip = importlib.util.find_spec("ensurepip") is not None
    venv = [] if ensurepip else [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"]
    return venv + [package for library, package in SYSTEM_LIBRARIES.items() if not loads(library)]


def install_packages(
    packages: Sequence[str],
    root: bool,
    debian: bool,
    call: Callable[[list[str]], int],
) -> None:
    """Install them where that is ours to do; otherwise stop with the command for it."""
    if not packages:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not debian:
        libraries = [library for library, package in SYSTEM_LIBRARIES.items() if package in packages]
        wanted = libraries + [package for package in packages if package.startswith("python")]
        raise Stop(f"this system lacks {', '.join(wanted)}: install the packages that carry them and run this again")
    if not root:
        raise Stop(f"this system lacks {', '.join(packages)}: run\n  sudo {shlex.join(command)}\nand this again")
    say(f"installing {', '.join(packages)} with apt-get")
    if call(["apt-get", "update", "-q"]) or call(command):
        raise Stop(f"apt-get failed: run\n  apt-get update && {shlex.join(command)}\nand this again")


def call_apt(command: list[str]) -> int:
    return subprocess.call(command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


# The environment


class Environment:
    """The virtual environment of the repository at `root`, and the steps that fill it."""

    def __init__(self, root: Path = ROOT, torch: str = TORCH, probe: str = PROBE) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.lock = root / "packaging" / "requirements.lock"
        self.torch = torch
        self.probe = probe
        self.stamp = self.folder / "facekey-installed"
        self.log = self.folder / "facekey-install.log"
        self.python = program(self.folder, "python")

    def fingerprint(self) -> str:
        """A hash of all that the installation depends on."""
        digest = hashlib.sha256(f"{self.root}\n{self.torch}\n{self.probe}\n".encode())
        for file in (self.lock, self.root / "pyproject.toml"):
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def current(self) -> bool:
        """Whether the last installation finished and nothing changed since."""
        return self.stamp.is_file() and self.stamp.read_text() == self.fingerprint() and self.usable()

    def usable(self) -> bool:
        """Whether the environment has a Python of the right version and pip."""
        check = "import sys, pip; print(sys.version_info[0], sys.version_info[1])"
        try:
            done = subprocess.run([self.python, "-c", check], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return False
        return tuple(int(number) for number in done.stdout.split()) in PYTHONS

    def set_up(self) -> None:
        if self.current():
            return
        started = time.monotonic()
        self.stamp.unlink(missing_ok=True)
        if not self.usable():
            self.create()
        self.repair()
        if not self.has_torch():
            self.pip(f"1 of 3: torch {self.torch}", "install", "-c", str(self.lock), f"torch=={self.torch}")
        count = sum(1 for line in self.lock.read_text().splitlines() if line.strip() and not line.startswith("#"))
        # The lock is complete, and some libraries state older versions than they work with.
        self.pip(f"2 of 3: {count} libraries", "install", "--no-deps", "-r", str(self.lock))
        self.pip("3 of 3: Facekey", "install", "--no-deps", "--no-build-isolation", "-e", str(self.root))
        self.try_out()
        self.stamp.write_text(self.fingerprint())
        say(f"installed in {time.monotonic() - started:.0f} s")

    def create(self) -> None:
        if Path(sys.prefix).resolve() == self.folder.resolve():
            raise Stop(f"{self.folder} is incomplete and in use: run this with the system's Python")
        say(f"making {self.folder}" + (" anew, for it is incomplete" if self.folder.exists() else ""))
        done = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(self.folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Stop(f"the virtual environment could not be made:\n{done.stdout}{done.stderr}")

    def repair(self) -> None:
        """Forget libraries whose installation did not finish, so that pip installs them again."""
        for site in site_folders(self.folder):
            for left in site.glob("~*"):  # what pip had moved aside when it was stopped
                shutil.rmtree(left, ignore_errors=True)
            for record in half_installed(site):
                say(f"{record.name.removesuffix('.dist-info')} is incomplete and will be installed again")
                shutil.rmtree(record)

    def has_torch(self) -> bool:
        """Whether a torch of the right version is there, from wherever it came (CPU, CUDA, ROCm)."""
        code = "import importlib.metadata as m, torch; print(m.version('torch'))"
        done = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=False)
        return done.returncode == 0 and done.stdout.strip().partition("+")[0] == self.torch

    def pip(self, what: str, *arguments: str) -> None:
        say(what)
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
        variables = environment("setup", os.environ) | {"PYTHONUNBUFFERED": "1"}
        lines = []
        with subprocess.Popen(
            command, env=variables, text=True, encoding="utf-8", errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            try:
                with self.log.open("a", encoding="utf-8") as log:
                    for line in process.stdout or ():
                        log.write(line)
                        lines.append(line.rstrip())
                        if shown := progress_line(line):
                            print(f"  {shown}", flush=True)
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            tail = "\n".join(lines[-20:])
            raise Stop(f"pip failed ({what}):\n{tail}\nThe whole log is {self.log}. Run this again to go on.")

    def try_out(self) -> None:
        """Import what was installed: a library that the system lacks shows here, with its name."""
        variables = environment("test", os.environ)
        done = subprocess.run(
            [self.python, "-c", self.probe], capture_output=True, text=True, check=False, env=variables, cwd=self.root
        )
        if done.returncode:
            raise Stop(f"the installation does not work on this system:\n{done.stderr.strip()[-2000:]}")


def progress_line(line: str) -> str | None:
    """What of pip's talk is worth a line: each download, and the last step."""
    line = line.strip()
    if line.startswith(("Downloading ", "Processing ")):
        return line.partition(" ")[2].partition(" (from")[0].rpartition("/")[2]
    if line.startswith("Installing collected packages"):
        return f"unpacking {line.count(',') + 1}"
    return None


def site_folders(folder: Path) -> list[Path]:
    """The site-packages of the environment in `folder`."""
    return [*folder.glob("lib/python3*/site-packages"), *folder.glob("Lib/site-packages")]


def half_installed(site: Path) -> list[Path]:
    """The `.dist-info` folders whose list of files is absent, or names files that are absent or shorter.

    pip writes the list last and believes a library installed as soon as the folder is there.
    """
    return [record for record in sorted(site.glob("*.dist-info")) if not complete(record)]


def complete(record: Path) -> bool:
    try:
        with (record / "RECORD").open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if row]
    except OSError:
        return False
    return bool(rows) and (record / "METADATA").is_file() and all_there(record.parent, rows)


def all_there(site: Path, rows: Iterable[Sequence[str]]) -> bool:
    for name, _, size in rows:
        if name.endswith((".pyc", "/RECORD")):
            continue
        try:
            actual = (site / name).stat().st_size
        except OSError:
            return False
        if size and actual != int(size):
            return False
    return True


def main(arguments: Sequence[str]) -> int:
    verb, rest = parse(arguments)
    try:
        check_python(sys.version_info)
        place = Environment()
        if not place.current():
            root = hasattr(os, "geteuid") and os.geteuid() == 0
            install_packages(missing_packages(), root, shutil.which("apt-get") is not None, call_apt)
            place.set_up()
        if verb == "setup":
            say(f"ready: {program(place.folder, 'facekey')}")
            return 0
        folder = ROOT if verb == "test" else Path.cwd()
        return subprocess.call(command_for(verb, rest, place.folder), env=environment(verb, os.environ), cwd=folder)
    except Stop as stop:
        print(f"facekey: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nfacekey: stopped; the same command goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
