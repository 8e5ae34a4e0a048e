"""Which pixels belong to people: MediaPipe's selfie segmentation, coarse (it sees 256 x 256 pixels) but sure."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.perception.mediapipe_graphs import import_mediapipe, quiet_native_stderr


class PersonSegmenter:
    """(H, W, 3) uint8 R, G, B -> (H, W) float32, how surely each pixel is a person. One per thread; `close` it."""

    def __init__(self) -> None:
        self._mediapipe = import_mediapipe()
        tasks = self._mediapipe.tasks
        folder = Path(self._mediapipe.__file__).parent / "modules" / "selfie_segmentation"
        # As bytes, because the native code cannot open every path that Python can.
        network = (folder / "selfie_segmentation.tflite").read_bytes()
        options = tasks.vision.ImageSegmenterOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=network), output_confidence_masks=True
        )
        with quiet_native_stderr(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._segmenter = tasks.vision.ImageSegmenter.create_from_options(options)
            self._segment(np.zeros((64, 64, 3), np.uint8))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def segment(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self._segment(pixels)

    def _segment(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        picture = self._mediapipe.Image(
            image_format=self._mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(pixels)
        )
        mask = self._segmenter.segment(picture).confidence_masks[0].numpy_view()
        return np.array(mask, dtype=np.float32).reshape(pixels.shape[:2])

    def close(self) -> None:
        self._segmenter.close()
