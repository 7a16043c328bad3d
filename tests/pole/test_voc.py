import math

import numpy as np
import numpy.typing as npt
import pytest
from numba import config as numba_config

from envirosense.core.errors import ConfigError
from envirosense.core.species import species
from envirosense.instruments import Conditions, SensorConfig
from envirosense.instruments.status import Status
from envirosense.physics.air.humidity import absolute_humidity_g_m3
from envirosense.pole.sensors.voc import VOCArraySensor
from envirosense.pole.sensors.voc_stages import Divider
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import Series, UniformWorld

DEVICE, MIXED = "voc_array/tfsgs_multi2", "voc_array/mixed_technology"

TRANSFORMS = ("compress", "expand")

long_series = pytest.mark.skipif(
    bool(getattr(numba_config, "DISABLE_JIT", 0)), reason="long series need compiled kernels"
)


def array(part: str = DEVICE, keep: tuple[str, ...] | None = None, **changed: object) -> VOCArraySensor:
    config = SensorConfig.parse({"sensor_id": "voc", "sensor_type": "voc_array", "part": part, **changed})
    if keep is not None:
        names = [stage.name for stage in VOCArraySensor(config).stages()]
        off = tuple(name for name in (*names, "as_built") if name not in (*keep, *TRANSFORMS))
        config = config.model_copy(update={"stages_off": off})
    return VOCArraySensor(config)


def test_a_channel_reads_its_own_target_in_clean_air() -> None:
    for part in (DEVICE, MIXED):
        sensor = array(part)
        for channel, target in enumerate(sensor.values.words("channel.targets")):
            ideal = sensor.respond(UniformWorld(n=2, gas={target: 37.0}))
            assert ideal[:, channel] == pytest.approx(37.0)


def test_channels_are_the_devices_targets() -> None:
    names = [channel.name for channel in array().channels]
    assert names[:6] == [
        "ch1_formaldehyde_ppb",
        "ch2_acetaldehyde_ppb",
        "ch3_acrolein_ppb",
        "ch4_phenol_ppb",
        "ch5_cresol_ppb",
        "ch6_guaiacol_ppb",
    ]
    assert {channel.unit for channel in array().channels} == {"ppb"}


def test_reducing_gases_add_and_oxidising_gases_take_away() -> None:
    sensor = array(MIXED)
    alone = sensor.respond(UniformWorld(n=1, gas={"ethanol": 50.0}))[0]
    both = sensor.respond(UniformWorld(n=1, gas={"ethanol": 50.0, "toluene": 40.0}))[0]
    assert both[3] == pytest.approx(50.0 + 0.5 * 40.0)
    ozone = sensor.respond(UniformWorld(n=1, gas={"ethanol": 50.0, "ozone": 80.0}))[0]
    k = 300.0
    assert ozone[3] == pytest.approx((k + 50.0) / (1.0 + 0.05 * 80.0 / k) - k)
    assert ozone[3] < alone[3]
    assert ozone[6] == pytest.approx(80.0)


def test_oxidising_gases_may_have_an_exponent_of_their_own() -> None:
    sensor = array(MIXED, overrides={"response.oxidiser_beta": [0.1] * 8})
    ozone = sensor.respond(UniformWorld(n=1, gas={"ozone": 80.0}))[0, 3]
    k, beta = 300.0, 0.3196
    assert ozone == pytest.approx(k * math.expm1(-0.1 / beta * math.log1p(0.05 * 80.0 / k)))


def test_lamp_is_blind_to_what_it_cannot_ionise() -> None:
    blind = ("methanol", "formaldehyde", "carbon_monoxide", "hydrogen", "methane", "hydrogen_chloride")
    ideal = array(MIXED).respond(UniformWorld(n=1, gas=dict.fromkeys(blind, 1000.0)))
    assert ideal[0, 2] == 0.0


def test_hydrogen_chloride_has_no_channel() -> None:
    ideal = array().respond(UniformWorld(n=1, gas={"hydrogen_chloride": 500.0}))
    np.testing.assert_array_equal(ideal, 0.0)


def test_every_gas_of_the_tables_is_a_known_species() -> None:
    for part in (DEVICE, MIXED):
        sensor = array(part)
        assert [species(name).name for name in sensor.gases] == list(sensor.gases)
        assert len(sensor.truth_channels) == len(sensor.gases)


def test_metal_oxide_answers_faster_than_it_recovers() -> None:
    n = 60
    step = np.where((np.arange(n) >= 10) & (np.arange(n) < 35), 100.0, 0.0)
    sensor = array(keep=("response",), overrides={"response.tau_power": 0.0})
    y = readings(sensor, [UniformWorld(n=n, gas={"formaldehyde": step})]).reading[:, 0]
    beta, k = 0.3196, 300.0
    full = beta * math.log1p(100.0 / k)
    after_8_s = k * math.expm1(full * -math.expm1(-8.0 / 4.8) / beta)
    assert y[17] == pytest.approx(after_8_s)
    assert y[35 + 7] == pytest.approx(k * math.expm1(math.log1p(y[34] / k) * math.exp(-8.0 / 18.8)))


