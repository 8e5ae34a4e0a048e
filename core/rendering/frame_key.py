"""When two requests ask for the same picture."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from core.generation.protocol import EngineInfo, Subject
from core.rendering.request import FrameRequest


def subject_key(subject: Subject) -> bytes:
    """16 bytes over the photo's content, the face in it and the artist's matte."""
    digest = blake2b(subject.image.digest.encode(), digest_size=16)
    digest.update(np.ascontiguousarray(subject.landmarks, dtype=np.float64).data)
    if subject.expression is not None:
        digest.update(np.ascontiguousarray(subject.expression, dtype=np.float64).data)
    digest.update(subject.matte_digest.encode())
    return digest.digest()


def frame_key(request: FrameRequest, info: EngineInfo) -> bytes:
    """16 bytes that are equal where the picture may be shared: engine and version, subject, state, size.

    Nothing else of a document is in it, so an unrelated edit invalidates nothing.
    """
    digest = blake2b(f"{info.name}\0{info.version}\0{info.device}\0{request.scale:.6f}".encode(), digest_size=16)
    digest.update(b"alpha" if request.with_alpha else b"plain")
    digest.update(subject_key(request.subject))
    digest.update(request.state.key())
    return digest.digest()
