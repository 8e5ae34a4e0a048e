"""What can be said of a media file before it is decoded: that it is there, what kind it is, its digest."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from core.errors import UnreadableMedia

LARGEST_PHOTO_FILE = 2**31
_HEAD = 32


def require_file(path: Path | str) -> Path:
    """`path` if it is a regular file with something in it that may be read; `UnreadableMedia` otherwise."""
    path = Path(path)
    try:
        status = path.stat()
        if S_ISDIR(status.st_mode):
            raise UnreadableMedia(f"'{path}' is a folder", "Choose a file inside it.")
        if not S_ISREG(status.st_mode):
            raise UnreadableMedia(f"'{path}' is not an ordinary file", "Choose a picture, clip or sound file.")
        if status.st_size == 0:
            raise UnreadableMedia(f"'{path.name}' is empty (0 bytes)", "Copy or export the file again.")
        with path.open("rb"):
            pass
    except PermissionError:
        raise UnreadableMedia(
            f"'{path}' may not be read", "Give yourself the right to read it, or copy it elsewhere."
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableMedia(f"'{path}' does not exist", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        raise UnreadableMedia(f"'{path}' cannot be opened ({error})", "Check the disk, or copy the file.") from error
    return path


def readable(path: Path | str) -> str:
    """`path` as text for documents and messages: bytes of a name that are no UTF-8 stand as \\xe9."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def file_digest(path: Path | str) -> str:
    """BLAKE2b of the file's bytes as 32 hex digits: how a project knows a linked file again."""
    path = require_file(path)
    digest = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def picture_kind(head: bytes) -> str | None:
    """The picture format that the first 32 bytes announce, or None.

    'jpeg', 'png', 'webp', 'tiff', 'gif', 'bmp' are those that can be read; 'heif', 'avif', 'psd',
    'openexr', 'jpeg 2000', 'svg' and 'raw' are known by name only, for the sake of a useful error.
    """
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "raw" if head[8:10] == b"CR" else "tiff"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:2] == b"BM" and len(head) > 18:
        return "bmp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"avif", b"avis"):
            return "avif"
        if brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"):
            return "heif"
        return "raw" if brand == b"crx " else None
    named = {b"8BPS": "psd", b"\x76\x2f\x31\x01": "openexr", b"\0\0\0\x0c": "jpeg 2000", b"FUJI": "raw"}
    if head[:4] in named:
        return named[head[:4]]
    return "svg" if head.lstrip().startswith((b"<svg", b"<?xml")) else None


def read_head(path: Path) -> bytes:
    """The first bytes of a file, enough for `picture_kind`."""
    with path.open("rb") as stream:
        return stream.read(_HEAD)
