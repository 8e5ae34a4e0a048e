"""The renderer, its cache and keys, with an engine whose pictures can be foretold."""

import numpy as np
import pytest
from fakes.engines import TintEngine
from hypothesis import given
from hypothesis import strategies as st

from core.animation.face_state import face_state
from core.errors import Cancelled
from core.generation.protocol import Rendered, Subject
from core.rendering.compose import composed
from core.rendering.frame_cache import FrameCache
from core.rendering.frame_key import frame_key
from core.rendering.mailbox import Mailbox
from core.rendering.renderer import PREPARED_KEPT, Renderer
from core.rendering.request import FrameRequest
from core.rendering.subject import reduced, subject_of
from core.values.image import image_of
from core.values.progress import Progress


def make_subject(seed: int = 0, size: tuple[int, int] = (40, 60), dtype: type = np.uint8) -> Subject:
    rng = np.random.default_rng(seed)
    image = image_of(rng.integers(0, 150, (*size, 3)).astype(dtype), np.full(size, 7, dtype))
    return subject_of(image, rng.uniform(5, 35, (478, 3)))


@pytest.fixture
def engine() -> TintEngine:
    return TintEngine()


@pytest.fixture
def renderer(engine: TintEngine) -> Renderer:
    return Renderer(lambda name: engine)


def test_equal_poses_share_a_frame_and_other_poses_do_not(renderer, engine):
    subject = make_subject()
    first = renderer.render(FrameRequest(subject, face_state({"jawOpen": 0.5})))
    again = renderer.render(FrameRequest(subject, face_state({"jawOpen": 0.500001}), tag="later"))
    other = renderer.render(FrameRequest(subject, face_state({"jawOpen": 0.6})))
    assert again.pixels is first.pixels
    assert again.seconds == 0
    assert again.request.tag == "later"
    assert engine.rendered == 2
    assert np.array_equal(other.pixels[..., 0], subject.image.pixels[..., 0] + 60)


def test_what_was_rendered_before_changes_no_picture():
    # The two states share a frame, and TintEngine's rounding falls between them.
    subject, below, above = make_subject(), face_state({"jawOpen": 0.00496}), face_state({"jawOpen": 0.00504})
    pictures = []
    for order in ((below, above), (above, below)):
        fresh = Renderer(lambda name: TintEngine())
        pictures += [fresh.render(FrameRequest(subject, state)).pixels for state in order]
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures[1:])


def test_results_cannot_be_written_to(renderer):
    result = renderer.render(FrameRequest(make_subject(), face_state({"jawOpen": 0.5}), with_alpha=True))
    for plane in (result.pixels, result.alpha):
        with pytest.raises(ValueError, match="read-only"):
            plane[0] = 0


def test_alpha_is_the_pictures_own_where_it_has_one(renderer):
    result = renderer.render(FrameRequest(make_subject(), face_state(), with_alpha=True))
    assert (result.alpha == 7).all()


def test_a_subject_is_prepared_once_and_old_ones_are_forgotten(renderer, engine):
    subjects = [make_subject(seed) for seed in range(PREPARED_KEPT + 1)]
    for subject in subjects:
        for jaw in (0.1, 0.2):
            renderer.render(FrameRequest(subject, face_state({"jawOpen": jaw})))
    assert engine.prepared == len(subjects)
    renderer.render(FrameRequest(subjects[0], face_state({"jawOpen": 0.9})))
    assert engine.prepared == len(subjects) + 1


def test_the_engines_version_the_size_and_the_landmarks_are_part_of_the_key():
    subject, state = make_subject(), face_state({"jawOpen": 0.5})
    moved = subject_of(subject.image, subject.landmarks + 1)
    request = FrameRequest(subject, state)
    keys = {
        frame_key(request, TintEngine().info),
        frame_key(request, TintEngine(version="2").info),
        frame_key(FrameRequest(subject, state, scale=0.5), TintEngine().info),
        frame_key(FrameRequest(moved, state), TintEngine().info),
        frame_key(FrameRequest(subject, state, with_alpha=True), TintEngine().info),
    }
    assert len(keys) == 5
    assert frame_key(FrameRequest(subject, state, tag=3), TintEngine().info) in keys


