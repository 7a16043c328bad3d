import math
from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.species import species
from envirosense.instruments import SensorConfig
from envirosense.pole.sensors.gas import GasSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld, busy_world

CLEAN = {"carbon_monoxide": 120.0, "carbon_dioxide": 420e3, "nitrogen_dioxide": 10.0}


def gas_sensor(keep: tuple[str, ...] | None = None, **changed: object) -> GasSensor:
    config = SensorConfig.parse(
        {"sensor_id": "gas", "sensor_type": "gas_sensor", "part": "gas_sensor/co_co2_no2", **changed}
    )
    if keep is not None:
        names = [*(stage.name for stage in GasSensor(config).stages()), "as_built"]
        config = config.model_copy(update={"stages_off": tuple(name for name in names if name not in keep)})
    return GasSensor(config)


def air(n: int = 1, gas: dict[str, float] | None = None, **changed: object) -> UniformWorld:
    return UniformWorld(n=n, gas=CLEAN | (gas or {}), **changed)


def unit_errors(stage: str, world: UniformWorld, units: int = 400, **changed: object) -> np.ndarray:
    one = gas_sensor((stage,), **changed)
    blocks = (readings(one, [world], seed) for seed in range(units))
    return np.array([block.reading[-1] - block.ideal[-1] for block in blocks])


def test_the_sensor_keeps_the_contract() -> None:
    busy = busy_world()
    breath = dict(busy.gas) | {"carbon_dioxide": 420e3 + np.linspace(0.0, 3e4, busy.n)}
    check_sensor(GasSensor, gas_sensor(age_days=200.0).config, replace(busy, gas=breath))


def test_it_reads_the_gases_in_the_units_of_the_telemetry() -> None:
    sensor = gas_sensor()
    assert [channel.name for channel in sensor.channels] == ["co_ppm", "co2_ppm", "no2_ppb"]
    pure = UniformWorld(n=1, gas={"carbon_monoxide": 5000.0, "carbon_dioxide": 420e3})
    assert sensor.respond(pure)[0] == pytest.approx([5.0, 420.0, 0.0])
    assert sensor.respond(UniformWorld(n=1, gas={"nitrogen_dioxide": 100.0}))[0, 2] == pytest.approx(100.0)


def test_other_gases_leak_into_the_cells_and_not_into_the_infrared() -> None:
    others = {"hydrogen": 1000.0, "hydrogen_sulfide": 50.0}
    leaked = gas_sensor().respond(air(1, others))[0] - gas_sensor().respond(air())[0]
    assert leaked == pytest.approx([0.08 + 0.00025, 0.0, -40.0])


def test_every_gas_of_the_table_is_a_known_species() -> None:
    sensor = gas_sensor()
    assert [species(name).name for name in sensor.gases] == list(sensor.gases)


def test_a_spent_filter_lets_ozone_through() -> None:
    smog = air(1, {"ozone": 60.0})

    def excess_ppb(used_days: float) -> float:
        old = gas_sensor(
            ("as_built",), age_days=2000.0, used_days=used_days, overrides={"cross_spread": [0] * 3}
        )
        block = readings(old, [smog])
        return float(block.reading[0, 2] - block.ideal[0, 2])

    assert excess_ppb(0.0) == pytest.approx(0.0, abs=1e-9)
    assert excess_ppb(365.0) == pytest.approx(60.0 * -math.expm1(-(0.5**4)))
    assert excess_ppb(2000.0) == pytest.approx(60.0, rel=1e-3)


def test_infrared_counts_molecules_and_cells_do_not() -> None:
    high = air(1, pressure=0.9 * 101_325.0)
    bare = readings(gas_sensor(("pressure",), overrides={"pressure.residual": 1.0}), [high]).reading[0]
    assert bare[1] == pytest.approx(0.9 * 420.0)
    assert bare[[0, 2]] == pytest.approx(gas_sensor().respond(high)[0, [0, 2]])
    corrected = readings(gas_sensor(("pressure",)), [high]).reading[0, 1]
    assert corrected == pytest.approx(0.99 * 420.0)


def test_cold_cells_lose_sensitivity_that_the_firmware_mostly_restores() -> None:
    cold = air(1, {"carbon_monoxide": 10_000.0}, air=253.15)
    errors = unit_errors("cell_gain", cold)
    assert errors[:, 0].std() == pytest.approx(0.2 * 0.425 * 10.0, rel=5 / math.sqrt(800))
    assert np.abs(errors[:, 1]).max() == 0.0
    assert np.abs(unit_errors("cell_gain", air(), units=5)).max() < 1e-12


def test_zero_of_the_cell_at_50_degrees_is_that_of_the_sheet() -> None:
    errors = unit_errors("cell_zero", air(1, air=323.15))[:, 0]
    assert errors.std() == pytest.approx(0.2 * 0.6, rel=5 / math.sqrt(800))


