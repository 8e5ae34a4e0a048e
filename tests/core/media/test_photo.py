"""Reading and writing photos: every kind comes out upright, sRGB and whole, or as a `UserError`."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from core.errors import ExportError, UnreadableMedia
from core.media.photo import read_photo, upright, write_photo
from core.media.photo_colour import ProfileWarning
from core.values.image import image_of

RNG = np.random.default_rng(3)
RGB8 = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
RGB16 = RNG.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
ALPHA8 = RNG.integers(0, 256, (20, 30), dtype=np.uint8)
SMOOTH = np.dstack(np.meshgrid(np.arange(64) * 4, np.arange(48) * 5, indexing="xy") + [np.full((48, 64), 90)])
SMOOTH = SMOOTH.astype(np.uint8)
ORIENTATION = 274


def saved(folder: Path, name: str, picture: Pillow.Image, **options: object) -> Path:
    path = folder / name
    picture.save(path, **options)
    return path


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "a.bmp"])
def test_lossless_eight_bit_formats_give_the_exact_pixels(tmp_path: Path, name: str) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    image = read_photo(saved(tmp_path, name, Pillow.fromarray(RGB8), **options))
    assert np.array_equal(image.pixels, RGB8)
    assert image.alpha is None
    assert not image.pixels.flags.writeable


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_compressions(tmp_path: Path, compression: str) -> None:
    path = saved(tmp_path, "a.tif", Pillow.fromarray(RGB8), compression=compression)
    assert np.array_equal(read_photo(path).pixels, RGB8)


def test_grey_palette_and_bilevel_pictures_become_rgb(tmp_path: Path) -> None:
    grey = Pillow.fromarray(RGB8[..., 0])
    assert np.array_equal(read_photo(saved(tmp_path, "g.png", grey)).pixels, np.repeat(RGB8[..., :1], 3, axis=2))
    palette = Pillow.fromarray(RGB8).quantize(16)
    assert np.array_equal(read_photo(saved(tmp_path, "p.png", palette)).pixels, np.array(palette.convert("RGB")))
    bilevel = grey.convert("1")
    assert np.array_equal(read_photo(saved(tmp_path, "b.png", bilevel)).pixels, np.array(bilevel.convert("RGB")))


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
def test_alpha_stays_straight_and_apart(tmp_path: Path, name: str) -> None:
    options = {"lossless": True, "exact": True} if name.endswith("webp") else {}
    image = read_photo(saved(tmp_path, name, Pillow.fromarray(np.dstack([RGB8, ALPHA8])), **options))
    assert np.array_equal(image.pixels, RGB8)
    assert image.alpha is not None
    assert np.array_equal(image.alpha, ALPHA8)


def test_an_alpha_that_is_opaque_everywhere_is_dropped(tmp_path: Path) -> None:
    opaque = np.dstack([RGB8, np.full((20, 30), 255, np.uint8)])
    assert read_photo(saved(tmp_path, "a.png", Pillow.fromarray(opaque))).alpha is None


def test_transparent_colours_of_palettes_and_keys_become_alpha(tmp_path: Path, png_of: Callable[..., bytes]) -> None:
    palette = Pillow.fromarray(RGB8).quantize(16)
    image = read_photo(saved(tmp_path, "p.png", palette, transparency=3))
    assert image.alpha is not None
    assert np.array_equal(image.alpha == 0, np.array(palette) == 3)
    key = struct.pack(">HHH", *RGB16[4, 5])
    image = read_photo(put(tmp_path, "k.png", png_of(RGB16, 2, before=[(b"tRNS", key)])))
    assert image.alpha is not None
    assert image.alpha[4, 5] == 0
    assert (image.alpha == 65535).sum() == image.alpha.size - 1
    assert np.array_equal(image.pixels, RGB16)


def test_premultiplied_tiff_alpha_is_divided_out(tmp_path: Path) -> None:
    alpha = np.full((20, 30), 128, np.uint8)
    stored = (RGB8.astype(int) * 128 // 255).astype(np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.dstack([stored, alpha]), photometric="rgb", extrasamples=["assocalpha"])
    image = read_photo(path)
    assert np.abs(image.pixels.astype(int) - RGB8).max() <= 2
    deep = (RGB16.astype(np.uint64) * 30000 // 65535).astype(np.uint16)
    deep_alpha = np.full((20, 30), 30000, np.uint16)
    tifffile.imwrite(path, np.dstack([deep, deep_alpha]), photometric="rgb", extrasamples=["assocalpha"])
    image = read_photo(path)
    assert np.abs(image.pixels.astype(int) - RGB16).max() <= 3
    assert image.alpha is not None
    assert np.array_equal(image.alpha, deep_alpha)


def test_sixteen_bit_png_of_every_colour_type_keeps_every_bit(tmp_path: Path, png_of: Callable[..., bytes]) -> None:
    alpha = RNG.integers(0, 65536, (20, 30), dtype=np.uint16)
    grey = RGB16[..., 0]
    cases = {
        "rgb": (png_of(RGB16, 2), RGB16, None),
        "rgba": (png_of(np.dstack([RGB16, alpha]), 6), RGB16, alpha),
        "grey": (png_of(grey, 0), np.repeat(grey[..., None], 3, axis=2), None),
        "grey alpha": (png_of(np.dstack([grey, alpha]), 4), np.repeat(grey[..., None], 3, axis=2), alpha),
        "with gamma": (png_of(RGB16, 2, before=[(b"gAMA", struct.pack(">I", 100000))]), RGB16, None),
    }
    for name, (content, pixels, expected) in cases.items():
        image = read_photo(put(tmp_path, f"{name}.png", content))
        assert image.pixels.dtype == np.uint16, name
        assert np.array_equal(image.pixels, pixels), name
        assert (image.alpha is None) == (expected is None), name
        assert expected is None or np.array_equal(image.alpha, expected), name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "deflate", "predictor": False},
        {"tile": (16, 16)},
        {"rowsperstrip": 3},
        {"planarconfig": "separate"},
        {"bigtiff": True},
        {"byteorder": ">"},
    ],
    ids=str,
)
def test_sixteen_bit_tiff_layouts_keep_every_bit(tmp_path: Path, options: dict[str, object]) -> None:
    samples = np.moveaxis(RGB16, 2, 0) if options.get("planarconfig") else RGB16
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", **options)  # type: ignore[arg-type]
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels, RGB16)


def test_sixteen_bit_tiff_with_lzw_keeps_every_bit(tmp_path: Path) -> None:
    import cv2

    path = tmp_path / "a.tif"
    assert cv2.imwrite(str(path), RGB16[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    assert np.array_equal(read_photo(path).pixels, RGB16)


def test_sixteen_bit_grey_tiff_with_white_as_zero_is_inverted(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", RGB16[..., 0], photometric="miniswhite")
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels[..., 1], 65535 - RGB16[..., 0])


@pytest.mark.parametrize("depth", [8, 16])
def test_cmyk_without_a_profile_is_the_plain_complement(tmp_path: Path, depth: int) -> None:
    dtype, peak = (np.uint8, 255) if depth == 8 else (np.uint16, 65535)
    ink = RNG.integers(0, peak + 1, (20, 30, 4), dtype=dtype)
    tifffile.imwrite(tmp_path / "a.tif", ink, photometric="separated")
    paper = (peak - ink.astype(float)) / peak
    expected = paper[..., :3] * paper[..., 3:] * peak
    assert np.abs(read_photo(tmp_path / "a.tif").pixels - expected).max() <= 1.01


def test_cmyk_jpeg_is_not_inverted(tmp_path: Path) -> None:
    flat = Pillow.new("RGB", (32, 32), (200, 40, 60))
    pixels = read_photo(saved(tmp_path, "a.jpg", flat.convert("CMYK"), quality=95)).pixels
    assert np.abs(pixels.astype(int) - (200, 40, 60)).max() <= 3


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_a_profile_is_converted_to_srgb_as_lcms_does(tmp_path: Path, name: str, adobe_profile: bytes) -> None:
    source = Pillow.fromarray(SMOOTH)
    options = {"quality": 100, "subsampling": 0} if name == "a.jpg" else {}
    if name == "a.webp":
        options = {"lossless": True}
    path = saved(tmp_path, name, source, icc_profile=adobe_profile, **options)
    decoded = Pillow.open(path)
    expected = ImageCms.profileToProfile(
        decoded, ImageCms.ImageCmsProfile(BytesIO(adobe_profile)), ImageCms.createProfile("sRGB"), 1
    )
    pixels = read_photo(path).pixels
    assert np.abs(pixels.astype(int) - np.array(expected)).max() <= 1
    assert np.abs(pixels.astype(int) - np.array(decoded)).max() > 20


def test_sixteen_bit_conversion_agrees_with_lcms_and_keeps_its_depth(
    tmp_path: Path, png_of: Callable[..., bytes], adobe_profile: bytes
) -> None:
    deep = SMOOTH.astype(np.uint16) * 257
    packed = b"adobe\0\0" + zlib.compress(adobe_profile)
    image = read_photo(put(tmp_path, "a.png", png_of(deep, 2, before=[(b"iCCP", packed)])))
    expected = ImageCms.profileToProfile(
        Pillow.fromarray(SMOOTH),
        ImageCms.ImageCmsProfile(BytesIO(adobe_profile)),
        ImageCms.createProfile("sRGB"),
        1,
    )
    assert image.pixels.dtype == np.uint16
    assert np.abs(image.pixels / 257 - np.array(expected)).max() <= 1.0
    ramp = np.zeros((1, 4096, 3), np.uint16) + np.arange(20000, 24096, dtype=np.uint16)[None, :, None]
    image = read_photo(put(tmp_path, "r.png", png_of(ramp, 2, before=[(b"iCCP", packed)])))
    assert len(np.unique(image.pixels[..., 1])) > 3500
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", iccprofile=adobe_profile)
    assert np.abs(read_photo(tmp_path / "a.tif").pixels / 257 - np.array(expected)).max() <= 1.0


def test_a_grey_profile_brightens_grey_at_both_depths(
    tmp_path: Path, png_of: Callable[..., bytes], grey_profile: bytes
) -> None:
    grey = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    path = saved(tmp_path, "g.png", Pillow.fromarray(grey), icc_profile=grey_profile)
    shallow = read_photo(path).pixels
    packed = b"grey\0\0" + zlib.compress(grey_profile)
    deep = png_of(grey.astype(np.uint16) * 257, 0, before=[(b"iCCP", packed)])
    assert np.abs(read_photo(put(tmp_path, "d.png", deep)).pixels / 257 - shallow).max() <= 1.5
    linear = (128 / 255) ** 1.8
    assert abs(int(shallow[0, 128, 0]) - 255 * (1.055 * linear ** (1 / 2.4) - 0.055)) <= 1


def test_an_srgb_profile_leaves_the_pixels_alone(tmp_path: Path, srgb_profile: bytes) -> None:
    lcms_own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb_profile, lcms_own):
        path = saved(tmp_path, "a.png", Pillow.fromarray(RGB8), icc_profile=profile)
        assert np.array_equal(read_photo(path).pixels, RGB8)


@pytest.mark.parametrize("profile", [b"nonsense", b"x" * 400], ids=["short", "long"])
def test_a_damaged_profile_is_announced_and_passed_over(tmp_path: Path, profile: bytes) -> None:
    path = saved(tmp_path, "a.png", Pillow.fromarray(RGB8), icc_profile=profile)
    with pytest.warns(ProfileWarning, match=r"profile of 'a\.png'"):
        image = read_photo(path)
    assert np.array_equal(image.pixels, RGB8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.jpg", "deep.tif", "deep.png"])
def test_every_exif_orientation_comes_out_upright(
    tmp_path: Path, name: str, orientation: int, png_of: Callable[..., bytes]
) -> None:
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:8, :8] = (255, 0, 0)
    picture[8:, 24:] = (0, 0, 255)
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    stored = upright(picture, inverse)
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / name
    if name == "deep.tif":
        tag = (ORIENTATION, "H", 1, orientation, True)
        tifffile.imwrite(path, stored.astype(np.uint16) * 257, photometric="rgb", extratags=[tag])
    elif name == "deep.png":
        block = exif.tobytes().removeprefix(b"Exif\0\0")
        path.write_bytes(png_of(stored.astype(np.uint16) * 257, 2, before=[(b"eXIf", block)]))
    else:
        options = {"a.webp": {"lossless": True}, "a.jpg": {"quality": 100, "subsampling": 0}}.get(name, {})
        Pillow.fromarray(stored).save(path, exif=exif, **options)
    image = read_photo(path)
    scale = 257 if name.startswith("deep") else 1
    assert image.pixels.shape == picture.shape
    assert np.abs(image.pixels.astype(int) - picture.astype(int) * scale).max() <= 6


def test_a_damaged_exif_block_does_not_hinder(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.jpg", Pillow.fromarray(RGB8), exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\xff\xff")
    assert read_photo(path).width == 30


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
def test_of_several_pictures_the_first_is_the_photo(tmp_path: Path, name: str) -> None:
    frames = [Pillow.new("RGB", (20, 10), colour) for colour in ((200, 0, 0), (0, 200, 0))]
    options = {"lossless": True} if name.endswith("webp") else {}
    path = saved(tmp_path, name, frames[0], save_all=True, append_images=frames[1:], **options)
    assert np.array_equal(read_photo(path).pixels[5, 5], (200, 0, 0))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp"])
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_truncated_photo_is_an_error_and_no_grey_rest(tmp_path: Path, name: str, part: float) -> None:
    noisy = Pillow.fromarray(RNG.integers(0, 256, (80, 90, 3), dtype=np.uint8))
    content = saved(tmp_path, name, noisy).read_bytes()
    with pytest.raises(UnreadableMedia, match=r"damaged|incomplete"):
        read_photo(put(tmp_path, name, content[: int(len(content) * part)]))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_truncated_sixteen_bit_photo_is_an_error(tmp_path: Path, part: float, png_of: Callable[..., bytes]) -> None:
    content = png_of(RGB16, 2)
    with pytest.raises(UnreadableMedia):
        read_photo(put(tmp_path, "a.png", content[: int(len(content) * part)]))
    for options in ({}, {"compression": "deflate"}):
        stream = BytesIO()
        tifffile.imwrite(stream, RGB16, photometric="rgb", **options)  # type: ignore[arg-type]
        with pytest.raises(UnreadableMedia):
            read_photo(put(tmp_path, "a.tif", stream.getvalue()[: int(len(stream.getvalue()) * part)]))


def test_a_bomb_is_refused_from_its_header_with_the_limit_named(tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(UnreadableMedia, match=r"60000 x 60000 pixels, more than the limit of 120 megapixels"):
        read_photo(put(tmp_path, "bomb.png", bomb))
    gif = b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\0\0\0,\0\0\0\0" + struct.pack("<HH", 65535, 65535) + b"\0"
    with pytest.raises(UnreadableMedia, match="limit of 120 megapixels"):
        read_photo(put(tmp_path, "bomb.gif", gif + b"\x02\x00;"))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp"])
def test_the_limit_holds_for_every_format(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, name, Pillow.fromarray(RGB8))
    assert read_photo(path, max_pixels=600).width == 30
    with pytest.raises(UnreadableMedia, match="limit"):
        read_photo(path, max_pixels=599)


def test_a_photo_over_the_limit_of_pillow_itself_reads_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 400)
    for name in ("a.png", "a.jpg", "a.tif", "a.webp"):
        assert read_photo(saved(tmp_path, name, Pillow.fromarray(RGB8))).width == 30


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"a line of text", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0", "damaged"),
        (b"RIFF\x10\0\0\0WEBP", "damaged"),
        (b"II*\0\xff\xff\xff\xff", "damaged"),
        (b"GIF89a", "damaged"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 20, "HEIC photo"),
        (b"8BPS" + b"\0" * 30, "Photoshop"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_files_that_are_no_photo_say_what_they_are(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(UnreadableMedia, match=words) as caught:
        read_photo(put(tmp_path, "a.jpg", content))
    assert caught.value.remedy


def test_missing_files_and_folders_say_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia, match="does not exist"):
        read_photo(tmp_path / "nowhere.png")
    with pytest.raises(UnreadableMedia, match="is a folder"):
        read_photo(tmp_path)
    with pytest.raises(UnreadableMedia, match="cannot be opened"):
        read_photo("with\0nul.png")


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, "a.png", Pillow.fromarray(RGB8))
    if os.geteuid() == 0:  # to root every file is readable

        def refuse(self: Path, *arguments: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    else:
        path.chmod(0)
    with pytest.raises(UnreadableMedia, match="may not be read"):
        read_photo(path)


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint32])
def test_scientific_tiffs_are_refused_with_a_way_out(tmp_path: Path, dtype: type) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9, 3), dtype), photometric="rgb")
    with pytest.raises(UnreadableMedia, match=r"(float|int) values") as caught:
        read_photo(tmp_path / "a.tif")
    assert "sRGB" in caught.value.remedy


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory, png_of: Callable[..., bytes]) -> list[bytes]:
    folder = tmp_path_factory.mktemp("whole")
    small = Pillow.fromarray(RGB8)
    names = ("a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp")
    files = [saved(folder, name, small).read_bytes() for name in names]
    stream = BytesIO()
    tifffile.imwrite(stream, RGB16, photometric="rgb", compression="deflate")
    return [*files, png_of(RGB16, 2), stream.getvalue()]


@pytest.mark.filterwarnings("ignore")
@given(data=st.data())
def test_damage_anywhere_gives_a_picture_or_a_user_error(
    whole_files: list[bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from(whole_files)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(bytes(content))
    try:
        image = read_photo(path, max_pixels=1_000_000)
    except UnreadableMedia:
        return
    assert image.width * image.height <= 1_000_000


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.tiff"])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_lossless_writing_is_undone_by_reading(tmp_path: Path, name: str, deep: bool, with_alpha: bool) -> None:
    pixels = RGB16 if deep else RGB8
    alpha = (pixels[..., 1] // 2) if with_alpha else None
    image = image_of(pixels, alpha)
    write_photo(image, tmp_path / name)
    assert read_photo(tmp_path / name).digest == image.digest
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_webp_keeps_colours_under_full_transparency_and_jpeg_is_close(tmp_path: Path) -> None:
    image = image_of(SMOOTH, np.where(SMOOTH[..., 0] > 100, 255, 0).astype(np.uint8))
    write_photo(image, tmp_path / "a.webp")
    assert read_photo(tmp_path / "a.webp").digest == image.digest
    write_photo(image, tmp_path / "a.jpg")
    assert np.abs(read_photo(tmp_path / "a.jpg").pixels.astype(int) - SMOOTH).mean() < 1.5


def test_writing_refuses_unknown_extensions_and_missing_folders(tmp_path: Path) -> None:
    image = image_of(RGB8)
    with pytest.raises(ExportError, match="no picture format"):
        write_photo(image, tmp_path / "a.xyz")
    with pytest.raises(ExportError, match="cannot be written"):
        write_photo(image, tmp_path / "nowhere" / "a.png")


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_photo(image_of(RGB8), tmp_path / "a.png")

    def refuse(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ExportError, match="No space left"):
        write_photo(image_of(RGB8[::-1].copy()), tmp_path / "a.png")
    assert np.array_equal(read_photo(tmp_path / "a.png").pixels, RGB8)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.data
def test_every_real_photo_survives_writing_and_reading(data_folder: Path, tmp_path: Path) -> None:
    for path in sorted((data_folder / "photos").iterdir())[::20]:
        image = read_photo(path)
        write_photo(image, tmp_path / "same.png")
        assert read_photo(tmp_path / "same.png").digest == image.digest, path.name
