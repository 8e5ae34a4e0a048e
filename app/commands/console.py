"""What a person reads on stderr: notes, and progress in one line that is rewritten."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from core.values.progress import Progress


def tell(notes: Iterable[str]) -> None:
    """Whole sentences for the person, apart from what stdout says."""
    for note in notes:
        print(f"facekey: {note}", file=sys.stderr)


def terminal_progress(quiet: bool = False) -> Progress:
    """A `Progress` that writes to stderr at most ten times a second and ends its line at the last step; one
    that says nothing when `quiet`, or when stderr is no terminal.
    """
    if quiet or not sys.stderr.isatty():
        return Progress()
    started = time.monotonic()
    shown = 0.0

    def show(done: int, total: int, what: str) -> None:
        nonlocal shown
        now = time.monotonic()
        last = total > 0 and done >= total
        if now - shown < 0.1 and not last:
            return
        shown = now
        share = f"{100 * done // total:3d} %" if total else f"{done}"
        left = f", {(now - started) * (total - done) / done:.0f} s left" if total and 0 < done < total else ""
        sys.stderr.write(f"\r\x1b[K{what}  {share}{left}" + ("\n" if last else ""))
        sys.stderr.flush()

    return Progress(show)
