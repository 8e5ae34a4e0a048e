"""A photo on disk, a clip made of it, and the command line called in process."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from app.cli import main
from core.animation.face_state import face_state
from core.export.plan import plan_export
from core.export.run import export
from core.generation.registry import make_engine
from core.media.photo import write_photo
from core.perception.detect import require_face
from core.rendering.frame_cache import FrameCache
from core.rendering.renderer import Renderer
from core.rendering.request import FrameRequest
from core.rendering.subject import subject_of
from core.values.image import Image, image_of
from core.values.time import FrameRange


@pytest.fixture(scope="session")
def photo(portrait: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration portrait's head, 256 px."""
    path = tmp_path_factory.mktemp("photo") / "portrait.png"
    write_photo(image_of(portrait.pixels[:256, 96:352].copy()), path)
    return path


@pytest.fixture(scope="session")
def smile_clip(portrait: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames at 25 fps in which the demonstration portrait opens its jaw and closes it again."""
    path = tmp_path_factory.mktemp("clip") / "jaw.mp4"
    image = image_of(portrait.pixels[:320, 64:384].copy())
    subject = subject_of(image, require_face(image).landmarks)
    renderer = Renderer(make_engine, FrameCache(0))
    opening = [0, 0, 0.1, 0.3, 0.5, 0.7, 0.7, 0.5, 0.3, 0.1, 0, 0]
    plan = plan_export(path, frames=FrameRange(0, len(opening) - 1), rate=Fraction(25), provenance=False)
    export(plan, lambda n: renderer.render(FrameRequest(subject, face_state({"jawOpen": opening[n]}))))
    renderer.close()
    return path


@pytest.fixture
def facekey(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run `facekey` with words -> (exit code, stdout, stderr); a bug is raised."""
    monkeypatch.setenv("FACEKEY_DEBUG", "1")

    def run(*words: object) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run
