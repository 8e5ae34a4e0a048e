"""What all tests share: a head-less environment, the portrait, the data folder and a watch on threads.

Set here, before anything else is imported, because Qt, numba and OpenCV read their environment once.
"""

from __future__ import annotations

import locale
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("MPLBACKEND", "Agg")
if locale.getpreferredencoding(False).lower() not in ("utf-8", "utf8"):
    os.environ["LC_ALL"] = "C.UTF-8"

import cv2  # noqa: F401 - imported for the two variables that it sets
import pytest
from hypothesis import settings

for variable in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(variable, None)  # OpenCV points Qt at plugins and fonts that its wheel lacks

if TYPE_CHECKING:
    from core.values.image import Image

ROOT = Path(__file__).resolve().parents[1]

# The same examples in every run: a red run can be repeated, and a slow machine is no failure.
settings.register_profile("facekey", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("facekey")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real photos and clips, `FACEKEY_DATA` or `../shared/data`; skips where there is none."""
    folder = Path(os.environ.get("FACEKEY_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "INDEX.csv").is_file():
        pytest.skip(f"no real photos and clips in {folder}; set FACEKEY_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def portrait() -> Image:
    """The portrait that scikit-image ships (NASA, public domain), 512 x 512."""
    from skimage.data import astronaut

    from core.values.image import image_of

    return image_of(astronaut())


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fail a test that leaves a thread which would keep the program alive."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    for thread in _started_since(before):
        thread.join(max(deadline - time.monotonic(), 0.0))
    left = _started_since(before)
    if left:
        pytest.fail(f"threads left running: {', '.join(thread.name for thread in left)}")


def _started_since(before: set[threading.Thread]) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
