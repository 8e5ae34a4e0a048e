"""What trained numbers there are: those that come with Facekey, inside libraries, and to be fetched.

Addresses are the ones that the libraries themselves download from. Checksums of the fetched files are
those published by people who pinned them; they agree with the digits that the authors put in the
files' names, where they did. Of `fan-3d` only those first ten digits are public.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from core.errors import UserError


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of weights.

    file: its name in a weights folder, or its path inside `package`. sha256: lower-case hex digits,
    whole, or only the first ones where no more is public; None for a built-in file, whose digest stands
    in the `SHA256SUMS` beside it, and for files inside libraries. size: bytes, None if unknown. url: where
    to fetch it, None for what is not fetched. package: the importable library whose wheel carries it.
    """

    name: str
    title: str
    file: str
    licence: str
    source: str
    purpose: str
    sha256: str | None = None
    size: int | None = None
    url: str | None = None
    builtin: bool = False
    package: str | None = None

    @property
    def whole_checksum(self) -> bool:
        return self.sha256 is not None and len(self.sha256) == 64


_FAN = "https://www.adrianbulat.com/downloads/python-fan/"
_FAN_SOURCE = "Bulat and Tzimiropoulos, face-alignment (github.com/1adrianb/face-alignment)"
_FAN_LICENCE = (
    "BSD-3-Clause by its authors' word; the training pictures (300W, 300W-LP, AFLW) are not theirs, "
    "and several of those sets are for research only"
)

ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="arkit-shapes",
        title="The 52 ARKit shapes on the 478 points",
        file="arkit_shapes.safetensors",
        licence="Apache-2.0; fitted with the help of ICT FaceKit (MIT)",
        source="core/head, its own fit; see the card beside it",
        purpose="moves the face; solves tracked clips into curves",
        builtin=True,
    ),
    Entry(
        name="mediapipe-face-mesh",
        title="MediaPipe face mesh with irises",
        file="modules/face_landmark/face_landmark_with_attention.tflite",
        licence="Apache-2.0",
        source="inside the mediapipe 0.10.21 wheel",
        purpose="finds the 478 points of a face",
        package="mediapipe",
    ),
    Entry(
        name="dlib-embedding",
        title="dlib face recognition network",
        file="models/dlib_face_recognition_resnet_model_v1.dat",
        licence="CC0 by its author's word; trained in part on FaceScrub and VGG Face pictures",
        source="inside the face_recognition_models wheel",
        purpose="measures whether the person stays the person",
        package="face_recognition_models",
    ),
    Entry(
        name="facenet-mtcnn",
        title="MTCNN face detector",
        file="data/onet.pt",
        licence="MIT code; no licence is stated for the numbers",
        source="inside the facenet-pytorch wheel",
        purpose="second face detector",
        package="facenet_pytorch",
    ),
    Entry(
        name="s3fd-face-detector",
        title="S3FD face detector of face-alignment",
        file="s3fd-619a316812.pth",
        licence=_FAN_LICENCE,
        source=_FAN_SOURCE,
        purpose="finds faces for the FAN landmarkers",
        sha256="619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543",
        size=89_843_225,
        url=_FAN + "s3fd-619a316812.pth",
    ),
    Entry(
        name="fan-2d",
        title="2D-FAN-4 landmarker of face-alignment",
        file="2DFAN4-11f355bf06.pth.tar",
        licence=_FAN_LICENCE,
        source=_FAN_SOURCE,
        purpose="68 landmarks, second opinion and the papers' landmark measure",
        sha256="11f355bf0693120222f5955ce3f9dc8fb5763ebb30a47d7906e509490d32e4aa",
        size=95_641_761,
        url=_FAN + "2DFAN4-11f355bf06.pth.tar",
    ),
    Entry(
        name="fan-3d",
        title="3D-FAN-4 landmarker of face-alignment",
        file="3DFAN4-7835d9f11d.pth.tar",
        licence=_FAN_LICENCE,
        source=_FAN_SOURCE,
        purpose="68 landmarks that keep their place on the head when it turns",
        sha256="7835d9f11d",
        url=_FAN + "3DFAN4-7835d9f11d.pth.tar",
    ),
    Entry(
        name="facenet-vggface2",
        title="FaceNet embedding (Inception-ResNet v1)",
        file="20180402-114759-vggface2.pt",
        licence="MIT code; no licence is stated for the numbers, which were trained on VGGFace2",
        source="facenet-pytorch (github.com/timesler/facenet-pytorch), after David Sandberg's facenet",
        purpose="identity distance as the papers measure it",
        sha256="281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
        size=111_898_327,
        url="https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt",
    ),
)


def catalogue_of(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    """The entries by name, read-only."""
    return MappingProxyType({entry.name: entry for entry in entries})


CATALOGUE = catalogue_of(ENTRIES)


def entry_named(name: str, catalogue: Mapping[str, Entry] = CATALOGUE) -> Entry:
    """The entry called `name`. Raises `UserError` with near names."""
    if name in catalogue:
        return catalogue[name]
    near = get_close_matches(name, catalogue, n=2, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else "'facekey models list' shows them all."
    raise UserError(f"There are no weights called '{name}'", hint)
