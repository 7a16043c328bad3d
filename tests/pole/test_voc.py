import math

import numpy as np
import numpy.typing as npt
import pytest
from numba import config as numba_config

from envirosense.core.errors import ConfigError
from envirosense.core.species import species
from envirosense.instruments import SensorConfig
from envirosense.physics.air.humidity import absolute_humidity_g_m3
from envirosense.pole.sensors.voc import VOCArraySensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

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


def test_hydrogen_chloride_has_no_channel() -> None:
    ideal = array().respond(UniformWorld(n=1, gas={"hydrogen_chloride": 500.0}))
    np.testing.assert_array_equal(ideal, 0.0)


def test_every_gas_of_the_tables_is_a_known_species() -> None:
    for part in (DEVICE, MIXED):
        sensor = array(part)
        assert [species(name).name for name in sensor.gases] == list(sensor.gases)
        assert len(sensor.truth_channels) == len(sensor.gases)


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


def errors(stage: str, world: UniformWorld, units: int = 400, **changed: object) -> npt.NDArray[np.float64]:
    """Error of the signal of many units that have one stage alone, (unit, channel) [ln(G / G0)]."""
    sensor = array(keep=(stage,), **changed)
    k, beta = sensor.response.k, sensor.response.beta
    blocks = (readings(sensor, [world], seed) for seed in range(units))
    return np.array([beta * np.log((k + b.reading[-1]) / (k + b.ideal[-1])) for b in blocks])


def test_units_differ_in_gain_by_a_tenth_and_in_zero_by_a_hundredth() -> None:
    units = 400
    tenth = {"ethanol": 500.0, "phenol": 500.0}
    gains = [readings(array(keep=("gain",)), [UniformWorld(n=1, gas=tenth)], seed) for seed in range(units)]
    ratio = np.log([block.reading[0] / block.ideal[0] for block in gains])
    assert ratio.std(axis=0) == pytest.approx(0.1, rel=5 / math.sqrt(2 * units))
    zero = errors("zero", UniformWorld(n=1), units)
    assert zero.std(axis=0) == pytest.approx(0.01, rel=5 / math.sqrt(2 * units))


def test_wind_cools_the_hotplates() -> None:
    units = 400
    shift = errors("flow", UniformWorld(n=1, wind=(-5.0, 0.0, 0.0)), units)
    assert shift.mean(axis=0) == pytest.approx(5.0 * -0.006, abs=5 * 5.0 * 0.003 / math.sqrt(units))
    assert shift.std(axis=0) == pytest.approx(5.0 * 0.003, rel=5 / math.sqrt(2 * units))


def test_much_gas_saturates_a_layer_at_its_limit() -> None:
    ppb = 300.0 * np.expm1(np.array([2.9, 3.5, 8.0]) / 0.3196)
    far = array(keep=("saturation",), overrides={"range.high": 1e12})
    y = readings(far, [UniformWorld(n=3, gas={"formaldehyde": ppb})]).reading[:, 0]
    found = 0.3196 * np.log1p(y / 300.0)
    assert found == pytest.approx([2.9, 3.0 - math.expm1(-0.5), 3.0 - math.expm1(-5.0)])


def test_gas_diffuses_through_a_clean_inlet_in_three_seconds() -> None:
    world = UniformWorld(n=20, gas={"formaldehyde": np.where(np.arange(20) < 5, 0.0, 100.0)})
    y = readings(array(keep=("inlet",)), [world]).reading[:, 0]
    assert y[5 + 2] == pytest.approx(100.0 * -math.expm1(-1.0))


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


@long_series
@pytest.mark.parametrize("part", [DEVICE, MIXED])
def test_both_arrays_keep_the_contract_of_a_sensor(part: str) -> None:
    check_sensor(VOCArraySensor, array(part).config)