def test_units_differ_in_their_cross_sensitivities_but_not_in_their_target() -> None:
    sensor = array()
    factors = np.array(
        [
            sensor.draw_unit(np.random.default_rng(seed)).reducing
            / np.where(sensor.response.reducing > 0, sensor.response.reducing, np.nan)
            for seed in range(300)
        ]
    )
    for channel, target in enumerate(sensor.values.words("channel.targets")):
        assert (factors[:, sensor.gases.index(target), channel] == 1.0).all()
    off_target = np.log(factors[factors != 1.0])
    spread = np.nanstd(off_target)
    assert spread == pytest.approx(0.2, rel=5 / math.sqrt(2 * np.isfinite(off_target).sum()))


def test_switching_as_built_off_gives_the_nominal_law() -> None:
    world = UniformWorld(n=3, gas={"ethanol": 80.0, "phenol": 20.0})
    built, nominal = array(keep=("as_built",)), array(keep=())
    assert not np.allclose(readings(built, [world]).reading, readings(built, [world]).ideal, rtol=1e-3)
    np.testing.assert_allclose(
        readings(nominal, [world]).reading, readings(nominal, [world]).ideal, rtol=1e-9
    )


def test_a_dry_winter_pulls_no_channel_onto_the_end_of_its_range() -> None:
    for part in (DEVICE, MIXED):
        keep = ("temperature", "humidity", "zero", "digital")
        winter = UniformWorld(n=1, air=258.15, humidity=0.5)
        read = np.array([readings(array(part, keep=keep), [winter], seed).reading[0] for seed in range(200)])
        low = array(part).values.numbers("range.low", "ppb", 8)
        assert np.all(read[:, array(part).response.is_mox] > low[array(part).response.is_mox])


def test_surroundings_move_the_baseline_by_the_street_coefficients() -> None:
    sensor = array(
        keep=("temperature", "humidity"), overrides={"temperature.spread": 0.0, "humidity.spread": 0.0}
    )
    k, beta = sensor.response.k, sensor.response.beta
    cold, warm = (readings(sensor, [UniformWorld(n=1, air=t_k)]).reading[0] for t_k in (283.15, 293.15))
    moved = beta * (np.log1p(warm / k) - np.log1p(cold / k))
    moisture = absolute_humidity_g_m3(np.array([283.15, 293.15]), 0.5)
    expected = -0.0039 * 10.0 + 0.104 * math.log(moisture[1] / moisture[0])
    assert moved == pytest.approx(expected)


def test_a_cell_drifts_off_at_high_temperature_and_a_lamp_dims_in_damp_air() -> None:
    hot = UniformWorld(n=1, air=323.15)
    zeros = [readings(array(MIXED, keep=("cell_zero",)), [hot], seed).reading[0, 0] for seed in range(400)]
    assert np.std(zeros) == pytest.approx(0.2 * 600.0, rel=5 / math.sqrt(800))
    damp = UniformWorld(n=1, humidity=0.9, gas={"isobutylene": 100.0})
    assert readings(array(MIXED, keep=("lamp_humidity",)), [damp]).reading[0, 2] == pytest.approx(80.0)


def test_zero_air_has_no_bias_from_clipping() -> None:
    n = 4000
    block = readings(array(keep=("white", "digital")), [UniformWorld(n=n)])
    sigma = np.array([channel.noise_sigma for channel in array().channels])
    curvature = 0.5 * (0.002 / array().response.beta) ** 2 * array().response.k  # of the inverse law
    assert np.all(np.abs(block.reading.mean(axis=0) - curvature) < 5 * sigma / math.sqrt(n))
    below, above = (block.reading < 0).mean(axis=0), (block.reading > 0).mean(axis=0)
    assert np.all(np.abs(below - above) < 5 / math.sqrt(n))
    assert not np.signbit(block.reading[block.reading == 0]).any()


def test_stuck_spells_of_the_settings_hold_the_reading() -> None:
    sensor = array(faults=({"kind": "stuck", "begin_s": 5.0, "end_s": 9.0},))
    y = readings(sensor, [UniformWorld(n=12)]).reading
    assert (y[5:9] == y[4]).all()
    assert (y[9] != y[4]).any()


def test_a_technology_nobody_knows_is_refused() -> None:
    words = ["mox"] * 7 + ["magic"]
    with pytest.raises(ConfigError, match="must be one of mox, electrochemical, pid"):
        array(overrides={"channel.technology": words})


