import numpy as np
import pytest

from core.animation.face_state import face_state
from core.generation.mesh.deform import pose_face
from core.generation.mesh.engine import MeshEngine
from core.generation.mesh.mouth.light import nearly_closed
from core.generation.mesh.mouth.tone import LUMINANCE
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER
from core.values.progress import Progress


@pytest.fixture(scope="module")
def smiling_photo(synthetic):
    return MeshEngine().prepare(synthetic(smile=0.9), Progress())


def profile(prepared, **values):
    """Luminance (columns, rows) of columns across the middle of the mouth, over 0.1 eye distances about the seam."""
    state = face_state(values)
    pixels = MeshEngine().render(prepared, state, Progress()).pixels @ LUMINANCE
    posed = pose_face(prepared.rig, state)
    upper, lower = (posed.vertices[list(row)[3:8], :2] for row in (LIP_INNER_UPPER, LIP_INNER_LOWER))
    seam = 0.5 * (upper + lower)
    reach = round(0.05 * prepared.rig.scale)
    columns = []
    order = np.argsort(seam[:, 0])
    for x in range(int(seam[:, 0].min()), int(seam[:, 0].max())):
        y = round(float(np.interp(x, seam[order, 0], seam[order, 1])))
        columns.append(pixels[y - reach : y + reach + 1, x])
    return np.array(columns)


def test_lips_that_close_over_teeth_meet_in_a_dark_line_without_a_light_rim(smiling_photo):
    lip = 0.2126 * 175 + 0.7152 * 95 + 0.0722 * 90
    for values in ({"look.neutralise": 1.0}, {"mouthClose": 1.0}):
        columns = profile(smiling_photo, **values)
        assert columns.max() < lip + 22  # teeth have more than 200
        assert (columns.min(axis=1) < 0.8 * lip).all()
        assert np.median(np.argmin(columns, axis=1)) == pytest.approx(columns.shape[1] // 2, abs=2)


def test_teeth_sink_into_shadow_as_lips_close(smiling_photo):
    brightest = [profile(smiling_photo, **{"look.neutralise": n}).max() for n in (0.3, 0.6, 0.8, 0.95)]
    assert brightest[0] > 150
    assert brightest[-1] < 130
    assert (np.diff(brightest) < 8).all()


def test_a_mouth_closes_without_a_jump(smiling_photo):
    engine, before = MeshEngine(), None
    for n in np.arange(0.6, 1.001, 0.02):
        now = engine.render(smiling_photo, face_state({"look.neutralise": n}), Progress()).pixels.astype(float)
        if before is not None:
            assert np.abs(now - before).mean() < 0.25
        before = now


def test_the_corners_of_an_open_mouth_are_not_nearly_closed():
    assert nearly_closed(0.0, 0.3) == 0
    assert nearly_closed(0.0, 0.0) == 1
    values = [nearly_closed(gap, 0.03) for gap in (0.0, 0.01, 0.02, 0.05)]
    assert values == sorted(values, reverse=True)
