"""Documents to test with: hypothesis strategies for tracks and documents, and a full example."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from core.document.document import AudioClip, Document, ExportSettings, Marker
from core.document.edits.portraits import add_portrait
from core.document.frozen_array import FrozenArray
from core.document.landmarks import POSITIONS
from core.document.layers import (
    Automatic,
    Blend,
    Keys,
    Layer,
    Outside,
    Performance,
    PerformanceSource,
    Speech,
    Timing,
)
from core.document.portraits import Correction, PhotoSource, Portrait, portrait_of
from core.document.regions import Region
from core.document.tracks import Extrapolation, Interpolation, Key, Tangent, Track, keys_of
from core.project_file.media_store import MediaStore
from core.values.time import FrameRange

numbers = st.floats(-100, 100, allow_nan=False, width=32)
handle_numbers = st.one_of(st.just(0.0), st.floats(-300, 300, width=32))
keys = st.builds(
    Key,
    frame=st.integers(-200, 200).map(lambda n: n / 4),
    value=numbers,
    interpolation=st.sampled_from(Interpolation),
    tangent=st.sampled_from(Tangent),
    in_dx=handle_numbers,
    in_dy=handle_numbers,
    out_dx=handle_numbers,
    out_dy=handle_numbers,
)


def tracks(channel: str = "jawOpen", smallest: int = 1, largest: int = 7) -> st.SearchStrategy[Track]:
    return st.builds(
        Track,
        st.just(channel),
        st.lists(keys, min_size=smallest, max_size=largest, unique_by=lambda key: key.frame).map(keys_of),
        st.sampled_from(Extrapolation),
        st.sampled_from(Extrapolation),
        st.booleans(),
        st.booleans(),
    )


CHANNEL_NAMES = ("jawOpen", "head.yaw", "mouthSmileLeft", "landmark.61.x", "emotion.happy", "look.teeth")


@st.composite
def key_layers(draw: st.DrawFn, layer_id: str = "layer1") -> Layer:
    names = draw(st.lists(st.sampled_from(CHANNEL_NAMES), max_size=4, unique=True))
    return Layer(
        layer_id,
        draw(st.text(max_size=8)),
        Keys(tracks=tuple(draw(tracks(name)) for name in names)),
        mute=draw(st.booleans()),
        blend=draw(st.sampled_from(Blend)),
        weight=draw(st.one_of(st.just(Track("weight")), tracks("weight", largest=3))),
        regions=draw(st.sampled_from([(), ((Region.MOUTH, 0.5),), ((Region.BROWS, 0.0), (Region.HEAD, 2.0))])),
        channels=draw(st.sampled_from([(), (("jawOpen", 0.25),)])),
        timing=draw(
            st.builds(
                Timing,
                numbers,
                st.sampled_from([1.0, 0.5, -1.0, 3.0]),
                st.one_of(st.none(), st.floats(-50, 0)),
                st.one_of(st.none(), st.floats(1, 50)),
                st.sampled_from(Outside),
            )
        ),
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    layers = tuple(draw(key_layers(f"layer{i + 1}")) for i in range(draw(st.integers(0, 3))))
    return Document(
        rate=draw(st.sampled_from([Fraction(24), Fraction(24000, 1001), Fraction(25)])),
        frames=FrameRange(0, draw(st.integers(0, 200))),
        layers=layers,
        markers=tuple(Marker(i, draw(st.text(max_size=5))) for i in range(draw(st.integers(0, 3)))),
    )


def portrait(seed: int = 0, digest: str = "0" * 32, name: str = "photo.png", **photo: object) -> Portrait:
    """A face of the canonical shape, slightly changed by `seed`, on a photo of 64 x 80 pixels."""
    rng = np.random.default_rng(seed)
    points = POSITIONS * 20 + (32, 40, 0) + rng.normal(0, 0.2, POSITIONS.shape)
    return portrait_of(PhotoSource(digest, name, 64, 80, **photo), points, neutral=rng.uniform(0, 0.2, 52))


def performance(length: int = 40, seed: int = 0, rate: Fraction = Fraction(30)) -> Performance:
    """Smooth motion on three channels with a lost face from sample 10 to 14 and a residual."""
    time = np.arange(length)[:, None]
    rng = np.random.default_rng(seed)
    samples = (0.5 + 0.4 * np.sin(time / (4.0, 7.0, 9.0) + seed)).astype(np.float32)
    residual = rng.normal(0, 0.01, (length, 478, 3)).astype(np.float16)
    samples[10:15] = residual[10:15] = np.nan
    return Performance(
        PerformanceSource("clip", "clip.mp4", "1" * 32, ""),
        rate,
        ("jawOpen", "eyeBlinkLeft", "head.yaw"),
        FrozenArray(samples),
        FrozenArray(residual),
    )


def full_document(photo: bytes = b"the photo's own bytes") -> tuple[Document, MediaStore]:
    """Every kind of thing that a document can hold, and the bytes of its photo."""
    media, digest = MediaStore().with_file(photo)
    track = Track("jawOpen", (Key(0, 0), Key(12.5, 1, Interpolation.HOLD, Tangent.FREE, -3, 0.5, 40, -2), Key(24, 0.2)))
    layers = (
        Layer("layer1", "Keys", Keys(tracks=(track, Track("look.teeth", (Key(0, 1.5),), mute=True)))),
        Layer("layer2", "Clip", performance(), regions=((Region.MOUTH, 0.5),), timing=Timing(3, 0.5, 2.0)),
        Layer("layer3", "Voice", Speech("audio1", (Track("viseme.aa", (Key(0, 0), Key(5, 1))),)), blend=Blend.OVERRIDE),
        Layer("layer4", "Life", Automatic(seed=7), solo=False, weight=Track("weight", (Key(0, 0.5),))),
    )
    document = Document(
        rate=Fraction(24000, 1001),
        frames=FrameRange(1, 60),
        work_area=FrameRange(5, 20),
        layers=layers,
        audio=(AudioClip("audio1", "voice.wav", "", "2" * 32, 2.5),),
        markers=(Marker(3, "here", "#ff0000"),),
        engine_settings=(("quality", 2), ("sharpen", True), ("strength", 1.0)),
        export=ExportSettings("png", "shot.####.png", (640, 480), True, False),
    )
    document = add_portrait(document, portrait(digest=digest, name="Me.JPG"))
    corrected = document.portraits[0]
    corrected = replace(corrected, corrections=(Correction(61, 1.5, -2.0),))
    return replace(document, portraits=(corrected,)), media
