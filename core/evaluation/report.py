"""Reenactment scores as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from core.evaluation.reenact import ClipScores, Scores

COLUMNS = (
    ("psnr", "PSNR", 2), ("ssim", "SSIM", 3), ("mouth_psnr", "mouth", 2), ("eyes_psnr", "eyes", 2),
    ("landmark", "landmarks", 4), ("landmark68", "68", 4), ("auc", "AUC", 3), ("failure", "fail", 3),
    ("identity", "identity", 3), ("motion", "motion", 4),
)  # fmt: skip


def means(clips: Sequence[ClipScores]) -> dict[str, Scores]:
    """The mean over clips of every method's scores; each clip counts alike."""
    methods = clips[0].scores
    return {
        method: Scores(
            **{
                field.name: float(np.nanmean([getattr(clip.scores[method], field.name) for clip in clips]))
                for field in fields(Scores)
            }  # type: ignore[arg-type]
        )
        for method in methods
    }


def table(clips: Sequence[ClipScores]) -> str:
    """A Markdown table: a row per clip and method, then the means."""
    lines = [
        "| clip | method | " + " | ".join(title for _, title, _ in COLUMNS) + " |",
        "| --- | --- |" + " ---: |" * len(COLUMNS),
    ]
    for clip in clips:
        lines += [_row(clip.clip, method, scores) for method, scores in clip.scores.items() if method != "truth"]
        lines.append(_truth_row(clip.clip, clip.scores["truth"]))
    lines += [_row("**mean**", method, scores) for method, scores in means(clips).items() if method != "truth"]
    return "\n".join(lines)


def _row(clip: str, method: str, scores: Scores) -> str:
    cells = (f"{getattr(scores, name):.{digits}f}" for name, _, digits in COLUMNS)
    return f"| {clip} | {method} | {' | '.join(cells)} |"


def _truth_row(clip: str, scores: Scores) -> str:
    """The truth against itself says what tracking and identity alone amount to; its pixels say nothing."""
    measured = {"landmark", "landmark68", "auc", "failure", "identity", "motion"}
    cells = (f"{getattr(scores, name):.{digits}f}" if name in measured else "" for name, _, digits in COLUMNS)
    return f"| {clip} | the true frames | {' | '.join(cells)} |"
