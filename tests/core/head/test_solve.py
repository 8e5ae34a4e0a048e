from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled, NoFaceFound
from core.head.gaze import LOOKS, gaze_of, look_weights, read_gaze, tied_gaze
from core.head.objective import eye_openings
from core.head.personal import personal_shapes
from core.head.pose import Pose, rotation_of
from core.head.shapes import SHAPE_INDEX, HeadShapes
from core.head.solve import LiveSolver, SolvedClip, solve_clip, solve_still, tracked_basis
from core.head.synthetic import Performance
from core.head.topology import FACE_POINTS
from core.values.progress import Progress


@pytest.fixture(scope="module")
def solved(shapes: HeadShapes, act: Performance) -> SolvedClip:
    return solve_clip(act.landmarks, 30.0, neutral=act.neutral, shapes=shapes)


def test_known_weights_are_recovered(solved: SolvedClip, act: Performance) -> None:
    error = np.sqrt(((solved.weights - act.weights) ** 2).mean())
    assert error < 0.06
    assert error < 0.4 * np.sqrt((act.weights**2).mean())


def test_known_weights_are_recovered_without_the_neutral(shapes: HeadShapes, act: Performance) -> None:
    found = solve_clip(act.landmarks, 30.0, shapes=shapes)
    assert np.sqrt(((found.weights - act.weights) ** 2).mean()) < 0.12
    assert np.sqrt(((found.neutral - act.neutral)[:FACE_POINTS] ** 2).sum(axis=1).mean()) < 0.03


