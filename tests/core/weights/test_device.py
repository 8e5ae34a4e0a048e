"""Where learned engines compute."""

import pytest

from core.errors import UserError
from core.weights.device import Device, devices, pick_device


def test_there_is_always_a_processor_and_auto_takes_the_best_that_is_there() -> None:
    found = devices()
    assert found[-1].name == "cpu"
    assert pick_device() == found[0].name
    assert pick_device("cpu") == "cpu"


def test_a_device_that_is_not_there_is_refused_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.weights.device.devices", lambda: (Device("cpu", "CPU, 2 threads"),))
    with pytest.raises(UserError) as caught:
        pick_device("cuda")
    assert "cuda" in caught.value.message
    assert "cpu" in caught.value.remedy
