"""The original bytes of photos, by digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType


def _nothing() -> Mapping[str, bytes]:
    return MappingProxyType({})


def digest_of(data: bytes) -> str:
    """BLAKE2b of `data` as 32 hex digits; the same as `core.media.source.file_digest` of its file."""
    return blake2b(data, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class MediaStore:
    """Whole files as they were read, never re-encoded. A new store shares what an old one holds."""

    files: Mapping[str, bytes] = field(default_factory=_nothing, repr=False)

    def __getitem__(self, digest: str) -> bytes:
        return self.files[digest]

    def __contains__(self, digest: object) -> bool:
        return digest in self.files

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def get(self, digest: str) -> bytes | None:
        return self.files.get(digest)

    def with_file(self, data: bytes) -> tuple[MediaStore, str]:
        """A store that also holds `data`, and its digest."""
        digest = digest_of(data)
        if digest in self.files:
            return self, digest
        return MediaStore(MappingProxyType({**self.files, digest: bytes(data)})), digest


def media_store(files: Mapping[str, bytes]) -> MediaStore:
    """A store of `files` by digest."""
    return MediaStore(MappingProxyType(dict(files)))
