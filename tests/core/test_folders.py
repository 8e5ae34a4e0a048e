from __future__ import annotations

from pathlib import Path

import pytest

from core import folders

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_uses_its_own_folders() -> None:
    assert folders.resource_folder() == ROOT / "resources"
    assert folders.trained_models_folder() == ROOT / "trained_models"


def test_an_installed_wheel_uses_what_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carried = tmp_path / "core" / "shipped" / "trained_models"
    carried.mkdir(parents=True)
    monkeypatch.setattr(folders, "_PACKAGE", tmp_path / "core")
    assert folders.trained_models_folder() == carried


def test_a_persons_files_stay_out_of_the_checkout() -> None:
    for folder in (folders.data_folder(), folders.cache_folder()):
        assert folder.is_absolute()
        assert "facekey" in folder.name.lower()
        assert not folder.is_relative_to(ROOT)