def test_a_change_of_humidity_gives_a_spike_that_fades() -> None:
    n = 3000
    damp = air(n, humidity=np.where(np.arange(n) < 10, 0.4, 0.8))
    block = readings(gas_sensor(("cell_humidity",)), [damp])
    spike = (block.reading - block.ideal)[:, 2]
    assert spike[10] == pytest.approx(0.4 * 96.0, rel=1e-2)
    assert spike[10 + 1200] / spike[10] == pytest.approx(math.exp(-1.0), rel=1e-2)


def test_noise_is_that_of_the_sheets() -> None:
    n = 3000
    y = readings(gas_sensor(("white",)), [air(n)]).reading
    assert y.std(axis=0) == pytest.approx(
        [0.002, 20.0 / math.sqrt(2.0), 7.5], rel=5 / math.sqrt(2 * n) + 1e-3
    )


def test_carbon_dioxide_is_as_accurate_as_the_sheet_says() -> None:
    errors = unit_errors("calibration", air())[:, 1]
    stated = 30.0 + 0.03 * 420.0
    assert np.mean(np.abs(errors) < stated) > 0.95
    assert errors.std() == pytest.approx(math.hypot(15.0, 0.015 * 420.0), rel=5 / math.sqrt(800) + 1e-2)


def test_faults_show() -> None:
    gone = gas_sensor(faults=[{"kind": "disconnected", "begin_s": 3.0}])
    assert np.isnan(readings(gone, [air(6)]).reading[3:]).all()


@pytest.mark.parametrize(("humidity", "suffers"), [(0.1, True), (0.5, False), (0.95, True)])
def test_cells_dry_out_or_soak_by_one_to_two_percent_a_day(humidity: float, suffers: bool) -> None:
    two_days = air(48, {"nitrogen_dioxide": 5000.0}, dt_s=3600.0, humidity=humidity)
    block = readings(gas_sensor(("electrolyte",), interval_s=3600.0), [two_days])
    co, co2, no2 = -np.log(block.reading[-1] / block.ideal[-1])
    assert co2 == 0.0
    assert no2 == pytest.approx(co, abs=1e-6)
    assert 0.02 < co < 0.04 if suffers else co == 0.0


def test_zeros_drift_over_a_year_as_the_sheets_say() -> None:
    """Two sigma are 100 ppb of CO and 20 ppb of NO2."""
    errors = unit_errors("drift", air(), age_days=365.0)
    expected = [0.05, 0.014 * 365.0, 10.0]
    assert errors.std(axis=0) == pytest.approx(expected, rel=5 / math.sqrt(800) + 1e-2)


def test_cells_and_inlet_follow_a_step_one_after_the_other() -> None:
    """Two lags in a row; the cells alone reach 90 % in 15 s (CO-B4) and in 80 s (NO2-B43F)."""
    n = 400
    after = np.arange(n) >= 1
    world = air(n, {name: level * (1.0 + after) for name, level in CLEAN.items()})
    block = readings(gas_sensor(("inlet", "response")), [world])
    risen = (block.reading - block.ideal[0]) / (block.ideal[-1] - block.ideal[0])
    a = 3.0
    for channel, b in enumerate((15.0 / math.log(10.0), 20.0, 80.0 / math.log(10.0))):
        for t_s in (10, 40, 120):
            expected = 1.0 - (a * math.exp(-t_s / a) - b * math.exp(-t_s / b)) / (a - b)
            assert risen[t_s, channel] == pytest.approx(expected, abs=0.03), (channel, t_s)


def test_sensitivity_fades_by_half_of_what_the_sheet_allows() -> None:
    """CO-B4 loses less than 10 % a year; units differ in it, and their gains walk."""
    year, units = 365.0, 400
    ln_gain = np.log1p(unit_errors("sensitivity", air(), units, age_days=year) / gas_sensor().respond(air()))
    spread = np.hypot(
        [6.84e-5 * year, 1.4e-5 * year, 6.84e-5 * year], np.array([2e-3, 5e-4, 2e-3]) * year**0.5
    )
    assert ln_gain.std(axis=0) == pytest.approx(spread, rel=5 / math.sqrt(2 * units) + 1e-2)
    assert ln_gain.mean(axis=0) == pytest.approx([-0.05, 0.0, -0.05], abs=5 * spread.max() / units**0.5)


def test_units_differ_in_cross_sensitivity_but_not_to_their_target() -> None:
    world = air(1, {"hydrogen": 10_000.0})
    errors = unit_errors("as_built", world)[:, 0]
    leaked = 0.08 * 10.0 * math.sqrt(math.expm1(0.01) * math.exp(0.01))  # lognormal of 0.1
    assert errors.std() == pytest.approx(leaked, rel=5 / math.sqrt(800) + 0.02)
    assert np.abs(unit_errors("as_built", air(1, dict.fromkeys(CLEAN, 1000.0)), 20)[:, 1]).max() < 1e-9


def test_temperature_shifts_the_infrared_cell_as_its_sheet_says() -> None:
    errors = unit_errors("temperature", air(1, air=298.15 - 20.0))
    assert errors.std(axis=0) == pytest.approx([0.0, 20.0 * 1.25, 0.0], rel=5 / math.sqrt(800))
