"""Finds, verifies and reads weights in a list of folders."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from core.errors import UserError, WeightsMissing
from core.folders import data_folder, trained_models_folder
from core.values.progress import Progress
from core.weights.catalogue import CATALOGUE, Entry, entry_named
from core.weights.checksum import checksum_of, recorded_checksum
from core.weights.files import read_arrays


class State(StrEnum):
    """How a file of weights stands. `PRESENT` says only that it is there with the right size."""

    MISSING = "missing"
    PRESENT = "present"
    SOUND = "sound"
    DAMAGED = "damaged"
    UNCHECKED = "no checksum known"


class WeightsStore:
    """Weights in `folders`, looked through in order; what is fetched goes to `downloads` (default: the last)."""

    def __init__(
        self, folders: Sequence[Path], catalogue: Mapping[str, Entry] = CATALOGUE, downloads: Path | None = None
    ) -> None:
        self.folders = tuple(folders)
        self.catalogue = catalogue
        self.downloads = downloads or self.folders[-1]

    def find(self, name: str) -> Path | None:
        """The file of the weights called `name`, or None. Its size is checked, not its checksum.

        Raises `UserError` for a name that the catalogue does not have.
        """
        entry = entry_named(name, self.catalogue)
        return next((path for path in self._places(entry) if _fits(path, entry)), None)

    def require(self, name: str) -> Path:
        """The file of the weights called `name`. Raises `WeightsMissing` with how to get them."""
        path = self.find(name)
        if path is not None:
            return path
        entry = self.catalogue[name]
        raise WeightsMissing(f"The weights '{name}' ({entry.title}) are not on this machine", _how_to_get(entry))

    def state(self, name: str) -> State:
        """Whether the weights are there, without reading them."""
        if self.find(name) is not None:
            return State.PRESENT
        places = self._places(self.catalogue[name])
        return State.DAMAGED if any(path.is_file() for path in places) else State.MISSING

    def verify(self, name: str, progress: Progress | None = None) -> State:
        """Read the whole file and compare it with its checksum."""
        state = self.state(name)
        path = self.find(name)
        if path is None:
            return state
        entry = self.catalogue[name]
        expected = recorded_checksum(path) if entry.builtin else entry.sha256
        if expected is None:
            return State.UNCHECKED
        actual = checksum_of(path, progress or Progress(), f"verifying {name}")
        return State.SOUND if actual.startswith(expected) else State.DAMAGED

    def fetch(self, name: str, progress: Progress | None = None) -> Path:
        """Download the weights called `name`, or go on with a download that stopped; nothing if they are sound.

        Raises `WeightsMissing` when it does not come about; what had arrived is kept for the next try.
        """
        from core.weights.fetch import fetch_file

        progress = progress or Progress()
        entry = entry_named(name, self.catalogue)
        if entry.url is None:
            raise UserError(f"The weights '{name}' are not fetched on their own", _how_to_get(entry))
        found = self.find(name)
        if found is not None and self.verify(name, progress) is State.SOUND:
            return found
        return fetch_file(entry, self.downloads, progress)

    def load_arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """All arrays of a safetensors file. Raises `WeightsMissing` if it is absent or unreadable."""
        return read_arrays(self.require(name))

    def _places(self, entry: Entry) -> list[Path]:
        if entry.package is None:
            return [folder / entry.file for folder in self.folders]
        spec = find_spec(entry.package)  # of a top-level package this imports nothing
        return [Path(spec.origin).parent / entry.file] if spec and spec.origin else []


def default_store() -> WeightsStore:
    """The folders of this machine: what comes with Facekey, `FACEKEY_WEIGHTS`, the person's data folder.

    Last, torch's own cache is looked through, where face-alignment and facenet-pytorch put the same files
    when they are used on their own.
    """
    own = data_folder() / "weights"
    chosen = os.environ.get("FACEKEY_WEIGHTS")
    downloads = Path(chosen).expanduser() if chosen else own
    torch_home = Path(os.environ.get("TORCH_HOME") or Path.home() / ".cache" / "torch")
    folders = [trained_models_folder(), downloads, own, torch_home / "hub" / "checkpoints", torch_home / "checkpoints"]
    return WeightsStore(list(dict.fromkeys(folders)), downloads=downloads)


def _fits(path: Path, entry: Entry) -> bool:
    return path.is_file() and (entry.size is None or path.stat().st_size == entry.size)


def _how_to_get(entry: Entry) -> str:
    if entry.builtin:
        return "They come with Facekey: install it again, or restore the folder trained_models."
    if entry.package is not None:
        return f"They come inside a library: run 'pip install {entry.package.replace('_', '-')}'."
    return f"Run 'facekey models fetch {entry.name}', or put {entry.file} into a folder named by FACEKEY_WEIGHTS."
