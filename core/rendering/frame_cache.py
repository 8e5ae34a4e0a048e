"""Rendered frames by key, the least recently used dropped first, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from core.values.image import Pixels

Frame = tuple[Pixels, Pixels | None]


class FrameCache:
    """Safe to use from any thread. Frames are stored as they are and made read-only."""

    def __init__(self, capacity: int = 512 * 2**20) -> None:
        """`capacity` in bytes; 0 keeps nothing."""
        self._capacity = capacity
        self._frames: OrderedDict[bytes, Frame] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: bytes) -> Frame | None:
        with self._lock:
            frame = self._frames.get(key)
            if frame is not None:
                self._frames.move_to_end(key)
            return frame

    def put(self, key: bytes, frame: Frame) -> None:
        """A frame larger than the whole cache is not kept."""
        size = _size(frame)
        for plane in frame:
            if plane is not None:
                plane.flags.writeable = False
        with self._lock:
            old = self._frames.pop(key, None)
            if old is not None:
                self._bytes -= _size(old)
            if size > self._capacity:
                return
            self._frames[key] = frame
            self._bytes += size
            while self._bytes > self._capacity:
                _, dropped = self._frames.popitem(last=False)
                self._bytes -= _size(dropped)

    def __contains__(self, key: bytes) -> bool:
        """Whether `key` is held, without counting as a use."""
        with self._lock:
            return key in self._frames

    def clear(self) -> None:
        with self._lock:
            self._frames.clear()
            self._bytes = 0

    @property
    def bytes_held(self) -> int:
        with self._lock:
            return self._bytes


def _size(frame: Frame) -> int:
    return sum(plane.nbytes for plane in frame if plane is not None)
