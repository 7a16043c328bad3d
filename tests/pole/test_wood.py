from itertools import pairwise

import numpy as np
import pytest

from envirosense.core.parts import load_part
from envirosense.pole.wood import FUEL_PART, TAR, WoodSource, wood_yields

STEP_S = 10.0
DRY_G = 50.0


def heated(peak_k, n=720, scale=1.0):
    return WoodSource(293.15 + (peak_k - 293.15) * np.linspace(0.0, 1.0, n), STEP_S, DRY_G, scale)


@pytest.mark.parametrize("peak_k", [430.0, 520.0, 600.0, 750.0])
def test_what_leaves_is_what_the_wood_lost(peak_k):
    wood = heated(peak_k)
    volatile_g = wood.total_g_s.sum() * STEP_S
    resin_g = DRY_G * load_part(FUEL_PART)["composition.extractives"]
    lost_g = DRY_G * wood.converted[-1]
    assert lost_g - 1e-6 <= volatile_g <= lost_g + resin_g + 1e-6
    assert np.all(np.diff(wood.converted) >= -1e-12)
    assert wood.converted[-1] <= 0.95  # the rest is char, ash and resin


def test_species_and_unspeciated_tar_make_up_the_whole():
    wood = heated(650.0)
    assert TAR not in wood.names
    assert np.all(wood.rate_g_s >= 0.0)
    rest = wood.total_g_s - wood.rate_g_s.sum(axis=1)
    assert rest.min() > -1e-12
    assert 0.05 < rest.sum() / wood.total_g_s.sum() < 0.8


def test_cool_wood_smells_of_resin_only():
    wood = heated(330.0)
    assert wood.converted[-1] < 1e-6
    strongest = wood.names[int(np.argmax(wood.rate_g_s[-1]))]
    assert strongest == "alpha_pinene"


def test_warmer_wood_gives_off_more():
    totals = [heated(k).total_g_s.sum() for k in (400.0, 450.0, 500.0, 550.0, 600.0)]
    assert all(a < b for a, b in pairwise(totals))


def test_halving_the_step_keeps_the_mass():
    ramp_k = np.interp(np.arange(1439) / 2, [0.0, 719.0], [293.15, 600.0])
    fine, coarse = WoodSource(ramp_k, STEP_S / 2, DRY_G, 1.0), heated(600.0, 720)
    assert fine.converted[-1] == pytest.approx(coarse.converted[-1], rel=0.02)


def test_the_scale_raises_volatiles_against_water():
    plain, rich = (heated(600.0, scale=scale) for scale in (1.0, 1.4))

    def ratio(wood, name):
        return wood.rate_g_s[-1, wood.names.index(name)] / wood.rate_g_s[-1, wood.names.index("water")]

    # a little comes from resin, which does not follow the scale
    assert ratio(rich, "formaldehyde") == pytest.approx(1.4 * ratio(plain, "formaldehyde"), rel=5e-3)
    assert ratio(rich, "carbon_dioxide") == pytest.approx(ratio(plain, "carbon_dioxide"), rel=5e-3)
    assert np.allclose(wood_yields(1.4).fraction.sum(axis=2) + wood_yields(1.4).char, 1.0)
