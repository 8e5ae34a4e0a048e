from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import UnreadableMedia
from core.motion.performance import Performance, performance_of
from core.motion.performance_json import read_performance_json, write_performance_json


@pytest.fixture
def written(performance: Performance, tmp_path: Path) -> Path:
    path = tmp_path / "take.json"
    write_performance_json(performance, path)
    return path


def test_everything_is_read_again(performance: Performance, written: Path) -> None:
    again = read_performance_json(written)
    assert again.rate == performance.rate
    assert again.source == "take.mp4"
    assert again.found.tolist() == performance.found.tolist()
    assert np.allclose(again.shapes, performance.shapes, atol=1e-6, equal_nan=True)
    assert np.allclose(again.gaze, performance.gaze, atol=1e-5, equal_nan=True)
    assert np.allclose(again.head, performance.head, atol=1e-5, equal_nan=True)
    assert again.residual is not None
    assert performance.residual is not None
    assert np.allclose(again.residual, performance.residual, atol=2e-5, equal_nan=True)


def test_the_residual_can_be_left_out(performance: Performance, tmp_path: Path, written: Path) -> None:
    path = tmp_path / "small.json"
    write_performance_json(performance, path, residual=False)
    assert read_performance_json(path).residual is None
    assert path.stat().st_size < written.stat().st_size


def break_rate(content: dict[str, Any]) -> None:
    content["rate"] = "1/0"


def break_shape(content: dict[str, Any]) -> None:
    content["shapes"][0] = "eyeWink"


def break_length(content: dict[str, Any]) -> None:
    content["frames"][0]["shapes"].pop()


def break_head(content: dict[str, Any]) -> None:
    content["frames"][1]["head"] = [1.0]


def break_residual(content: dict[str, Any]) -> None:
    content["frames"].append(None)


def break_base64(content: dict[str, Any]) -> None:
    content["residual"] = "not base64!"


def break_format(content: dict[str, Any]) -> None:
    content["format"] = "other"


def break_version(content: dict[str, Any]) -> None:
    content["version"] = 2


def break_frames(content: dict[str, Any]) -> None:
    content["frames"] = [None]


@pytest.mark.parametrize(
    "breaking",
    [break_rate, break_shape, break_length, break_head, break_residual, break_base64, break_format, break_version,
     break_frames],
)  # fmt: skip
def test_broken_files_are_refused(breaking: Callable[[dict[str, Any]], None], written: Path) -> None:
    content = json.loads(written.read_text())
    breaking(content)
    written.write_text(json.dumps(content))
    with pytest.raises(UnreadableMedia) as caught:
        read_performance_json(written)
    assert caught.value.remedy


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe\x00"])
def test_what_is_no_json_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(UnreadableMedia):
        read_performance_json(path)


def test_arrays_that_do_not_fit_make_no_performance(performance: Performance) -> None:
    with pytest.raises(ValueError, match="shapes must be"):
        performance_of(performance.rate, performance.shapes[:5], performance.gaze, performance.head, performance.found)
    everywhere = np.ones(len(performance), bool)
    with pytest.raises(ValueError, match="finite where the face was found"):
        performance_of(performance.rate, performance.shapes, performance.gaze, performance.head, everywhere)
