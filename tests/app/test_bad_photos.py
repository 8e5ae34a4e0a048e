"""Photos as artists have them, through `facekey render`: what comes out, and what is said."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from core.media.photo import read_photo
from core.values.image import Image

Facekey = Callable[..., tuple[int, str, str]]
Write = Callable[[np.ndarray, Path], object]


@pytest.fixture(scope="session")
def head(portrait: Image) -> np.ndarray:
    """The demonstration portrait's head, 256 px."""
    return np.array(portrait.pixels[:256, 96:352])


def refused(facekey: Facekey, photo: Path, *words: object) -> str:
    """What is said of a photo that cannot be rendered; nothing may be written."""
    before = sorted(photo.parent.iterdir())
    code, out, err = facekey("render", photo, "-o", photo.parent / "out.png", *words)
    assert (code, out) == (1, "")
    assert err.startswith("facekey: ")
    assert len(err.strip().splitlines()) == 2
    assert sorted(photo.parent.iterdir()) == before
    return err


def save(pixels: np.ndarray, path: Path) -> None:
    Pillow.fromarray(pixels).save(path)


def cmyk(pixels: np.ndarray, path: Path) -> None:
    Pillow.fromarray(pixels).convert("CMYK").save(path, quality=95)


def sixteen_bit(pixels: np.ndarray, path: Path) -> None:
    tifffile.imwrite(path, pixels.astype(np.uint16) * 257 + 3, photometric="rgb")


def paletted(pixels: np.ndarray, path: Path) -> None:
    Pillow.fromarray(pixels).quantize(256).save(path)


def turned_by_a_flag(pixels: np.ndarray, path: Path) -> None:
    exif = Pillow.Exif()
    exif[274] = 6
    Pillow.fromarray(np.rot90(pixels)).save(path, exif=exif, quality=95)


def animated(pixels: np.ndarray, path: Path) -> None:
    other = Pillow.fromarray(np.full_like(pixels, 90)).quantize(8)
    Pillow.fromarray(pixels).quantize(256).save(path, save_all=True, append_images=[other])