def test_a_cancelled_render_leaves_nothing_in_the_cache(renderer, engine):
    request = FrameRequest(make_subject(), face_state({"jawOpen": 0.5}))
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        renderer.render(request, progress)
    assert not renderer.is_cached(request)
    renderer.render(request)
    assert renderer.is_cached(request)


def test_closing_closes_the_engines(renderer, engine):
    renderer.render(FrameRequest(make_subject(), face_state()))
    renderer.close()
    assert engine.closed


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 40)), max_size=60), st.integers(0, 100))
def test_the_cache_never_holds_more_than_its_capacity(puts, capacity):
    cache = FrameCache(capacity)
    for key, size in puts:
        cache.put(bytes([key]), (np.zeros((size, 1, 1), np.uint8), None))
        assert cache.bytes_held <= capacity
        assert (bytes([key]) in cache) == (size <= capacity)


def test_the_cache_drops_what_was_used_longest_ago():
    cache = FrameCache(3)
    for key in (b"a", b"b", b"c"):
        cache.put(key, (np.zeros((1, 1, 1), np.uint8), None))
    cache.get(b"a")
    cache.put(b"d", (np.zeros((1, 1, 1), np.uint8), None))
    assert [key in cache for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]


def test_a_reduced_subject_keeps_its_landmarks_on_the_same_features():
    subject = make_subject(size=(80, 120))
    small = reduced(subject, 0.5)
    assert small.image.pixels.shape == (40, 60, 3)
    # The centre of the picture stays its centre: (119 / 2, 79 / 2) -> (59 / 2, 39 / 2).
    centre = subject_of(subject.image, np.full((478, 3), [59.5, 39.5, 0.0]))
    assert np.allclose(reduced(centre, 0.5).landmarks[0], [29.5, 19.5, 0])
    assert reduced(subject, 1) is subject


def test_a_request_replaces_the_one_that_waits():
    box: Mailbox[int] = Mailbox()
    for item in (1, 2, 3):
        box.post(item)
    assert box.take() == 3
    assert box.take(timeout=0.01) is None
    assert box.replaced == 2
    box.close()
    box.post(4)
    assert box.take() is None
    assert box.closed


def crop_of(photo: np.ndarray, x: int, y: int, size: int, change: float) -> Rendered:
    ramp = np.minimum(np.arange(size), np.arange(size)[::-1]) / (size / 4)
    alpha = np.clip(np.minimum.outer(ramp, ramp), 0, 1).astype(np.float32)
    crop = np.clip(photo[y : y + size, x : x + size].astype(float) + change, 0, 255).astype(photo.dtype)
    return Rendered(crop, alpha, np.array([[1.0, 0, x], [0, 1, y]]))


def test_a_crop_with_a_colour_cast_meets_the_photo_without_a_seam():
    rows = np.linspace(40, 200, 120)[:, None, None] * np.ones((1, 160, 3))
    image = image_of(rows.astype(np.uint8))
    result = composed(image, crop_of(image.pixels, 30, 20, 64, 25.0))
    assert np.abs(result.astype(int) - image.pixels).max() <= 1


def test_outside_the_alpha_the_photos_own_pixels_stay():
    image = image_of(np.random.default_rng(1).integers(0, 255, (120, 160, 3)).astype(np.uint8))
    rendered = crop_of(image.pixels, 30, 20, 64, 0)
    painted = Rendered(255 - rendered.pixels, rendered.alpha, rendered.to_photo)
    result = composed(image, painted)
    outside = np.ones((120, 160), bool)
    outside[21:83, 31:93] = False
    assert np.array_equal(result[outside], image.pixels[outside])
    assert not np.array_equal(result, image.pixels)


def test_a_crop_wholly_outside_the_photo_changes_nothing():
    image = image_of(np.zeros((30, 30, 3), np.uint8))
    rendered = Rendered(
        np.full((8, 8, 3), 200, np.uint8), np.ones((8, 8), np.float32), np.array([[1.0, 0, 100], [0, 1, 100]])
    )
    assert composed(image, rendered) is image.pixels