def ln_g(sensor: VOCArraySensor, world: UniformWorld, seed: int = 20) -> npt.NDArray[np.float64]:
    """ln(G / G0) that the metal oxides report, (time, channel)."""
    ppb = readings(sensor, [world], seed).reading
    return sensor.response.beta * np.log1p(ppb / sensor.response.k)


def test_much_gas_quickens_the_response() -> None:
    k, c = 300.0, 9000.0
    world = UniformWorld(n=20, gas={"formaldehyde": np.where(np.arange(20) < 5, 0.0, c)})
    y = ln_g(array(keep=("response",)), world)[:, 0]
    share = y[5:10] / (0.3196 * math.log1p(c / k))
    tau_s = 4.8 * (1.0 + c / k) ** -0.3
    assert share == pytest.approx(-np.expm1(-np.arange(1, 6) / tau_s))


def test_siloxanes_take_gain_and_speed_for_good() -> None:
    half_dose = {"poison.halving_dose": [20.0, 20.0], "response.tau_power": 0.0}
    hours = np.arange(3 * 360) / 360.0
    poison = np.where((hours >= 1.0) & (hours < 2.0), 20e3, 0.0)
    sensor = array(keep=("response",), overrides=half_dose)
    clean, dosed = (
        np.expm1(
            ln_g(sensor, UniformWorld(n=hours.size, dt_s=10.0, gas={"ethanol": 500.0, "D5": siloxane}))[:, 7]
        )
        for siloxane in (0.0, poison)
    )
    assert dosed[300] == clean[300]
    assert dosed[[719, -1]] / clean[-1] == pytest.approx(0.5, rel=1e-6)
    step: dict[str, Series] = {"ethanol": np.where(hours < 2.5, 0.0, 500.0), "D5": poison}
    y = ln_g(sensor, UniformWorld(n=hours.size, dt_s=10.0, gas=step))[:, 7]
    rise = np.expm1(y[900:]) / np.expm1(y[-1])
    settled = 0.7155 * math.log1p(500.0 / 4600.0)
    expected = np.expm1(settled * -np.expm1(-10.0 * np.arange(1, 5) / (2.0 * 2.96))) / np.expm1(settled)
    assert rise[:4] == pytest.approx(expected, rel=2e-3)


def test_doses_add_up_alike_in_blocks_and_from_the_past() -> None:
    world = UniformWorld(n=600, gas={"ethanol": 500.0, "D4": 30e3})
    sensor = array(keep=("response",))
    whole, cut = (readings(sensor, blocks).reading for blocks in ([world], world.blocks(7)))
    np.testing.assert_array_equal(whole, cut)
    used = array(keep=("response",), age_days=3650.0)
    dose_ppm_h = 0.05e-3 * 24.0 * 3650.0
    gain = np.expm1(ln_g(used, world)[0]) / np.expm1(ln_g(sensor, world)[0])
    assert np.all((gain > 2.0 ** (-dose_ppm_h / 10.0)) & (gain < 2.0 ** (-dose_ppm_h / 50.0)))


def test_a_poisoned_array_is_weak_and_a_fouled_one_slow() -> None:
    world = UniformWorld(n=4000, gas={"ethanol": np.where(np.arange(4000) < 50, 0.0, 500.0)})
    steady = {"response.tau_power": 0.0}
    poisoned = array(keep=("response",), faults=({"kind": "poisoned"},), overrides=steady)
    healthy = array(keep=("response", "inlet"), overrides=steady)
    fouled = array(keep=("response", "inlet"), faults=({"kind": "fouled"},), overrides=steady)
    well, weak, slow = (ln_g(sensor, world)[:, 7] for sensor in (healthy, poisoned, fouled))
    assert np.expm1(weak[-1]) / np.expm1(well[-1]) == pytest.approx(0.25, rel=1e-6)
    assert slow[100] < 0.3 * well[100]
    assert slow[-1] == pytest.approx(well[-1], rel=0.01)  # slower, no weaker


def test_sulphur_inhibits_for_a_while() -> None:
    n = 8 * 60
    sulphur = np.where(np.arange(n) < 4 * 60, 1000.0, 0.0)
    world = UniformWorld(n=n, dt_s=60.0, gas={"ethanol": 500.0, "SO2": sulphur})
    free = np.expm1(ln_g(array(keep=()), world)[:, 7])
    for seed in range(5):
        gain = np.expm1(ln_g(array(keep=("inhibition",)), world, seed)[:, 7]) / free
        assert 0.85 <= gain[4 * 60 - 1] <= 0.95  # half of a depth of 10-30 %
        assert gain[-1] > 0.99


