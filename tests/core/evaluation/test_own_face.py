"""A tracked performance on the performer's own first frame brings the face to where it was tracked."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from core.animation.evaluate import evaluate
from core.document.document import new_document
from core.generation.mesh.deform import pose_face
from core.generation.mesh.rig import build_rig
from core.generation.protocol import Subject
from core.head.shapes import load_head_shapes
from core.head.solve import solve_clip
from core.head.synthetic import performance as made_up
from core.motion.performance import performance_of
from core.motion.retarget import add_performance
from core.values.image import image_of


def test_a_performers_own_first_frame_follows_the_tracked_face() -> None:
    act = made_up(load_head_shapes(), 60, 0.001, seed=5)
    solved = solve_clip(act.landmarks, 30.0)
    performance = performance_of(
        Fraction(30), solved.weights, solved.gaze, solved.head, solved.found, solved.residual, "act"
    )
    performance = replace(performance, neutral=solved.neutral, reference=solved.reference.rotation)
    document = add_performance(new_document(Fraction(30)), performance, neutral=0)
    picture = image_of(np.full((512, 512, 3), 90, np.uint8))
    rig = build_rig(Subject(picture, act.landmarks[0], None, lambda: np.zeros((512, 512), np.float32)))
    errors, moved = [], []
    for frame in range(0, 60, 6):
        posed = pose_face(rig, evaluate(document, frame)).vertices
        away = posed[:468, :2] - act.landmarks[frame, :468, :2]
        errors.append(np.sqrt((away**2).sum(axis=1).mean()) / rig.scale)
        moved.append(np.abs(act.landmarks[frame] - act.landmarks[0]).max() / rig.scale)
    assert max(moved) > 0.3
    assert np.mean(errors) < 0.006
