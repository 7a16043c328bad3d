"""The particle field: superposition, sizes, rain and fog, and draws that no request can move."""

import numpy as np
import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.core.parts import load_part
from envirosense.physics.gas.background import blend_paths
from envirosense.physics.particles.aerosol import Mode, bin_shares, growth_factor
from envirosense.pole.fields.aerosols import Aerosols, _grown_shares
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.matter.aerosol_parts import aerosol_kind, aerosol_names, pm2_5_share
from envirosense.pole.matter.gases import _wander
from envirosense.pole.matter.sources import air_mass
from envirosense.scenarios import AirMass, Forcing

AT, THERE = (0.0, 1.2, 9.3), (4.0, -2.0, 3.0)
EDGES_UM = np.geomspace(0.1, 10.0, 17)
CALM_NIGHT = {"wind_m_s": 1.0, "ghi_w_m2": 0.0, "dhi_w_m2": 0.0, "dni_w_m2": 0.0}


@pytest.fixture
def inputs(make_world):
    def build(*air_masses, seed=7, n=60, dt_s=10.0, **columns):
        world = make_world(n=n, dt_s=dt_s, seed=seed, **columns)
        forcings = (Forcing(air_masses=air_masses),) if air_masses else ()
        return WorldInputs(world.site, world.atmosphere, np.zeros(n), forcings, seed)

    return build


def smoke(strength, n=60):
    return AirMass("smoke", {}, {"smoke_aged": np.full(n, strength)})


@pytest.mark.parametrize("name", aerosol_names())
def test_every_aerosol_has_modes_that_make_up_its_mass(name):
    kind = aerosol_kind(name)
    assert len(kind.modes) == len(kind.mass_share)
    assert sum(kind.mass_share) == pytest.approx(1.0, abs=1e-12)
    assert np.all(np.diff(kind.pm_shares()) >= 0.0)
    assert kind.pm_shares()[2] <= 1.0


@pytest.mark.parametrize(
    ("name", "ratio", "low", "high"),
    [
        ("smoke_fresh", (0, 1), 0.85, 0.95),
        ("smoke_fresh", (1, 2), 0.85, 0.90),
        ("dust", (1, 2), 0.15, 0.30),
    ],
)
def test_size_shares_are_those_of_the_reference(name, ratio, low, high):  # section 3.4
    shares = aerosol_kind(name).pm_shares()
    assert low <= shares[ratio[0]] / shares[ratio[1]] <= high


def test_ambient_air_has_the_levels_of_its_part_in_the_median(inputs):
    part = load_part("background/rural")
    pm = np.stack([Aerosols(inputs(seed=seed, rain_mm=0.0)).pm_ug_m3(AT).mean(axis=0) for seed in range(20)])
    spread = np.log(pm).std(axis=0) / np.sqrt(20)  # of the log mean of n = 20 episodes
    expected = np.log([part["particles.pm2_5"], part["particles.pm10"]])
    # course at noon and the mean of the fast lognormal lie within 0.2 of the median
    assert np.all(np.abs(np.log(pm).mean(axis=0)[1:] - expected) < 5 * spread[1:] + 0.2)
    assert np.all(pm[:, 0] < pm[:, 1])
    assert np.all(pm[:, 1] < pm[:, 2])


def test_air_masses_and_plumes_add(inputs):
    def plume(at):
        return {"soot": np.full(60, 3.0 if at == AT else 0.0)}

    bare = Aerosols(inputs())
    full = Aerosols(inputs(smoke(80.0), smoke(20.0)), plume)
    extra = full.particle_ug_m3(AT) - bare.particle_ug_m3(AT)
    expected = np.zeros(len(full.aerosols))
    expected[full.aerosols.index("smoke_aged")] = 100.0
    expected[full.aerosols.index("soot")] = 3.0
    np.testing.assert_allclose(extra, np.tile(expected, (60, 1)), atol=1e-12)
    np.testing.assert_array_equal(full.ambient_ug_m3, bare.ambient_ug_m3)
    pm = full.pm_ug_m3(AT) - bare.pm_ug_m3(AT)
    assert pm[0, 1] == pytest.approx(100.0 * pm2_5_share("smoke_aged") + 3.0 * pm2_5_share("soot"))


def test_without_a_cause_there_is_only_ambient_air_everywhere(inputs):
    field = Aerosols(inputs())
    np.testing.assert_array_equal(field.particle_ug_m3(AT), field.particle_ug_m3(THERE))
    np.testing.assert_array_equal(field.particle_ug_m3(AT), field.ambient_ug_m3)


def test_numbers_are_the_masses_over_wet_sizes(inputs):
    field = Aerosols(inputs(smoke(50.0)))
    counted = field.particle_per_cm3(np.array([1e-3, 1e3]), AT)[:, 0]
    mass = field.particle_ug_m3(AT)
    expected = sum(
        mass[:, i] * aerosol_kind(name).number_per_ug().sum() for i, name in enumerate(field.aerosols)
    )
    np.testing.assert_allclose(counted, expected, rtol=1e-12)


def test_moist_air_fills_larger_bins(inputs):
    dry, moist = (Aerosols(inputs(air_c=20.0, dew_point_c=d, rain_mm=0.0)) for d in (0.0, 18.5))
    above = np.array([0.5, 10.0])
    assert np.all(moist.particle_per_cm3(above, AT) > 1.3 * dry.particle_per_cm3(above, AT))
    np.testing.assert_array_equal(moist.pm_ug_m3(AT), dry.pm_ug_m3(AT))


