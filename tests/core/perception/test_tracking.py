from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import Cancelled, NoFaceFound, UserError
from core.media.clip import open_clip
from core.perception.faces import Face
from core.perception.mediapipe_faces import MediaPipeLandmarker
from core.perception.tracking import track_clip
from core.values.image import Image
from core.values.progress import Progress
from tests.core.perception.conftest import FramesClip

Pixels = NDArray[np.uint8]
BLANK = np.full((512, 512, 3), 110, np.uint8)


def shifted(portrait: Image, dx: float, dy: float) -> Pixels:
    affine = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float64)
    return np.asarray(cv2.warpAffine(portrait.pixels, affine, (512, 512), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def test_a_moving_face_is_followed_to_its_pixels(
    portrait: Image, face: Face, landmarker: MediaPipeLandmarker, frames_clip: type[FramesClip]
) -> None:
    moves = [(6.0 * n, 3.0 * n) for n in range(16)]
    clip = frames_clip([shifted(portrait, *move) for move in moves])
    tracked = track_clip(clip, landmarker=landmarker, smooth=False)
    assert tracked.found.all()
    unit = np.linalg.norm(face.landmarks[33] - face.landmarks[263])
    for points, move in zip(tracked.landmarks, moves, strict=True):
        off = np.linalg.norm(points[:, :2] - face.landmarks[:, :2] - move, axis=1).mean() / unit
        assert off < 0.03
    assert tracked.size == (512, 512)
    assert tracked.rate == 25


def test_lost_frames_are_gaps_and_the_face_is_taken_up_again(
    portrait: Image, landmarker: MediaPipeLandmarker, frames_clip: type[FramesClip]
) -> None:
    pictures = [BLANK] * 2 + [portrait.pixels] * 4 + [BLANK] * 5 + [shifted(portrait, 60, 20)] * 4
    tracked = track_clip(frames_clip(pictures), landmarker=landmarker)
    assert tracked.found.tolist() == [False] * 2 + [True] * 4 + [False] * 5 + [True] * 4
    assert np.isnan(tracked.landmarks[~tracked.found]).all()
    moved = tracked.landmarks[12, :, :2].mean(axis=0) - tracked.landmarks[4, :, :2].mean(axis=0)
    assert np.allclose(moved, (60, 20), atol=2)


def test_the_chosen_one_of_two_is_followed_while_the_other_comes_near(
    portrait: Image, landmarker: MediaPipeLandmarker, frames_clip: type[FramesClip]
) -> None:
    person = portrait.pixels[40:220, 140:310]
    pictures = []
    for n in range(12):
        frame = np.full((300, 640, 3), 110, np.uint8)
        frame[60:240, 30:200] = person
        x = 440 - 18 * n
        frame[60:240, x : x + 170] = person[:, ::-1]
        pictures.append(frame)
    left = track_clip(frames_clip(pictures), face=(100.0, 150.0), landmarker=landmarker, smooth=False)
    right = track_clip(frames_clip(pictures), face=(520.0, 150.0), landmarker=landmarker, smooth=False)
    assert left.found.all()
    assert right.found.all()
    assert np.ptp(left.landmarks[:, :, 0].mean(axis=1)) < 6
    walked = right.landmarks[0, :, 0].mean() - right.landmarks[-1, :, 0].mean()
    assert walked == pytest.approx(18 * 11, abs=6)


def test_a_clip_without_faces_and_a_face_that_is_not_there_are_refused(
    portrait: Image, landmarker: MediaPipeLandmarker, frames_clip: type[FramesClip]
) -> None:
    with pytest.raises(NoFaceFound, match="No face was found in the clip"):
        track_clip(frames_clip([BLANK] * 2), landmarker=landmarker)
    with pytest.raises(UserError, match="no face number 3"):
        track_clip(frames_clip([portrait.pixels] * 2), face=3, landmarker=landmarker)


def test_tracking_stops_when_asked(
    portrait: Image, landmarker: MediaPipeLandmarker, frames_clip: type[FramesClip]
) -> None:
    seen = []

    def listen(done: int, total: int, what: str) -> None:
        seen.append((done, total, what))
        if done == 3:
            progress.cancel()

    progress = Progress(listen)
    with pytest.raises(Cancelled):
        track_clip(frames_clip([portrait.pixels] * 9), landmarker=landmarker, progress=progress)
    assert seen[-1] == (3, 9, "tracking the face")


def test_frames_stream_through_one_at_a_time(portrait: Image, landmarker: MediaPipeLandmarker) -> None:
    handed_out = 0

    def endless() -> object:
        nonlocal handed_out
        while True:
            handed_out += 1
            yield portrait.pixels

    faces = list(islice(landmarker.track(endless()), 5))  # type: ignore[arg-type]
    assert all(face is not None for face in faces)
    assert handed_out == 5


@pytest.mark.data
def test_a_cut_to_somebody_else_is_a_gap_and_the_person_is_known_again(
    data_folder: Path, landmarker: MediaPipeLandmarker, frames_clip: type[FramesClip]
) -> None:
    def pixels(name: str) -> Pixels:
        path = next((data_folder / "photos").glob(f"*{name}*"))
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        return np.asarray(cv2.resize(picture, (640, 640), interpolation=cv2.INTER_AREA), np.uint8)

    one, other = pixels("blocks__1"), pixels("blocks__5")
    again = np.asarray(np.roll(one, 40, axis=1))
    clip = frames_clip([one] * 3 + [other] * 4 + [again] * 3)
    tracked = track_clip(clip, landmarker=landmarker)
    assert tracked.found.tolist() == [True] * 3 + [False] * 4 + [True] * 3


@pytest.mark.data
def test_a_real_clip_is_found_in_every_frame(data_folder: Path, landmarker: MediaPipeLandmarker) -> None:
    with open_clip(data_folder / "clips" / "KwaiVGI__LivePortrait__d1.mp4") as clip:
        tracked = track_clip(clip, landmarker=landmarker)
    assert tracked.found.all()
    gap = np.linalg.norm(tracked.landmarks[:, 159] - tracked.landmarks[:, 145], axis=1)
    assert gap.min() < 0.45 * gap.max(), "the clip shows a blink"
