"""A performance onto a portrait: a layer of the document that stays editable.

What is measured is kept as it was measured; expression-only and region weights are settings of the layer, so
that the artist can change her mind. Gaze goes into the gaze channels and not into the eyeLook shapes as well,
since engines add the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from core.document.channels import SHAPES
from core.document.document import Document
from core.document.edits.layers import add_layer, next_layer_id, set_region_weight
from core.document.frozen_array import FrozenArray
from core.document.layers import Performance as PerformanceContent
from core.document.layers import PerformanceSource
from core.document.regions import Region
from core.motion.neutral_frame import choose_neutral_frame, relative_to
from core.motion.performance import GAZE, HEAD, Performance

Neutral = int | Literal["as measured", "calmest"]

LAYER_SHAPES = tuple(name for name in SHAPES if not name.startswith("eyeLook"))


def layer_content(
    performance: Performance, source: PerformanceSource | None = None, neutral: Neutral = "as measured"
) -> PerformanceContent:
    """The performance as the content of a layer.

    neutral: a frame of the performance that counts as rest, 'calmest' to choose one, or 'as measured' for
    performances that are told relative to a neutral already, as tracked clips are. Raises `UserError`.
    """
    if neutral == "calmest":
        neutral = choose_neutral_frame(performance)
    if isinstance(neutral, int):
        performance = relative_to(performance, neutral)
    shapes = performance.shapes[:, [SHAPES.index(name) for name in LAYER_SHAPES]]
    samples = np.hstack([shapes, performance.gaze.reshape(-1, 4), performance.head]).astype(np.float32)
    channels = (*LAYER_SHAPES, *GAZE[0], *GAZE[1], *HEAD)
    residual = None if performance.residual is None else FrozenArray(performance.residual.astype(np.float16))
    source = source or PerformanceSource("clip", performance.source)
    return PerformanceContent(source, performance.rate, channels, FrozenArray(samples), residual)


def add_performance(
    document: Document,
    performance: Performance,
    *,
    source: PerformanceSource | None = None,
    neutral: Neutral = "as measured",
    expression_only: bool = False,
    weights: Mapping[Region, float] | None = None,
    name: str = "",
) -> Document:
    """`document` with the performance on a new layer on top.

    expression_only: leave the head where the photo has it. weights: 0 to 2 per region of the face, 1 for what
    is not named. Raises `UserError`.
    """
    layer_id = next_layer_id(document)
    content = layer_content(performance, source, neutral)
    document = add_layer(document, name or performance.source or "Performance", content)
    chosen = dict(weights or {})
    if expression_only:
        chosen[Region.HEAD] = 0.0
    for region, weight in chosen.items():
        document = set_region_weight(document, layer_id, region, weight)
    return document