@pytest.mark.parametrize("dew_point_c", [-40.0, 5.0, 19.7])
def test_counts_are_those_of_the_exact_sizes(inputs, dew_point_c):
    world = inputs(air_c=20.0, dew_point_c=dew_point_c)
    field = Aerosols(world)
    humidity = world.atmosphere.weather.relative_humidity
    mass = field.particle_ug_m3(AT)
    exact = np.zeros((60, 16))
    for column, name in enumerate(field.aerosols):
        kind = aerosol_kind(name)
        for mode, per_cm3 in zip(kind.modes, kind.number_per_ug(), strict=True):
            shares = bin_shares(EDGES_UM, mode, growth_factor(humidity, mode.kappa))
            exact += per_cm3 * mass[:, column, None] * shares
    counted = field.particle_per_cm3(EDGES_UM, AT)
    np.testing.assert_allclose(counted, exact, rtol=1e-3, atol=1e-4 * exact.sum(axis=1).max())


@pytest.mark.parametrize(
    ("kappa", "wettest"), [(0.02, 0.3), (0.02, 0.5), (0.3, 0.05), (0.0, 0.9), (1.1, 0.97)]
)
def test_small_growth_is_read_as_exactly_as_large(kappa, wettest):
    mode, humidity = Mode(0.55, 2.2, 2.6, kappa), np.linspace(0.5 * wettest, wettest, 50)
    exact = bin_shares(EDGES_UM, mode, growth_factor(humidity, kappa))
    np.testing.assert_allclose(_grown_shares(EDGES_UM, mode, humidity), exact, atol=1e-4)


def test_the_tick_moves_neither_mean_nor_spread_of_ten_minutes(inputs):
    def ln_ten_minutes(dt_s, seed):
        n = round(36_000 / dt_s)
        pm = Aerosols(inputs(seed=seed, n=n, dt_s=dt_s, rain_mm=0.0)).pm_ug_m3(AT)[:, 1]
        return np.log(pm.reshape(60, -1).mean(axis=1))

    fine, coarse = (np.array([ln_ten_minutes(dt_s, seed) for seed in range(12)]) for dt_s in (5.0, 600.0))
    ratio = np.diff(coarse, axis=1).var() / np.diff(fine, axis=1).var()
    # n = 12 x 59 differences, neighbours correlated by -1/2 or less: standard error of the ratio below 10 %
    assert ratio == pytest.approx(1.0, abs=0.5)


def test_particles_and_gases_share_one_wander(inputs):
    world = inputs(n=3, dt_s=60.0)
    field = Aerosols(world)
    gas = _wander(world.world_seed, "shared", 4, 60.0)
    np.testing.assert_allclose(blend_paths(*field._shared_paths.T), gas[:3], rtol=1e-12)


def test_rain_washes_coarse_particles_out_first(inputs):
    dry, wet = (Aerosols(inputs(rain_mm=r, n=180)).ambient_ug_m3 for r in (0.0, 10.0))
    left = dict(zip(aerosol_names(), wet[-1] / np.where(dry[-1] > 0.0, dry[-1], 1.0), strict=True))
    fine, coarse = left["background_fine"], left["background_coarse"]
    assert coarse < fine < 1.0
    assert coarse < 0.8


def test_fog_comes_in_calm_moist_nights_and_weighs_nothing_on_a_filter(inputs):
    foggy = Aerosols(inputs(air_c=10.0, dew_point_c=10.0, n=180, **CALM_NIGHT))
    windy = Aerosols(inputs(air_c=10.0, dew_point_c=10.0, n=180, **(CALM_NIGHT | {"wind_m_s": 6.0})))
    column = foggy.aerosols.index("fog")
    assert foggy.particle_ug_m3(AT)[-1, column] > 1e4
    assert not windy.particle_ug_m3(AT)[:, column].any()
    np.testing.assert_allclose(aerosol_kind("fog").pm_shares(), 0.0)
    droplets = foggy.particle_per_cm3(np.array([5.0, 30.0]), AT)[-1, 0]
    assert 10.0 < droplets < 1000.0


def test_drifting_fog_has_droplets_of_its_own_size(inputs):
    world = inputs(n=60)
    grid = world.grid
    field = Aerosols(inputs(air_mass("fog", grid, np.ones(60))))
    mode = aerosol_kind("fog").modes[0]
    here, bare = (f.particle_per_cm3(EDGES_UM, AT) for f in (field, Aerosols(world)))
    expected = aerosol_kind("fog").number_per_ug()[0] * 1e5 * bin_shares(EDGES_UM, mode)
    np.testing.assert_allclose(here - bare, np.tile(expected, (60, 1)), rtol=1e-9, atol=1e-9)


def test_the_order_of_questions_moves_no_draw(inputs):
    first, second = Aerosols(inputs()), Aerosols(inputs(smoke(10.0)))
    first.particle_per_cm3(EDGES_UM, AT)
    second.pm_ug_m3(THERE)
    np.testing.assert_array_equal(first.ambient_ug_m3, second.ambient_ug_m3)
    assert not np.array_equal(first.ambient_ug_m3, Aerosols(inputs(seed=8)).ambient_ug_m3)


def test_an_aerosol_that_no_part_describes_is_refused(inputs):
    with pytest.raises(UnknownNameError, match="did you mean 'dust'"):
        Aerosols(inputs(AirMass("x", {}, {"dustt": np.ones(60)}))).particle_ug_m3(AT)
