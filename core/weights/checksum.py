"""SHA-256 of files, and what is written down about it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.values.progress import Progress

SUMS = "SHA256SUMS"
"""The file, in the form of `sha256sum`, that holds the digests of the weights in its folder."""
_CHUNK = 1 << 20


def recorded_checksum(path: Path) -> str | None:
    """What the `SHA256SUMS` (in `sha256sum` form) beside `path` says of it, or None."""
    sums = path.with_name(SUMS)
    if not sums.is_file():
        return None
    for line in sums.read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        if name == path.name:
            return digest
    return None


def record_checksum(path: Path) -> None:
    """Write the digest of `path` into the `SHA256SUMS` beside it, in place of the one that stood there."""
    sums = path.with_name(SUMS)
    lines = sums.read_text("utf-8").splitlines() if sums.is_file() else []
    kept = [line for line in lines if line.partition("  ")[2] != path.name]
    kept.append(f"{checksum_of(path, Progress(), path.name)}  {path.name}")
    sums.write_text("\n".join(sorted(kept, key=lambda line: line.partition("  ")[2])) + "\n", "utf-8")


def checksum_of(path: Path, progress: Progress, what: str) -> str:
    """SHA-256 of the file, as hex digits."""
    digest = hashlib.sha256()
    total = path.stat().st_size
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            progress.report(done, total, what)
    return digest.hexdigest()
