"""facenet-pytorch's MTCNN: boxes and five points, with weights that come in its wheel.

K. Zhang, Z. Zhang, Z. Li and Y. Qiao, "Joint face detection and alignment using multitask cascaded
convolutional networks", 2016. The package asks torchvision for two small functions; where torchvision is
missing or does not fit torch, stand-ins take its place for the time of the import.
"""

from __future__ import annotations

import sys
import warnings
from types import ModuleType
from typing import Any

import numpy as np

from core.errors import UserError
from core.perception.mediapipe_faces import rgb8
from core.perception.protocols import FoundBox, Picture
from core.values.geometry import box_around


class MTCNNDetector:
    """MTCNN as a `FaceDetector`. One per thread."""

    def __init__(self, smallest: int = 20) -> None:
        """`smallest`: pixels of the smallest face to look for; time grows as it shrinks."""
        package = import_facenet()
        self._network: Any = package.MTCNN(keep_all=True, min_face_size=smallest, device="cpu")

    def boxes(self, image: Picture) -> tuple[FoundBox, ...]:
        """Every face of the picture, largest first."""
        pixels = rgb8(image)
        if min(pixels.shape[:2]) < 20:  # the pyramid of MTCNN has no level for less
            return ()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ragged arrays within the package
            corners, scores, points = self._network.detect(np.array(pixels), landmarks=True)
        if corners is None:
            return ()
        found = [
            FoundBox(box_around(c.reshape(2, 2)), np.array(p), float(s))
            for c, p, s in zip(corners.astype(float), points.astype(float), scores.astype(float), strict=True)
        ]
        return tuple(sorted(found, key=lambda face: -face.box.width * face.box.height))

    def close(self) -> None:
        self._network = None


def import_facenet() -> ModuleType:
    """`facenet_pytorch`, whatever the state of torchvision. Raises `UserError` when it is not installed."""
    if "facenet_pytorch" in sys.modules:
        return sys.modules["facenet_pytorch"]
    stand_ins = {} if _torchvision_works() else _stand_ins()
    before = {name: sys.modules[name] for name in stand_ins if name in sys.modules}
    sys.modules.update(stand_ins)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import facenet_pytorch
    except ImportError as error:
        raise UserError(
            f"facenet-pytorch cannot be used ({error})", "Install it with: pip install --no-deps facenet-pytorch==2.6.0"
        ) from error
    finally:
        for name in stand_ins:
            del sys.modules[name]
        sys.modules.update(before)
    return facenet_pytorch


def _torchvision_works() -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import torchvision.ops.boxes
            import torchvision.transforms.functional  # noqa: F401
    except (ImportError, RuntimeError):  # built for another torch, its operators are not there
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        return False
    return True


def _stand_ins() -> dict[str, ModuleType]:
    """`torchvision` with the two functions that facenet-pytorch takes from it."""
    names = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional", "torchvision.ops",
             "torchvision.ops.boxes")  # fmt: skip
    modules = {name: ModuleType(name) for name in names}
    for name in names[1:]:
        parent, _, child = name.rpartition(".")
        setattr(modules[parent], child, modules[name])
    modules["torchvision.transforms.functional"].to_tensor = _to_tensor  # type: ignore[attr-defined]
    modules["torchvision.ops.boxes"].batched_nms = _batched_nms  # type: ignore[attr-defined]
    return modules


def _to_tensor(picture: Any) -> Any:
    """A PIL picture or (H, W, C) array -> (C, H, W); bytes become 0 to 1, floats stay."""
    import torch

    array = np.array(picture)
    tensor = torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
    return tensor.float() / 255 if array.dtype == np.uint8 else tensor


def _batched_nms(boxes: Any, scores: Any, groups: Any, threshold: float) -> Any:
    """Indices of the boxes (n, 4) that stay after non-maximum suppression within each group, best first."""
    import torch

    if not len(boxes):
        return torch.empty(0, dtype=torch.int64)
    # Groups are moved apart so that boxes of different ones never meet.
    apart = (boxes + groups.to(boxes)[:, None] * (boxes.max() - boxes.min() + 1)).double().numpy()
    areas = (apart[:, 2] - apart[:, 0]) * (apart[:, 3] - apart[:, 1])
    order = scores.argsort(descending=True, stable=True).numpy()
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(apart[best, :2], apart[order, :2])
        high = np.minimum(apart[best, 2:], apart[order, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        order = order[shared <= threshold * (areas[best] + areas[order] - shared)]
    return torch.tensor(kept, dtype=torch.int64)
