from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from core.document.channels import Group
from core.generation import protocol
from core.generation.mesh import face
from core.generation.protocol import EngineInfo


def test_what_passes_in_and_out_of_an_engine_is_frozen() -> None:
    passed = (protocol.EngineInfo, protocol.Subject, protocol.Rendered, face.FaceRig, face.PosedFace)
    for kind in passed:
        assert is_dataclass(kind)
        assert hasattr(kind, "__slots__")
        assert kind.__dataclass_params__.frozen, kind
        assert fields(kind)


def test_an_engine_says_what_it_follows_and_needs() -> None:
    info = EngineInfo("mesh", "1", "Mesh", None, frozenset({Group.MOUTH}))
    assert (info.memory, info.device) == (0, "cpu")
    with pytest.raises(FrozenInstanceError):
        info.name = "other"  # type: ignore[misc]
