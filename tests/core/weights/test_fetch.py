"""Fetching against a server on this machine that can be told to misbehave."""

from __future__ import annotations

import errno
import hashlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import Cancelled, UserError, WeightsMissing
from core.values.progress import Progress
from core.weights import fetch as fetching
from core.weights.catalogue import Entry, catalogue_of
from core.weights.store import State, WeightsStore

CONTENT = np.random.default_rng(7).bytes(300_000)


@dataclass
class Site:
    """What the server serves, how, and what it was asked."""

    content: bytes = CONTENT
    tag: str = '"first"'
    ranges: bool = True
    status: int = 200
    cut: int | None = None
    wrong_range: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def entry(self, **changes: object) -> Entry:
        entry = Entry(
            "numbers", "Numbers", "numbers.pth", "none", "a test", "a test",
            sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT), url=self.url,
        )  # fmt: skip
        return replace(entry, **changes)

    def store(self, folder: Path, **changes: object) -> WeightsStore:
        return WeightsStore([folder], catalogue_of([self.entry(**changes)]))


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            served.asked.append(dict(self.headers))
            if served.status != 200:
                self.send_error(served.status)
                return
            start = self._start()
            if start >= len(served.content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(served.content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = served.content[start:]
            self.send_response(206 if start else 200)
            if start:
                first = start + 10 if served.wrong_range else start
                self.send_header("Content-Range", f"bytes {first}-{len(served.content) - 1}/{len(served.content)}")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", served.tag)
            self.end_headers()
            self.wfile.write(body if served.cut is None else body[: served.cut])
            self.close_connection = True

        def _start(self) -> int:
            asked = self.headers.get("Range")
            if not served.ranges or asked is None or self.headers.get("If-Range") != served.tag:
                return 0
            return int(asked.removeprefix("bytes=").rstrip("-"))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/numbers.pth"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


def test_a_whole_file_arrives_under_its_own_name_with_progress(site: Site, tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    path = site.store(tmp_path).fetch("numbers", Progress(lambda *step: heard.append(step)))
    assert path.read_bytes() == CONTENT
    assert left_in(tmp_path) == {"numbers.pth"}
    assert heard[0][2] == "fetching numbers"
    assert heard[-1] == (len(CONTENT), len(CONTENT), "verifying numbers")


def test_sound_weights_are_not_fetched_again(site: Site, tmp_path: Path) -> None:
    store = site.store(tmp_path)
    store.fetch("numbers")
    store.fetch("numbers")
    assert len(site.asked) == 1


def test_damaged_weights_are_replaced(site: Site, tmp_path: Path) -> None:
    store = site.store(tmp_path)
    (tmp_path / "numbers.pth").write_bytes(bytes(len(CONTENT)))
    assert store.verify("numbers") is State.DAMAGED
    assert store.fetch("numbers").read_bytes() == CONTENT
    assert store.verify("numbers") is State.SOUND


def test_an_interrupted_download_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    store = site.store(tmp_path)
    site.cut = 100_000
    with pytest.raises(WeightsMissing, match="stopped") as caught:
        store.fetch("numbers")
    assert "goes on where it stopped" in caught.value.remedy
    assert store.find("numbers") is None
    have = (tmp_path / "numbers.pth.part").stat().st_size
    assert 0 < have <= 100_000
    site.cut = None
    assert store.fetch("numbers").read_bytes() == CONTENT
    assert site.asked[1]["Range"] == f"bytes={have}-"
    assert left_in(tmp_path) == {"numbers.pth"}


def test_a_file_that_changed_on_the_server_is_fetched_from_its_beginning(site: Site, tmp_path: Path) -> None:
    site.content, site.cut, site.tag = bytes(len(CONTENT)), 100_000, '"old"'
    store = site.store(tmp_path)
    with pytest.raises(WeightsMissing):
        store.fetch("numbers")
    site.content, site.cut, site.tag = CONTENT, None, '"new"'
    assert store.fetch("numbers").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_everything_again(site: Site, tmp_path: Path) -> None:
    store = site.store(tmp_path)
    site.ranges, site.cut = False, 100_000
    with pytest.raises(WeightsMissing):
        store.fetch("numbers")
    site.cut = None
    assert store.fetch("numbers").read_bytes() == CONTENT


def test_a_server_that_sends_another_part_than_asked_for_is_refused(site: Site, tmp_path: Path) -> None:
    store = site.store(tmp_path)
    site.cut = 100_000
    with pytest.raises(WeightsMissing):
        store.fetch("numbers")
    arrived = (tmp_path / "numbers.pth.part").read_bytes()
    site.cut, site.wrong_range = None, True
    with pytest.raises(WeightsMissing, match="another part"):
        store.fetch("numbers")
    assert (tmp_path / "numbers.pth.part").read_bytes() == arrived


def test_a_whole_part_of_unknown_length_is_taken_as_it_is(site: Site, tmp_path: Path) -> None:
    (tmp_path / "numbers.pth.part").write_bytes(CONTENT)
    (tmp_path / "numbers.pth.part.tag").write_text(site.tag)
    assert site.store(tmp_path, size=None).fetch("numbers").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_starts_anew(site: Site, tmp_path: Path) -> None:
    (tmp_path / "numbers.pth.part").write_bytes(CONTENT + b"more")
    assert site.store(tmp_path).fetch("numbers").read_bytes() == CONTENT


@pytest.mark.parametrize("known", [{}, {"sha256": hashlib.sha256(CONTENT).hexdigest()[:10]}, {"size": None}])
def test_another_file_than_expected_is_deleted(site: Site, tmp_path: Path, known: dict[str, object]) -> None:
    site.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(WeightsMissing, match="not the file that was expected"):
        site.store(tmp_path, **known).fetch("numbers")
    assert left_in(tmp_path) == set()


def test_the_first_digits_of_a_checksum_are_enough_where_no_more_is_public(site: Site, tmp_path: Path) -> None:
    store = site.store(tmp_path, sha256=hashlib.sha256(CONTENT).hexdigest()[:10], size=None)
    store.fetch("numbers")
    assert store.verify("numbers") is State.SOUND


@pytest.mark.parametrize("status", [404, 500])
def test_a_missing_file_is_named_with_its_address(site: Site, tmp_path: Path, status: int) -> None:
    site.status = status
    with pytest.raises(WeightsMissing, match=f"{site.url} answers {status}"):
        site.store(tmp_path).fetch("numbers")
    assert left_in(tmp_path) == set()


def test_without_a_network_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    nobody = Site(url="http://127.0.0.1:9/numbers.pth")
    with pytest.raises(WeightsMissing, match="Connection refused") as caught:
        nobody.store(tmp_path).fetch("numbers")
    assert "Check the network" in caught.value.remedy


def test_cancelling_keeps_what_arrived_for_the_next_try(site: Site, tmp_path: Path) -> None:
    progress = Progress(lambda done, _total, _what: progress.cancel() if done > 100_000 else None)
    store = site.store(tmp_path)
    with pytest.raises(Cancelled):
        store.fetch("numbers", progress)
    assert store.find("numbers") is None
    assert (tmp_path / "numbers.pth.part").stat().st_size > 100_000
    assert store.fetch("numbers").read_bytes() == CONTENT
    assert "Range" in site.asked[1]


def test_a_second_download_into_the_folder_is_refused_while_one_runs(site: Site, tmp_path: Path) -> None:
    store = site.store(tmp_path)
    refused: list[WeightsMissing] = []

    def try_another(*_: object) -> None:
        if not refused:
            with pytest.raises(WeightsMissing, match="Another Facekey is fetching") as caught:
                site.store(tmp_path).fetch("numbers")
            refused.append(caught.value)

    assert store.fetch("numbers", Progress(try_another)).read_bytes() == CONTENT
    assert refused


def test_a_disk_that_is_too_small_is_seen_before_anything_is_written(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(WeightsMissing, match="too full"):
        site.store(tmp_path).fetch("numbers")
    assert left_in(tmp_path) == set()


def test_a_disk_that_fills_up_is_named(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching.os, "fsync", full)
    with pytest.raises(WeightsMissing, match="too full"):
        site.store(tmp_path).fetch("numbers")


def test_a_folder_that_cannot_be_made_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightsMissing, match="cannot be written") as caught:
        site.store(tmp_path / "file" / "weights").fetch("numbers")
    assert "FACEKEY_WEIGHTS" in caught.value.remedy


def test_weights_that_come_with_something_else_are_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not fetched on their own"):
        WeightsStore([tmp_path]).fetch("arkit-shapes")
