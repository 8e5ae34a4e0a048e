from __future__ import annotations

import threading

import pytest

from core.errors import Cancelled
from core.values.progress import Progress


def test_the_listener_hears_each_step() -> None:
    heard: list[tuple[int, int, str]] = []
    progress = Progress(lambda *step: heard.append(step))
    progress.report(1, 3, "rendering")
    progress.report(2, 3, "rendering")
    assert heard == [(1, 3, "rendering"), (2, 3, "rendering")]


def test_without_a_listener_reports_go_nowhere() -> None:
    progress = Progress()
    progress.report(1, 0, "tracking")
    progress.check()
    assert not progress.cancelled


def test_cancelling_from_another_thread_stops_the_worker_at_its_next_report() -> None:
    progress = Progress()
    thread = threading.Thread(target=progress.cancel)
    thread.start()
    thread.join()
    assert progress.cancelled
    with pytest.raises(Cancelled):
        progress.check()
    with pytest.raises(Cancelled):
        progress.report(2, 3, "rendering")


def test_a_listener_that_cancels_is_obeyed_at_the_next_step() -> None:
    progress = Progress(lambda done, _total, _what: progress.cancel() if done == 2 else None)
    progress.report(1, 3, "work")
    progress.report(2, 3, "work")
    with pytest.raises(Cancelled):
        progress.report(3, 3, "work")
