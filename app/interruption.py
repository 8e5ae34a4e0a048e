"""Ctrl-C, `kill` and a closed terminal: each unwinds the program once, so that nothing half made stays.

Two things stand in the way. A second Ctrl-C of an impatient hand, or one that a parent process passes on as
well, would break into the clean-up that the first one began: it is passed over for a moment, and obeyed after
that. And Python drops an exception that comes up in a callback of a library (a weak reference's, a compiler's):
Python reports it as unraisable, and it is raised again.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, TracebackType

_PATIENCE = 3.0
"""Seconds in which further signals are taken for the same wish."""
_AGAIN = 0.02
"""Seconds after which a dropped interruption is raised again, when its callback has returned."""


class Interruption(KeyboardInterrupt):
    """Raised in the main thread by a signal of `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@dataclass(slots=True)
class Wish:
    """The signal that asked to stop, None as long as nobody did."""

    number: int | None = None
    moment: float = float("-inf")

    @property
    def code(self) -> int:
        """What a stopped program exits with: 128 and the signal's number, 130 for Ctrl-C."""
        return 128 + (self.number or signal.SIGINT)


@contextmanager
def one_interruption(*, last: bool = False) -> Iterator[Wish]:
    """While inside, SIGINT, SIGTERM and SIGHUP raise `Interruption`; in other threads than the first none does.

    last: the program ends after this, so that once it was stopped further signals are ignored to its end.
    """
    wish = Wish()
    main_thread = threading.main_thread().ident or 0
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return

    def interrupt(number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        again = now - wish.moment < _PATIENCE
        wish.number, wish.moment = number, now
        if not again:
            raise Interruption(number)

    def retry(number: int) -> None:
        wish.moment = float("-inf")
        if sys.platform == "win32":
            interrupt_main(number)
        else:  # wakes the main thread from a system call too
            signal.pthread_kill(main_thread, number)

    report, show = sys.unraisablehook, sys.excepthook

    def unraisable(dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, Interruption):
            report(dropped)
            return
        timer = threading.Timer(_AGAIN, retry, (dropped.exc_value.number,))
        timer.daemon = True
        timer.start()

    def quiet(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        # An extension that is being loaded prints what stops it, and raises an error of its own.
        if not isinstance(error, Interruption):
            show(kind, error, trace)

    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # One that is ignored already stays so: nohup means that a closed terminal shall not stop the work.
    heard = [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, interrupt) for number in heard}
    sys.unraisablehook, sys.excepthook = unraisable, quiet
    try:
        yield wish
    finally:
        sys.unraisablehook, sys.excepthook = report, show
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if last and wish.number is not None else handler)
