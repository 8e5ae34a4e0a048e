"""Work that does not come to its end: stopped, killed, out of room, without rights or without a codec."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.interruption import Interruption, one_interruption

Facekey = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).resolve().parents[2]

posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")


@contextmanager
def started(*words: object) -> Iterator[subprocess.Popen[str]]:
    """`facekey` in a process of its own."""
    command = [sys.executable, "-m", "app.cli", *map(str, words)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def part_in(folder: Path) -> bool:
    return any(".part" in name for name in files(folder))


@posix
@pytest.mark.parametrize(("times", "number"), [(3, signal.SIGINT), (1, signal.SIGTERM)])
def test_a_stopped_export_leaves_nothing_and_says_so(
    photo: Path, times: int, number: signal.Signals, tmp_path: Path
) -> None:
    with started("render", photo, "-o", tmp_path / "new" / "a.mp4", "--curve", "jawOpen=0:0,9000:1") as process:
        wait_for(lambda: part_in(tmp_path), process)
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.02)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err == "facekey: stopped\n"
    assert files(tmp_path) == []


@posix
@pytest.mark.parametrize("command", ["track", "retarget", "demo"])
def test_ctrl_c_stops_every_long_command(command: str, photo: Path, smile_clip: Path, tmp_path: Path) -> None:
    words = {
        "track": ("track", smile_clip, "-o", tmp_path / "a.csv"),
        "retarget": ("retarget", photo, smile_clip, "-o", tmp_path / "a.mp4"),
        "demo": ("demo", "-o", tmp_path),
    }[command]
    with started(*words) as process:
        time.sleep(1.0)  # somewhere among imports, finding the face and the first frames
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "facekey: stopped\n"
    assert files(tmp_path) == []


@posix
def test_a_killed_export_leaves_nothing_under_its_name_and_the_next_one_works(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.mp4"
    out.write_bytes(b"an older export")
    with started("render", photo, "-o", out, "--curve", "jawOpen=0:0,9000:1") as process:
        wait_for(lambda: part_in(tmp_path), process)
        process.kill()
        process.communicate()
    assert out.read_bytes() == b"an older export"


@posix
def test_a_killed_sequence_holds_whole_frames_and_resumes(facekey: Facekey, photo: Path, tmp_path: Path) -> None:
    from core.media.photo import read_photo

    words = ("render", photo, "-o", tmp_path / "a.####.png", "--curve", "jawOpen=0:0,9000:1")
    with started(*words) as process:
        wait_for(lambda: len(list(tmp_path.glob("a.*.png"))) >= 3, process)
        process.kill()
        process.communicate()
    kept = sorted(tmp_path.glob("a.*.png"))
    for path in kept:
        assert read_photo(path).width == 256
    code, out, _ = facekey(*words, "--frames", f"0-{len(kept)}", "--resume", "--json")
    assert code == 0
    assert f'"kept": {len(kept)}' in out


def test_an_interruption_that_a_callback_drops_comes_again() -> None:
    import weakref

    class Watched:
        pass

    dropped = []

    def interrupt(_: object) -> None:
        dropped.append(1)
        signal.raise_signal(signal.SIGINT)

    watched = Watched()
    watch = weakref.ref(watched, interrupt)
    with one_interruption() as wish:
        del watched
        assert dropped
        assert watch() is None
        with pytest.raises(Interruption):
            time.sleep(30)
    assert wish.code == 130


def test_further_signals_do_not_break_into_the_clean_up() -> None:
    before = signal.getsignal(signal.SIGINT)
    cleaned = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            cleaned.append(True)

    with one_interruption(), pytest.raises(Interruption):
        work()
    assert cleaned == [True]
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("out", ["a.mp4", "a.png", "new/a.####.png"])
def test_a_full_disk_is_told_with_its_place_and_leaves_what_was_there(
    facekey: Facekey, photo: Path, out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"older")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, _, err = facekey("render", photo, "-o", tmp_path / out, "--frames", "0-2", "--set", "jawOpen=0.3")
    assert code == 1
    assert "The disk is full" in err
    assert str(tmp_path) in err
    assert files(tmp_path) == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"older"


def test_too_little_room_is_told_before_the_first_frame(
    facekey: Facekey, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    code, _, err = facekey("render", photo, "-o", tmp_path / "a.mp4", "--frames", "0-99")
    assert code == 1
    assert "has 0 MB left" in err
    assert files(tmp_path) == []


@pytest.mark.parametrize("command", ["render", "retarget", "new", "track", "demo"])
def test_a_folder_without_rights_is_told_before_any_work(
    facekey: Facekey, command: str, photo: Path, smile_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right is taken away in `os.access` too, since root may write everywhere."""
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    allowed = os.access

    def access(path: os.PathLike[str] | str, mode: int) -> bool:
        return not (mode & os.W_OK and Path(path) == locked) and allowed(path, mode)

    monkeypatch.setattr("os.access", access)
    words = {
        "render": ("render", photo, "-o", locked / "a.mp4"),
        "retarget": ("retarget", photo, smile_clip, "-o", locked / "new" / "a.mp4"),
        "new": ("new", photo, "-o", locked / "a.facekey"),
        "track": ("track", smile_clip, "-o", locked / "a.csv"),
        "demo": ("demo", "-o", locked),
    }[command]
    code, _, err = facekey(*words)
    assert code == 1
    assert f"'{locked}'" in err
    assert len(err.strip().splitlines()) == 2
    assert files(tmp_path) == ["locked"]


def test_a_missing_codec_names_what_to_do_instead(
    facekey: Facekey, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from av.codec import codec

    monkeypatch.setattr(codec, "codecs_available", codec.codecs_available - {"libx264"})
    code, _, err = facekey("render", photo, "-o", tmp_path / "a.mp4")
    assert code == 1
    assert "libx264" in err
    assert "PNG sequence" in err
    assert files(tmp_path) == []
    assert facekey("render", photo, "-o", tmp_path / "a.png")[0] == 0


def test_without_a_graphics_card_the_doctor_is_content(facekey: Facekey, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, out, _ = facekey("doctor")
    assert code == 0
    assert "cuda" not in out
    assert out.rstrip().endswith("ready")


@pytest.mark.parametrize("command", [("evaluate", "reenact", "a.mp4", "--json"), ("bench", "editing", "--json")])
def test_a_report_without_a_folder_is_told_before_minutes_of_measuring(
    facekey: Facekey, command: tuple[str, ...], tmp_path: Path
) -> None:
    code, out, err = facekey(*command, tmp_path / "none" / "a.json")
    assert (code, out) == (1, "")
    assert "does not exist" in err


def test_a_file_in_place_of_a_folder_is_told(facekey: Facekey, photo: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    for words in (("demo", "-o", taken), ("evaluate", "sheets", photo, "-o", taken / "below")):
        code, _, err = facekey(*words)
        assert code == 1
        assert "is a file" in err