def test_a_rested_layer_burns_in_over_days() -> None:
    day_s = 86_400.0
    world = UniformWorld(n=10 * 24, dt_s=3600.0)
    for seed in range(5):
        y = ln_g(array(keep=("burn_in",), on_since_s=0.0), world, seed)
        assert np.all((y[0] > -0.5) & (y[0] < -0.2))
        assert np.all(y[-1] > -0.5 * math.exp(-9.9 / 3.0))
        tau_s = 24 * 3600.0 / np.log(y[0] / y[24])
        assert np.all((tau_s > 0.99 * day_s) & (tau_s < 3.01 * day_s))
    np.testing.assert_array_equal(ln_g(array(keep=("burn_in",)), world), 0.0)


def test_warming_up_shows_and_is_flagged() -> None:
    world = UniformWorld(n=2 * 60, dt_s=60.0)
    block = readings(array(keep=("warm_up",), on_since_s=0.0), [world])
    start, end = np.abs(block.reading[[0, -1]])
    assert np.all(end < 0.01 * start)
    warming = (block.status & Status.WARMING_UP) > 0
    assert warming[:60].all()
    assert not warming[60:].any()


def test_the_converter_is_coarse_at_both_ends() -> None:
    bits = 8.0
    stage = Divider("divider", np.ones(1, dtype=bool), bits, 0.0, -6.0, np.full(1, 6.0))
    x = np.linspace(-3.0, 3.0, 20_001)[:, None]
    nothing = np.zeros(x.size)
    conditions = Conditions(0, 1.0, nothing, nothing, nothing, nothing, nothing, nothing)
    y, _ = stage.apply(x, np.ones(1), conditions, np.random.default_rng(0))
    for at in (-2.5, 0.0, 2.5):
        near = np.abs(x - at) < 0.15
        r = math.exp(-at)
        half_step = 0.5 / 2.0**bits * (1.0 + r) ** 2 / r
        assert np.abs(y - x)[near].max() == pytest.approx(half_step, rel=0.2)
    assert abs((y - x).mean()) < 1e-3


@pytest.mark.parametrize(
    ("air_k", "low", "high"), [(253.15, 0.45, 0.70), (293.15, 1.0, 1.0), (323.15, 1.10, 1.25)]
)
def test_cells_are_weak_in_the_cold_and_strong_in_the_heat(air_k: float, low: float, high: float) -> None:
    world = UniformWorld(n=1, air=air_k, gas={"carbon_monoxide": 1000.0, "isobutylene": 50.0})
    gains = []
    for seed in range(200):
        block = readings(array(MIXED, keep=("cell_gain",)), [world], seed)
        gains.append(block.reading[0, [0, 2]] / block.ideal[0, [0, 2]])
    co, lamp = np.transpose(gains)
    assert np.all((co >= low - 1e-12) & (co <= high + 1e-12))
    spread = (high - low) / math.sqrt(12.0)
    assert co.mean() == pytest.approx((low + high) / 2.0, abs=5 * spread / math.sqrt(200) + 1e-12)
    np.testing.assert_allclose(lamp, 1.0)


def test_extreme_humidity_wears_cells_by_one_to_two_percent_a_day() -> None:
    n = 48
    for humidity, suffers in ((0.95, True), (0.1, True), (0.5, False)):
        world = UniformWorld(n=n, dt_s=3600.0, humidity=humidity, gas={"carbon_monoxide": 1000.0})
        y = readings(array(MIXED, keep=("electrolyte",)), [world]).reading[:, 0]
        lost = -np.log(y[-1] / 1000.0) / 2.0
        assert 0.01 <= lost <= 0.02 if suffers else lost == 0.0


def test_dust_takes_the_light_of_a_lamp_step_by_step() -> None:
    units, years = 600, 2.0
    world = UniformWorld(n=1, gas={"isobutylene": 100.0})
    aged = array(MIXED, keep=("lamp_fouling",), age_days=365.25 * years)
    lost = [-math.log(readings(aged, [world], seed).reading[0, 2] / 100.0) for seed in range(units)]
    steps, size = 4.0 * years, 0.05
    error = size * math.sqrt(2.0 * steps / units)  # compound Poisson: variance is n E[size^2]
    assert np.mean(lost) == pytest.approx(steps * size, abs=5 * error)
    during = readings(
        array(MIXED, keep=("lamp_fouling",)), [UniformWorld(n=24 * 365, dt_s=3600.0, gas=world.gas)]
    ).reading[:, 2]
    assert np.all(np.diff(during) <= 0.0)
    assert during[-1] < 100.0


@long_series
@pytest.mark.parametrize("part", [DEVICE, MIXED])
def test_both_arrays_keep_the_contract_of_a_sensor(part: str) -> None:
    check_sensor(VOCArraySensor, array(part).config)
