"""Where Facekey's own files are, in a checkout and in an installed wheel, and where a person's files go."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_data_path, user_log_path

_PACKAGE = Path(__file__).resolve().parent


def resource_folder() -> Path:
    """Icons, themes, emotion presets and help pages."""
    return _shipped("resources")


def trained_models_folder() -> Path:
    """The weights that come with Facekey, each beside its card."""
    return _shipped("trained_models")


def data_folder() -> Path:
    """What Facekey keeps for this person: fetched weights, recovery files. It need not exist yet."""
    return user_data_path("facekey", appauthor=False)


def cache_folder() -> Path:
    """What can be made again. It need not exist yet."""
    return user_cache_path("facekey", appauthor=False)


def log_folder() -> Path:
    """What Facekey notes about its own failures. It need not exist yet."""
    return user_log_path("facekey", appauthor=False)


def _shipped(name: str) -> Path:
    # A wheel carries the folder inside the package (packaging/wheel_data.py); a checkout has it beside it.
    installed = _PACKAGE / "shipped" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
