"""How long work tells where it stands, and learns that it is to stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from core.errors import Cancelled


class Progress:
    """Handed to anything that can take longer than a second.

    The worker calls `report` now and then; the owner passes `listener` to hear of it, and may call
    `cancel` from any thread, after which the next `report` or `check` raises `Cancelled`.
    """

    def __init__(self, listener: Callable[[int, int, str], None] | None = None) -> None:
        self._listener = listener
        self._stop = Event()

    def report(self, done: int, total: int, what: str) -> None:
        """`done` of `total` steps of `what`; `total` 0 when it is not known."""
        self.check()
        if self._listener is not None:
            self._listener(done, total, what)

    def check(self) -> None:
        """Raise `Cancelled` if the owner asked for it."""
        if self._stop.is_set():
            raise Cancelled

    def cancel(self) -> None:
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()
