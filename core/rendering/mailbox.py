"""One slot between the window and the thread that renders.

A new request replaces the one that still waits; the one in flight is never aborted, so that a drag
shows pictures while it goes on.
"""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Any number of threads may `post`; one takes."""

    def __init__(self) -> None:
        self._item: Item | None = None
        self._closed = False
        self._changed = Condition()
        self._replaced = 0

    def post(self, item: Item) -> None:
        """Put `item` in, in place of any that waits. Does nothing once closed."""
        with self._changed:
            if self._closed:
                return
            self._replaced += self._item is not None
            self._item = item
            self._changed.notify()

    def take(self, timeout: float | None = None) -> Item | None:
        """The waiting item, or None when the box was closed or `timeout` seconds passed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Forget what waits and wake the taker for good."""
        with self._changed:
            self._closed = True
            self._item = None
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        with self._changed:
            return self._closed

    @property
    def replaced(self) -> int:
        """How many requests were overtaken before anybody took them."""
        with self._changed:
            return self._replaced
