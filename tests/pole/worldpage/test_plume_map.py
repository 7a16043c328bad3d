from collections.abc import Callable

import numpy as np
import pytest

from envirosense.physics.gas.dispersion import mean_chi_s_m3
from envirosense.physics.gas.transport import Release, journey
from envirosense.pole.matter.plume_map import PlumeMap
from envirosense.pole.matter.plumes import PoleAir
from envirosense.pole.worldpage import WorldMoment

GAS = "carbon_monoxide"


@pytest.fixture(scope="module")
def plume(moment: WorldMoment) -> PlumeMap:
    return plume_of(moment)


def plume_of(moment: WorldMoment) -> PlumeMap:
    site, inputs = moment.run.site, moment.run.world.settled.inputs
    source = moment.gases.plumes[0]
    rng = inputs.rng("plume", source.name, "inside")
    pole_m = (site.pole_diameter_m, site.pole_height_m)
    return PlumeMap(source, GAS, PoleAir(inputs.atmosphere), pole_m, moment.film_ticks, rng)


def nodes(moment: WorldMoment, distances_m: tuple[float, ...]) -> list[tuple[float, float, float]]:
    """Places downwind of the source, aside and below."""
    (x, y), (east, north, up) = moment.flow, moment.gases.plumes[0].at
    return [
        (east + d * (x - s * y), north + d * (y + s * x), up + dz)
        for d in distances_m
        for s in (-0.2, 0.0, 0.1)
        for dz in (-1.0, 0.0)
    ]


def test_a_node_has_the_number_of_the_point_query(moment: WorldMoment, plume: PlumeMap) -> None:
    asked = [node for node in nodes(moment, (1.3, 4.0, 15.0, 35.0)) if plume.tier(node).name == "plume"]
    assert len(asked) >= 12
    found = plume.gas_g_m3(asked) * moment.ppb_per_g_m3(GAS, moment.film_ticks)[:, None]
    for i, node in enumerate(asked):
        exact = moment.state.gas_excess_ppb([GAS], node)[moment.film_ticks, 0]
        np.testing.assert_allclose(found[:, i], exact, rtol=1e-9, atol=1e-12 * exact.max())
    assert found.max() > 1.0


def test_puffs_have_the_point_query_as_far_as_their_air_is_kept(
    with_source: Callable[..., WorldMoment],
) -> None:
    moment = with_source(pulse_ticks=10)
    plume = plume_of(moment)
    asked = [node for node in nodes(moment, (12.0,)) if plume.tier(node).name == "puffs"]
    assert asked
    found = plume.gas_g_m3(asked) * moment.ppb_per_g_m3(GAS, moment.film_ticks)[:, None]
    for i, node in enumerate(asked):
        exact = moment.state.gas_excess_ppb([GAS], node)[moment.film_ticks, 0]
        np.testing.assert_allclose(found[:, i], exact, rtol=0.02, atol=0.01 * exact.max())


def test_nothing_goes_upwind_and_the_mean_is_that_of_the_steady_plumes(
    moment: WorldMoment, plume: PlumeMap
) -> None:
    (x, y), (east, north, up) = moment.flow, moment.gases.plumes[0].at
    upwind, downwind = (east - 20.0 * x, north - 20.0 * y, up), (east + 20.0 * x, north + 20.0 * y, up)
    assert not plume.mean_g_m3([upwind], moment.film_ticks).any()
    ticks = moment.film_ticks[:3]
    air = PoleAir(moment.run.world.settled.inputs.atmosphere, moment.run.world.natural_air).carrying
    release = Release((east, north, up), plume._release.size_m, np.zeros(moment.n))
    trip = journey(air, release, downwind)
    chi = mean_chi_s_m3(trip.crosswind_m, up, trip.release_m, trip.spread)[ticks]
    assert plume.mean_g_m3([downwind], ticks)[0] == pytest.approx(0.02 * chi.mean(), rel=1e-9)


def test_nodes_do_not_depend_on_which_others_are_asked(moment: WorldMoment, plume: PlumeMap) -> None:
    several = nodes(moment, (3.0, 9.0))
    together = plume.gas_g_m3(several)
    np.testing.assert_array_equal(together[:, 5], plume.gas_g_m3(several[5:6])[:, 0])
