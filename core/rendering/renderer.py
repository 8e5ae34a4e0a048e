"""Engines, preparation and cache behind one call."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from core.generation.protocol import Engine, Subject
from core.rendering.compose import composed
from core.rendering.frame_cache import FrameCache
from core.rendering.frame_key import frame_key, subject_key
from core.rendering.request import FrameRequest, FrameResult, quantised
from core.rendering.subject import reduced
from core.values.progress import Progress

PREPARED_KEPT = 4


class Renderer:
    """Renders requests one at a time, from one thread. Engines are made when first asked for."""

    def __init__(self, make_engine: Callable[[str], Engine], cache: FrameCache | None = None) -> None:
        """`make_engine` gives the engine of a name (`core.generation.registry.make_engine`)."""
        self._make_engine = make_engine
        self._cache = FrameCache() if cache is None else cache
        self._engines: dict[str, Engine] = {}
        self._prepared: OrderedDict[tuple[str, bytes, float], tuple[Subject, Any]] = OrderedDict()

    def render(self, request: FrameRequest, progress: Progress | None = None) -> FrameResult:
        """The frame, from the cache where an equal one is held. Raises `Cancelled` and the engine's `UserError`s."""
        progress = Progress() if progress is None else progress
        engine = self._engine(request.engine)
        key = frame_key(request, engine.info)
        held = self._cache.get(key)
        if held is not None:
            return FrameResult(request, *held, seconds=0.0)
        started = time.perf_counter()
        subject, prepared = self._prepare(engine, request, progress)
        # What the key rounds away must not show, or a frame would depend on those rendered before it.
        state = request.state.quantised()
        pixels = composed(subject.image, engine.render(prepared, state, progress))
        alpha = None
        if request.with_alpha:
            alpha = quantised(engine.matte(prepared, state, progress), pixels)
        self._cache.put(key, (pixels, alpha))
        return FrameResult(request, pixels, alpha, time.perf_counter() - started)

    def is_cached(self, request: FrameRequest) -> bool:
        """Whether `render` would answer from the cache."""
        return frame_key(request, self._engine(request.engine).info) in self._cache

    def close(self) -> None:
        """Give back everything. The renderer may be used again and starts afresh."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()
        self._prepared.clear()
        self._cache.clear()

    def _engine(self, name: str) -> Engine:
        if name not in self._engines:
            self._engines[name] = self._make_engine(name)
        return self._engines[name]

    def _prepare(self, engine: Engine, request: FrameRequest, progress: Progress) -> tuple[Subject, Any]:
        """The subject at the size asked for and what the engine made of it; the last few are kept."""
        key = (request.engine, subject_key(request.subject), request.scale)
        if key not in self._prepared:
            subject = reduced(request.subject, request.scale)
            self._prepared[key] = subject, engine.prepare(subject, progress)
            while len(self._prepared) > PREPARED_KEPT:
                self._prepared.popitem(last=False)
        self._prepared.move_to_end(key)
        return self._prepared[key]
