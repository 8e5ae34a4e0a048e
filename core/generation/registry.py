"""The engines by name. Engines are named as strings, and nothing of one is imported before it is made.

Built-in engines stand in `BUILT_IN`; any installed package may add its own under the entry-point
group `facekey.engines`, as `name = "package.module:make_engine"`, a function of no arguments that
gives an `Engine`. A built-in name cannot be taken over.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from core.errors import UserError
from core.generation.protocol import Engine, EngineInfo

GROUP = "facekey.engines"
BUILT_IN: dict[str, str] = {
    "mesh": "core.generation.mesh.engine:make_mesh_engine",
}


def engine_names() -> tuple[str, ...]:
    """All engines that can be asked for, built-in ones first."""
    return (*BUILT_IN, *sorted(_installed().keys() - BUILT_IN.keys()))


def make_engine(name: str) -> Engine:
    """A new engine. Raises `UserError` when no engine has the name, or an added one cannot be loaded."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        engine: Engine = getattr(import_module(module), attribute)()
        return engine
    installed = _installed()
    if name not in installed:
        raise UserError(f"There is no engine called '{name}'", f"Choose one of: {', '.join(engine_names())}.")
    entry = installed[name]
    try:
        engine = entry.load()()
    except (ImportError, AttributeError, TypeError) as error:
        remedy = f"Reinstall the package that brings it ({entry.value}), or choose another engine."
        raise UserError(f"The engine '{name}' cannot be loaded: {error}", remedy) from error
    return engine


def engine_info(name: str) -> EngineInfo:
    """What the engine called `name` says of itself. Raises as `make_engine`."""
    engine = make_engine(name)
    try:
        return engine.info
    finally:
        engine.close()


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}
