from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from core.errors import UserError
from core.generation import registry


def test_the_mesh_engine_is_built_in_and_made_by_name() -> None:
    engine = registry.make_engine("mesh")
    assert engine.info.name == "mesh"
    assert registry.engine_names()[0] == "mesh"


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError) as caught:
        registry.make_engine("mush")
    assert "mush" in caught.value.message
    assert "mesh" in caught.value.remedy


def test_a_package_may_add_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("painted", "core.generation.mesh.engine:make_mesh_engine", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])
    assert registry.engine_names() == (*registry.BUILT_IN, "painted")
    assert registry.make_engine("painted").info.name == "mesh"


def test_a_built_in_name_cannot_be_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("mesh", "nowhere:nothing", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    assert registry.make_engine("mesh").info.name == "mesh"
    assert registry.engine_names().count("mesh") == 1


def test_a_broken_package_is_reported_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("broken", "no_such_package_at_all:make", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    with pytest.raises(UserError, match="broken"):
        registry.make_engine("broken")