def test_the_pose_is_recovered_beside_the_expression(solved: SolvedClip, act: Performance) -> None:
    turn = np.matmul(np.swapaxes(act.poses.rotation, 1, 2), solved.poses.rotation)
    degrees = np.degrees(np.arccos(np.clip((np.trace(turn, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    assert degrees.mean() < 1.0


def test_weights_stay_between_nothing_and_full(solved: SolvedClip) -> None:
    assert solved.weights.min() >= 0
    assert solved.weights.max() <= 1


def test_a_still_face_has_no_expression(shapes: HeadShapes, act: Performance) -> None:
    pose = Pose(120.0, rotation_of(5, 3, -4), np.array([200.0, 210.0, 0.0]))
    still = np.repeat(pose.to_picture(act.neutral)[None], 5, axis=0)
    clip = solve_clip(still, 30.0, neutral=act.neutral, shapes=shapes)
    assert clip.weights.max() < 1e-6
    assert np.abs(clip.residual).max() < 1e-6
    assert clip.head == pytest.approx(np.tile([0, 0, 0, 0, 0, 1], (5, 1)), abs=1e-6)


def test_drawn_shapes_and_residual_give_the_tracked_face_back(
    solved: SolvedClip, shapes: HeadShapes, act: Performance
) -> None:
    drawn = personal_shapes(shapes, act.neutral)
    calm = (act.weights[:, [SHAPE_INDEX["eyeBlinkLeft"], SHAPE_INDEX["eyeBlinkRight"]]] == 0).all(axis=1)
    open_eyed = (solved.weights[:, [SHAPE_INDEX["eyeBlinkLeft"], SHAPE_INDEX["eyeBlinkRight"]]] < 1e-9).all(axis=1)
    rows = np.flatnonzero(calm & open_eyed)
    assert len(rows) > 10
    faces = act.neutral + np.tensordot(solved.weights, drawn, 1) + solved.residual
    picture = solved.poses.to_picture(faces)
    assert picture[rows, :FACE_POINTS] == pytest.approx(act.landmarks[rows, :FACE_POINTS], abs=1e-6)


def test_lost_frames_stay_lost_and_do_not_spoil_the_others(
    solved: SolvedClip, shapes: HeadShapes, act: Performance
) -> None:
    gappy = act.landmarks.copy()
    gappy[20:31] = np.nan
    clip = solve_clip(gappy, 30.0, neutral=act.neutral, shapes=shapes)
    assert not clip.found[20:31].any()
    assert np.isnan(clip.weights[20:31]).all()
    assert np.isnan(clip.head[20:31]).all()
    assert np.isfinite(clip.weights[clip.found]).all()
    assert clip.weights[40:] == pytest.approx(solved.weights[40:], abs=0.03)


def test_a_clip_without_a_face_is_refused(shapes: HeadShapes) -> None:
    with pytest.raises(NoFaceFound, match="No face"):
        solve_clip(np.full((4, 478, 3), np.nan), 30.0, shapes=shapes)


def test_solving_can_be_cancelled(shapes: HeadShapes, act: Performance) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        solve_clip(act.landmarks, 30.0, shapes=shapes, progress=progress)


def test_a_mirrored_clip_gives_mirrored_weights(shapes: HeadShapes, act: Performance) -> None:
    flip = np.array([-1.0, 1.0, 1.0])
    there = solve_clip(act.landmarks[:30], 30.0, neutral=act.neutral, shapes=shapes)
    mirrored = act.landmarks[:30][:, shapes.mirror] * flip + [600.0, 0.0, 0.0]
    here = solve_clip(mirrored, 30.0, neutral=act.neutral[shapes.mirror] * flip, shapes=shapes)
    left, right = SHAPE_INDEX["mouthSmileLeft"], SHAPE_INDEX["mouthSmileRight"]
    assert here.weights[:, left] == pytest.approx(there.weights[:, right], abs=0.03)
    assert here.head[:, 0] == pytest.approx(-there.head[:, 0], abs=0.1)
    assert here.gaze[:, 0, 0] == pytest.approx(-there.gaze[:, 1, 0], abs=0.5)


def test_a_look_to_the_subjects_left_is_positive_yaw_in_both_eyes(shapes: HeadShapes, act: Performance) -> None:
    basis = tracked_basis(shapes, act.neutral)
    face = act.neutral + 0.7 * (basis[SHAPE_INDEX["eyeLookOutLeft"]] + basis[SHAPE_INDEX["eyeLookInRight"]])
    clip = solve_clip(np.repeat(100 * face[None], 3, axis=0), 30.0, neutral=act.neutral, shapes=shapes)
    assert clip.gaze[1, :, 0] == pytest.approx([21, 21], abs=4)
    assert np.abs(clip.gaze[1, :, 1]).max() < 3


def test_tracker_noise_moves_weights_little(shapes: HeadShapes, act: Performance) -> None:
    rng = np.random.default_rng(0)
    noisy = 120 * (act.neutral + rng.normal(0, 0.004, (40, 478, 3)))
    clip = solve_clip(noisy, 30.0, neutral=act.neutral, shapes=shapes)
    assert np.abs(np.diff(clip.weights, axis=0)).mean() < 0.005


def test_a_live_solver_follows_the_clip_and_forgets_over_a_gap(
    solved: SolvedClip, shapes: HeadShapes, act: Performance
) -> None:
    live = LiveSolver(act.neutral, 30.0, shapes)
    weights = np.array([live.step(frame)[0] for frame in act.landmarks[:40]])
    assert np.sqrt(((weights - act.weights[:40]) ** 2).mean()) < 0.08
    lost, pose = live.step(np.full((478, 3), np.nan))
    assert np.isnan(lost).all()
    assert np.isnan(pose.scale)
    again, _ = live.step(act.landmarks[50])
    first, _ = LiveSolver(act.neutral, 30.0, shapes).step(act.landmarks[50])
    assert np.array_equal(again, first)


def test_a_smile_on_a_photo_is_told_from_the_persons_features(shapes: HeadShapes, act: Performance) -> None:
    basis = tracked_basis(shapes, act.neutral)
    smile = 0.8 * (basis[SHAPE_INDEX["mouthSmileLeft"]] + basis[SHAPE_INDEX["mouthSmileRight"]])
    calm, smiling = (solve_still(100 * face, shapes) for face in (act.neutral, act.neutral + smile))
    both = [SHAPE_INDEX["mouthSmileLeft"], SHAPE_INDEX["mouthSmileRight"]]
    assert (smiling[both] > calm[both] + 0.3).all()
    assert calm.mean() < 0.08


@pytest.mark.data
def test_a_real_blink_is_solved_as_one(shapes: HeadShapes, data_folder: Path) -> None:
    from core.head.fit.tracks import read_index, track_clip

    entry = next(entry for entry in read_index(data_folder) if entry.file.name == "KwaiVGI__LivePortrait__d1.mp4")
    track = track_clip(entry)
    assert track.found.all()
    clip = solve_clip(track.landmarks, entry.rate, shapes=shapes)
    blink = clip.weights[:, [SHAPE_INDEX["eyeBlinkRight"], SHAPE_INDEX["eyeBlinkLeft"]]].mean(axis=1)
    opening = eye_openings(clip.poses.to_canonical(track.landmarks)).mean(axis=1)
    assert blink.max() > 0.7
    assert np.corrcoef(blink, opening)[0, 1] < -0.9


@pytest.mark.data
def test_a_laugh_is_neither_a_nod_nor_a_step_back(shapes: HeadShapes, data_folder: Path) -> None:
    from core.head.fit.tracks import read_index, track_clip

    entry = next(entry for entry in read_index(data_folder) if entry.file.name == "KwaiVGI__LivePortrait__d0.mp4")
    track = track_clip(entry)
    clip = solve_clip(track.landmarks, entry.rate, shapes=shapes)
    assert np.ptp(clip.head[:, 5]) < 0.02
    assert np.ptp(clip.head[:, 1]) < 4.0


def test_eyes_are_read_as_a_pair() -> None:
    gaze = np.array([[[10.0, -20.0], [4.0, 0.0]], [[10.0, -20.0], [4.0, 0.0]]])
    tied = tied_gaze(gaze, np.array([[0.1, 0.1], [0.1, 0.0]]))
    assert tied[0, 0, 1] == tied[0, 1, 1]
    assert -10 < tied[0, 0, 1] < -3
    assert tied[0, :, 0].mean() == pytest.approx(7)
    assert 0 < np.ptp(tied[0, :, 0]) < 2
    assert tied[1, 0, 1] < 1.5 * tied[0, 0, 1]  # a shut eye says nothing
    assert not tied_gaze(np.full((1, 2, 2), 2.0), np.full((1, 2), 0.1))[..., 1].any()


def test_lids_that_stand_high_or_low_are_no_gaze(shapes: HeadShapes, act: Performance) -> None:
    basis = tracked_basis(shapes, act.neutral)
    lids = ("eyeWideLeft", "eyeWideRight"), ("eyeSquintLeft", "eyeSquintRight")
    faces = np.stack([act.neutral + sum(0.9 * basis[SHAPE_INDEX[name]] for name in pair) for pair in lids])
    assert np.abs(read_gaze(faces, shapes, act.neutral)).max() < 8
    moved = faces + [0.01, -0.02, 0.0]
    assert read_gaze(moved, shapes, act.neutral) == pytest.approx(read_gaze(faces, shapes, act.neutral))


def test_a_glance_stays_quick_and_a_fixed_gaze_still() -> None:
    rng = np.random.default_rng(4)
    truth = np.repeat([0.0, 15.0, -10.0], 20)
    gaze = np.zeros((60, 2, 2))
    gaze[..., 0] = truth[:, None] + rng.normal(0, 1.0, (60, 2))
    read = tied_gaze(gaze, np.full((60, 2), 0.1), 30.0)[..., 0].mean(axis=1)
    assert np.abs(np.diff(read[3:17])).mean() < 0.5
    assert np.abs(read[[19, 20, 39, 40]] - truth[[19, 20, 39, 40]]).max() < 5.5


@given(st.lists(st.floats(-25, 25), min_size=4, max_size=4))
def test_looks_and_degrees_are_inverse(degrees: list[float]) -> None:
    gaze = np.array(degrees).reshape(1, 2, 2)
    weights = np.zeros((1, 52))
    weights[:, LOOKS] = look_weights(gaze)
    assert gaze_of(weights) == pytest.approx(gaze)


@pytest.mark.data
def test_a_real_look_aside_and_back_is_read_so(shapes: HeadShapes, data_folder: Path) -> None:
    from core.head.fit.tracks import read_index, track_clip

    name = "vardanagarwal__Proctoring-AI__center_left_center.mp4"
    entry = next(entry for entry in read_index(data_folder) if entry.file.name == name)
    track = track_clip(entry)
    gaze = solve_clip(track.landmarks, entry.rate, shapes=shapes).gaze[track.found]
    yaw = gaze[:, :, 0].mean(axis=1)
    assert np.ptp(np.percentile(yaw, [2, 98])) > 15
    assert abs(yaw[-10:].mean() - yaw[:10].mean()) < 6
    assert np.abs(np.diff(gaze[:, :, 0], axis=1)).mean() < 3
    assert np.ptp(np.percentile(gaze[:, :, 1], [2, 98])) < 6
