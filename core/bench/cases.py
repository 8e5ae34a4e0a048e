"""What is measured. Each case makes its own input and gives the figures it found."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.animation.face_state import FaceState, face_state
from core.bench.machine import current_memory
from core.bench.material import bench_portrait, bench_subject
from core.bench.report import Result
from core.bench.timing import Timing, measure
from core.values.image import Pixels
from core.values.progress import Progress

EXPRESSION = {"emotion.happy": 0.8, "jawOpen": 0.3, "browInnerUp": 0.4, "eyeBlinkLeft": 0.2, "eyeBlinkRight": 0.2}
TURN = {**EXPRESSION, "head.yaw": 12.0, "head.pitch": -5.0}


@contextmanager
def one_core() -> Iterator[None]:
    """OpenCV on one thread; the engine's own loops never use more."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def moving(values: dict[str, float]) -> Iterator[FaceState]:
    """States around `values`, no two of them equal, so that nothing can be remembered."""
    for step in count():
        wave = 1 + 0.2 * np.sin(0.7 * step) + 1e-3 * step
        yield face_state({name: value * wave for name, value in values.items()})


def rendering() -> list[Result]:
    """The mesh engine's frames on one core, beside the trivial warps of the same landmarks."""
    from core.evaluation.baselines import piecewise_affine
    from core.generation.registry import make_engine

    results = []
    engine = make_engine("mesh")
    with one_core():
        for size in (512, 1024, 2048):
            subject = bench_subject(size)
            prepared = engine.prepare(subject, Progress())
            for label, values in (("expression", EXPRESSION), ("expression and turn", TURN)):
                states = moving(values)
                timing = measure(lambda p=prepared, s=states: engine.render(p, next(s), Progress()))  # type: ignore[misc]
                budget = 12.0 if size == 1024 else None
                results.append(_milliseconds(f"mesh, {label}, {size} px, one core", timing, budget))
            if size != 1024:
                continue
            ours = results[-2].value
            target = subject.landmarks + np.array([3.0, 5.0, 0.0])
            plain = measure(lambda s=subject, t=target: piecewise_affine(s.image.pixels, s.landmarks, t), runs=9)  # type: ignore[misc]
            results.append(_milliseconds("piecewise-affine warp, 1024 px", plain))
            results.append(Result("mesh over piecewise-affine, 1024 px", ours / plain.median, "x"))
            field = measure(lambda s=subject, t=target, n=size: _scipy_field(s.landmarks, t, n), runs=3)  # type: ignore[misc]
            results.append(_milliseconds("scipy's interpolator, the field alone, 1024 px", field))
            results.append(Result("mesh over scipy's interpolator, 1024 px", ours / field.median, "x"))
    engine.close()
    return results


def interaction() -> list[Result]:
    """A dragged control to its new picture through renderer and cache, and a photo to a ready puppet."""
    from core.generation.registry import make_engine
    from core.media.photo import write_photo
    from core.perception.portrait import open_portrait
    from core.rendering.frame_cache import FrameCache
    from core.rendering.renderer import Renderer
    from core.rendering.request import FrameRequest
    from core.rendering.subject import subject_of

    results = []
    renderer = Renderer(make_engine, FrameCache(64 * 2**20))
    subject = bench_subject(1024)
    states = moving(EXPRESSION)
    timing = measure(lambda: renderer.render(FrameRequest(subject, next(states))), runs=60)
    results.append(_milliseconds("control moved to new picture, 1024 px", timing, 25.0))
    results.append(Result("the same, 95th percentile", timing.p95, "ms", budget=50.0))
    held = FrameRequest(subject, face_state(EXPRESSION))
    renderer.render(held)
    results.append(_milliseconds("a frame out of the cache", measure(lambda: renderer.render(held))))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portrait.png"
        write_photo(bench_portrait(1024), path)

        def open_and_prepare() -> None:
            photo = open_portrait(path)
            neutral = photo.portrait.neutral
            found = subject_of(photo.image, photo.portrait.landmarks, None if neutral is None else neutral.data)
            engine = make_engine("mesh")
            engine.render(engine.prepare(found, Progress()), next(states), Progress())

        ready = measure(open_and_prepare, runs=5, warm=1)
    results.append(Result("photo opened to puppet ready, 1024 px", ready.median / 1000, "s", budget=1.5))
    renderer.close()
    return results


