"""The demonstration: the portrait that every installation has, moved through a small keyed performance."""

from __future__ import annotations

import json

from core.document.document import new_document
from core.document.edits.keys import put_keys
from core.document.edits.portraits import add_portrait
from core.document.portraits import PhotoSource, portrait_of
from core.document.tracks import Key
from core.folders import resource_folder
from core.head.solve import solve_still
from core.media.demonstration import demonstration_portrait
from core.media.png import encode_png
from core.perception.detect import require_face
from core.project_file.media_store import MediaStore
from core.rendering.opening import Opened, reader
from core.values.time import FrameRange, parse_rate

NAME = "demonstration.png"


def demonstration_project() -> Opened:
    """A document with the demonstration portrait and the keys of `resources/demonstration.json`."""
    content = json.loads((resource_folder() / "demonstration.json").read_text(encoding="utf-8"))
    image = demonstration_portrait()
    face = require_face(image)
    media, digest = MediaStore().with_file(encode_png(image.pixels))
    portrait = portrait_of(
        PhotoSource(digest, NAME, image.width, image.height), face.landmarks, neutral=solve_still(face.landmarks)
    )
    first, last = content["frames"]
    document = add_portrait(new_document(parse_rate(content["rate"]), FrameRange(first, last)), portrait)
    for name, keys in content["curves"].items():
        document = put_keys(document, "layer1", name, [Key(frame, value) for frame, value in keys])
    return Opened(document, media, reader(media, {digest: image}))
