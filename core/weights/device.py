"""Where learned engines compute. The only module of this package that imports torch, and only when asked."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import UserError


@dataclass(frozen=True, slots=True)
class Device:
    """name: 'cpu' or 'cuda'; title: as its maker calls it; memory: bytes, None for the computer's own."""

    name: str
    title: str
    memory: int | None = None


def devices() -> tuple[Device, ...]:
    """All that torch can use here, the best one first."""
    import torch

    found = [Device("cpu", f"CPU, {torch.get_num_threads()} threads")]
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        found.insert(0, Device("cuda", properties.name, properties.total_memory))
    return tuple(found)


def pick_device(wanted: str = "auto") -> str:
    """'cpu' or 'cuda': the one that is `wanted`, or the best one for 'auto'.

    Raises `UserError` for a device that is not there.
    """
    names = [device.name for device in devices()]
    if wanted == "auto":
        return names[0]
    if wanted not in names:
        raise UserError(f"There is no device '{wanted}' on this machine", f"Choose {' or '.join(names)}, or auto.")
    return wanted