def editing() -> list[Result]:
    """Edits and evaluation in a document of 100,000 keys."""
    from core.animation.evaluate import evaluate
    from core.document.channels import SHAPES
    from core.document.document import new_document
    from core.document.edits.keys import put_keys, set_key
    from core.document.tracks import Key

    document = new_document()
    keys_each = 100_000 // len(SHAPES)
    for number, name in enumerate(SHAPES):
        keys = [Key(float(2 * frame), 0.5 + 0.4 * np.sin(0.1 * frame + number)) for frame in range(keys_each)]
        document = put_keys(document, "layer1", name, keys)
    frames = count(1, 2)
    edit = measure(lambda: set_key(document, "layer1", "jawOpen", next(frames), 0.3), runs=400)
    scrub = measure(lambda: evaluate(document, next(frames) + 0.5), runs=400)
    return [
        Result("one edit among 100,000 keys", 1000 * edit.median, "us", 1000 * edit.p95, budget=100.0),
        Result("evaluate one frame of 52 tracks", scrub.median, "ms", scrub.p95),
    ]


def exporting() -> list[Result]:
    """1080p H.264, as an artist exports it, and how memory moves while it does."""
    from core.export.plan import plan_export
    from core.export.run import export
    from core.generation.registry import make_engine
    from core.rendering.frame_cache import FrameCache
    from core.rendering.renderer import Renderer
    from core.rendering.request import FrameRequest
    from core.values.time import FrameRange

    image = bench_portrait(1080)
    padded = np.zeros((1080, 1920, 3), np.uint8)
    padded[:, 420:1500] = image.pixels
    from core.perception.detect import require_face
    from core.rendering.subject import subject_of
    from core.values.image import image_of

    wide = image_of(padded)
    subject = subject_of(wide, require_face(wide).landmarks)
    renderer = Renderer(make_engine, FrameCache(0))
    states = moving(EXPRESSION)
    memory: list[int] = []

    def frame(_: int) -> Pixels:
        memory.append(current_memory())
        return renderer.render(FrameRequest(subject, next(states))).pixels

    frame(0)
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_export(Path(folder) / "bench.mp4", frames=FrameRange(0, 99), rate=Fraction(25), provenance=False)
        started = time.perf_counter()
        export(plan, frame, Progress())
        spent = time.perf_counter() - started
    renderer.close()
    grown = (np.mean(memory[-10:]) - np.mean(memory[20:30])) / 2**20
    return [
        Result("export 1080p H.264", 100 / spent, "fps", budget=25.0, less=False),
        Result("memory grown over 70 exported frames", float(grown), "MiB", budget=8.0),
    ]


def tracking() -> list[Result]:
    """A clip, made with the mesh engine, into a performance."""
    from core.export.plan import plan_export
    from core.export.run import export
    from core.generation.registry import make_engine
    from core.motion.clip_performance import performance_from_clip
    from core.values.time import FrameRange

    subject = bench_subject(640)
    engine = make_engine("mesh")
    prepared = engine.prepare(subject, Progress())
    states = moving(TURN)
    frames = 75
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        plan = plan_export(path, frames=FrameRange(0, frames - 1), rate=Fraction(25), provenance=False)
        export(plan, lambda _: engine.render(prepared, next(states), Progress()).pixels, Progress())
        performance_from_clip(path, progress=Progress())
        started = time.perf_counter()
        performance_from_clip(path, progress=Progress())
        spent = time.perf_counter() - started
    engine.close()
    return [Result("tracking, times real time at 25 fps", frames / 25 / spent, "x", budget=1.0, less=False)]


def memory() -> list[Result]:
    """Resident memory with a 4096 px photo open and moving."""
    from core.generation.registry import make_engine

    engine = make_engine("mesh")
    subject = bench_subject(4096)
    prepared = engine.prepare(subject, Progress())
    states = moving(TURN)
    timing = measure(lambda: engine.render(prepared, next(states), Progress()), runs=5, warm=2)
    used = current_memory() / 2**20
    engine.close()
    return [
        Result("memory with a 4096 px photo open", used, "MiB", budget=1200.0),
        _milliseconds("mesh, expression and turn, 4096 px", timing),
    ]


CASES: dict[str, Callable[[], list[Result]]] = {
    "memory": memory,
    "rendering": rendering,
    "interaction": interaction,
    "editing": editing,
    "tracking": tracking,
    "exporting": exporting,
}
"""In this order: memory first, while the process is young."""


def _scipy_field(source: NDArray[np.float64], target: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """(size, size, 2) where each pixel comes from, by scipy's linear interpolator over the 478 landmarks."""
    from scipy.interpolate import LinearNDInterpolator

    rows, columns = np.mgrid[:size, :size]
    move = LinearNDInterpolator(target[:, :2], source[:, :2] - target[:, :2], fill_value=0.0)
    return np.asarray(move(columns, rows))


def _milliseconds(case: str, timing: Timing, budget: float | None = None) -> Result:
    return Result(case, timing.median, "ms", timing.p95, budget)
