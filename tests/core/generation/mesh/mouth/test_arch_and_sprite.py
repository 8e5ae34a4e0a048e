import numpy as np
import pytest

from core.generation.mesh.mouth.arch import MILLIMETRE, Jaw, dental_arch
from core.generation.mesh.mouth.sprite import (
    ALONG,
    BELOW_EDGE,
    CROWNS,
    GUM,
    OWN,
    RED,
    TOOTH,
    half_length,
    rows_of,
    tooth_sprite,
)

JAWS = list(Jaw)


@pytest.mark.parametrize("jaw", JAWS)
def test_the_arch_is_symmetric_and_runs_back_on_both_sides(jaw):
    arch = dental_arch(jaw)
    np.testing.assert_allclose(arch.x, -arch.x[::-1], atol=1e-12)
    np.testing.assert_allclose(arch.z, arch.z[::-1], atol=1e-12)
    assert np.argmin(arch.z) == len(arch.z) // 2
    assert arch.front == pytest.approx(arch.z.min())


@pytest.mark.parametrize("jaw", JAWS)
def test_arc_length_is_the_length_of_a_fine_polyline_and_normals_face_the_lips(jaw):
    arch, fine = dental_arch(jaw), dental_arch(jaw, 20001)
    assert np.ptp(arch.arc) == pytest.approx(np.ptp(fine.arc), rel=2e-3)
    middle = len(arch.x) // 2
    np.testing.assert_allclose(arch.normal[middle], [0, 0, -1], atol=1e-3)
    np.testing.assert_allclose((arch.normal * arch.tangent).sum(axis=1), 0, atol=1e-12)
    assert (arch.normal[: middle // 2, 0] < 0).all()


@pytest.mark.parametrize("jaw", JAWS)
def test_the_teeth_fit_on_their_arch(jaw):
    assert half_length(jaw) == pytest.approx(sum(crown.width for crown in CROWNS[jaw]) * MILLIMETRE)
    assert 2 * half_length(jaw) < np.ptp(dental_arch(jaw).arc) * 1.25


@pytest.mark.parametrize("jaw", JAWS)
def test_a_regular_sprite_is_its_own_mirror_image(jaw):
    maps = tooth_sprite(jaw, 160, seed=3, irregularity=0).maps
    mirrored = maps[:, ::-1].copy()
    mirrored[..., ALONG] *= -1
    middle = slice(4, maps.shape[1] - 4)
    assert np.abs(maps[:, middle] - mirrored[:, middle]).mean() < 2e-3


def test_crowns_are_as_wide_and_as_tall_as_the_table_says():
    density = 400
    maps = tooth_sprite(Jaw.UPPER, density, irregularity=0).maps
    front = CROWNS[Jaw.UPPER][0]
    cover = maps[..., TOOTH]
    # The contact between the two front teeth is in the middle, the next one a crown's width away.
    row = int((BELOW_EDGE + 0.3 * front.height * MILLIMETRE) * density)
    red = maps[row, :, RED]
    middle = len(red) // 2
    reach = int(0.3 * front.width * MILLIMETRE * density)
    contact = middle + reach + np.argmin(red[middle + reach : middle + 5 * reach])
    assert (contact - middle) / density == pytest.approx(front.width * MILLIMETRE, rel=0.06)
    column = middle + int(0.5 * front.width * MILLIMETRE * density)
    tooth = (cover[:, column] > 0.5) & (maps[:, column, GUM] < 0.5)
    assert tooth.sum() / density == pytest.approx(front.height * MILLIMETRE, rel=0.06)
    assert rows_of(density)[np.flatnonzero(tooth)[0]] == pytest.approx(0, abs=0.01)


def test_a_seed_draws_the_same_teeth_and_another_seed_others():
    first, again, other = (tooth_sprite(Jaw.UPPER, 120, seed).maps for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


@pytest.mark.parametrize("jaw", JAWS)
def test_covers_lie_between_nothing_and_everything_and_none_is_the_photos_own(jaw):
    maps = tooth_sprite(jaw, 150, seed=11).maps
    assert maps[..., [TOOTH, GUM]].min() >= 0
    assert maps[..., [TOOTH, GUM]].max() <= 1
    assert not maps[..., OWN].any()
    assert np.isfinite(maps).all()