def transparent(pixels: np.ndarray, path: Path) -> None:
    alpha = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(alpha, (128, 110), (90, 110), 0, 0, 360, 255, -1)
    save(np.dstack([pixels, cv2.GaussianBlur(alpha, (0, 0), 3)]), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.jpg", cmyk),
        ("a.tif", sixteen_bit),
        ("a.png", paletted),
        ("b.jpg", turned_by_a_flag),
        ("a.gif", animated),
        ("b.png", transparent),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_kind_of_photo_moves_and_stays_itself_elsewhere(
    facekey: Facekey, head: np.ndarray, name: str, write: Write, tmp_path: Path
) -> None:
    photo = tmp_path / name
    write(head, photo)
    code, _, err = facekey("render", photo, "-o", tmp_path / "out.png", "--set", "browInnerUp=1")
    assert (code, err) == (0, "")
    before, after = read_photo(photo), read_photo(tmp_path / "out.png")
    assert after.pixels.dtype == before.pixels.dtype
    changed = (after.pixels != before.pixels).any(axis=2)
    assert changed.any()
    assert not changed[140:].any()  # below her nose, and upright
    assert (after.alpha is None) == (before.alpha is None)
    if before.alpha is not None:
        assert np.array_equal(before.alpha, after.alpha)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


BOMB = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes(100_000)))
    + chunk(b"IEND", b"")
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty (0 bytes)"),
        (b"no picture at all", "is not a picture"),
        (b"\xff\xd8\xff\xe0 broken off", "is damaged or incomplete"),
        (BOMB, "limit of 120 megapixels"),
        (b"8BPS" + bytes(40), "Photoshop"),
    ],
)
def test_what_is_no_photo_is_said_in_two_lines(facekey: Facekey, content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert says in refused(facekey, tmp_path / "a.png")


def test_pictures_without_a_usable_face_say_which_would_do(facekey: Facekey, head: np.ndarray, tmp_path: Path) -> None:
    save(np.array(Pillow.fromarray(head).resize((48, 48))), tmp_path / "tiny.png")
    assert "at least 32 pixels" in refused(facekey, tmp_path / "tiny.png")
    save(head[:1, :1], tmp_path / "dot.png")
    assert "use a larger one" in refused(facekey, tmp_path / "dot.png")
    save(np.dstack([head, np.zeros((256, 256), np.uint8)]), tmp_path / "clear.png")
    assert "No face" in refused(facekey, tmp_path / "clear.png")


def test_of_many_faces_the_largest_is_taken_and_it_is_said(facekey: Facekey, head: np.ndarray, tmp_path: Path) -> None:
    small = np.full((256, 160, 3), 128, np.uint8)
    small[40:200] = cv2.resize(head, (160, 160), interpolation=cv2.INTER_AREA)
    photo = tmp_path / "two.png"
    save(np.hstack([small, head]), photo)
    moved = {}
    for face, words in {"asked": ("--face", 1), "unasked": ()}.items():
        code, _, err = facekey("render", photo, "-o", tmp_path / f"{face}.png", "--set", "jawOpen=0.6", *words)
        assert code == 0
        assert ("shows 2 faces" in err) == (face == "unasked")
        changed = (read_photo(tmp_path / f"{face}.png").pixels != read_photo(photo).pixels).any(axis=(0, 2))
        moved[face] = float(np.nonzero(changed)[0].mean())
    assert moved["asked"] < 160 < moved["unasked"]


def test_a_cut_a_tilted_and_a_drawn_face_are_moved_and_what_is_doubtful_is_said(
    facekey: Facekey, head: np.ndarray, tmp_path: Path
) -> None:
    _, sketch = cv2.pencilSketch(head, sigma_s=30, sigma_r=0.1, shade_factor=0.06)
    doubtful = {
        "cut": (head[:, 110:], "border cuts"),
        "tilted": (np.rot90(head), "tilted by"),
        "drawn": (sketch, ""),
    }
    for name, (pixels, says) in doubtful.items():
        photo = tmp_path / f"{name}.png"
        save(pixels, photo)
        out = tmp_path / f"{name} moved.png"
        code, _, err = facekey("render", photo, "-o", out, "--set", "jawOpen=0.6")
        assert code == 0
        assert says in err
        assert (read_photo(out).pixels != read_photo(photo).pixels).any()


def test_a_face_that_is_turned_away_is_said_to_be(facekey: Facekey, photo: Path, tmp_path: Path) -> None:
    turned = photo
    for step in range(2):
        following = tmp_path / f"turned {step}.png"
        assert facekey("render", turned, "-o", following, "--set", "head.yaw=25")[0] == 0
        turned = following
    code, _, err = facekey("new", turned, "-o", tmp_path / "a.facekey")
    assert code == 0
    assert "is turned by" in err


@pytest.mark.parametrize(
    "spelling", ["same name", "another spelling", "symbolic link", "hard link", "project", "frame"]
)
def test_a_photo_is_not_replaced_by_what_is_made_from_it(
    facekey: Facekey, photo: Path, spelling: str, tmp_path: Path
) -> None:
    own = tmp_path / "face.0001.png"
    own.write_bytes(photo.read_bytes())
    source, out, words = own, own, ("--set", "jawOpen=1")
    if spelling == "another spelling":
        out = tmp_path / ".." / tmp_path.name / own.name
    elif spelling == "symbolic link":
        out = tmp_path / "link.png"
        out.symlink_to(own)
    elif spelling == "hard link":
        out = tmp_path / "link.png"
        out.hardlink_to(own)
    elif spelling == "project":
        source = tmp_path / "a.facekey"
        assert facekey("new", own, "-o", source)[0] == 0
    elif spelling == "frame":
        out, words = tmp_path / "face.####.png", ("--frames", "0-3")
    files = sorted(tmp_path.iterdir())
    code, _, err = facekey("render", source, "-o", out, *words)
    assert code == 1
    assert "made from" in err
    assert own.read_bytes() == photo.read_bytes()
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.skipif(os.name != "posix", reason="only POSIX names may be any bytes")
@pytest.mark.parametrize("name", ["a face, 顔 (é).png".encode(), b"caf\xe9.png"], ids=["unicode", "not UTF-8"])
def test_any_file_name_will_do(facekey: Facekey, photo: Path, name: bytes, tmp_path: Path) -> None:
    own = tmp_path / "take #2" / os.fsdecode(name)
    own.parent.mkdir()
    own.write_bytes(photo.read_bytes())
    project = own.with_suffix(".facekey")
    assert facekey("new", own, "-o", project)[0] == 0
    code, out, _ = facekey("render", project, "-o", own.with_suffix(".mp4"), "--frames", "0-1")
    assert code == 0
    out.encode()
    assert own.with_suffix(".mp4").stat().st_size > 0


def test_relative_names_count_from_where_she_stands(
    facekey: Facekey, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shot").mkdir()
    (tmp_path / "face.png").write_bytes(photo.read_bytes())
    monkeypatch.chdir(tmp_path / "shot")
    assert facekey("render", "../face.png", "-o", "../out/same.png")[0] == 0
    assert np.array_equal(read_photo(tmp_path / "out" / "same.png").pixels, read_photo(photo).pixels)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--set", "jawOpen=0,5"), "'0,5'"),
        (("--fps", "29,97"), "'29,97'"),
        (("--curve", "jawOpen=1e300:1"), "out of bounds"),
        (("--frames", "0-99999999999999999999"), "out of bounds"),
        (("--size", "30000x30000"), "megapixels"),
        (("--size", "1,5x3"), "WIDTHxHEIGHT"),
    ],
)
def test_numbers_that_mean_nothing_here_are_refused(
    facekey: Facekey, photo: Path, words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    own = tmp_path / "a.png"
    own.write_bytes(photo.read_bytes())
    assert says in refused(facekey, own, *words)


@pytest.mark.parametrize("out", ["a folder.png", "a file/x.png", "x" * 300 + ".png"], ids=["folder", "file", "long"])
def test_places_that_cannot_be_written_are_told_before_any_work(
    facekey: Facekey, photo: Path, out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a folder.png").mkdir()
    (tmp_path / "a file").touch()
    monkeypatch.setattr("core.rendering.opening.open_input", lambda *_: pytest.fail("opened first"))
    code, _, err = facekey("render", photo, "-o", tmp_path / out)
    assert code == 1
    assert "bug" not in err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a file", "a folder.png"]
