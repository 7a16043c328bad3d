"""Bands of normal episodes: what a sound sensor may read, and what a faulty one leaves."""

import numpy as np
import pytest

from envirosense.pole.bands import BANDS, NOISE_SIGMAS
from envirosense.pole.run import EpisodeRun

SENSORS = ("internal_temperature", "wind_sensor", "particulate_matter", "battery_level")
# Their stated accuracy covers what ages them within the three years that a drawn sensor may be old; that of a
# thermometer in a sunlit shield does not cover what sun and calm make of it
COVERED = (
    "internal_temperature.temperature_c", "wind_sensor.speed_m_s", "particulate_matter.pm2_5_ug_m3",
    "battery_level.voltage_v",
)  # fmt: skip
NORMAL = "normal/diurnal_cycle"


def spec_of(draw, scenario=NORMAL, index=0, faults=(), sensors=SENSORS, **changes):
    options = {"sensors": sensors, "ideal_stream": True}
    spec = draw(scenario, index, options=options, **({"duration_s": 1800.0, "dt_s": 10.0} | changes))
    chosen = [
        sensor | {"faults": [fault for name, fault in faults if name == sensor["sensor_type"]]}
        for sensor in spec.sensing["sensors"]
    ]
    return spec.model_copy(update={"sensing": spec.sensing | {"sensors": chosen}})


def bands_of(sink):
    """(low, high) of each channel, (minute,) each, by its name; and the ticks of the minutes."""
    rows = sink.table("bands").to_pydict()
    ticks = sorted(set(rows["tick"]))
    found = {}
    for sensor_id, channel, low, high in zip(
        rows["sensor_id"], rows["channel"], rows["low"], rows["high"], strict=True
    ):
        found.setdefault(f"{sensor_id}.{channel}", []).append((low, high))
    return {name: np.array(pairs, dtype=np.float64).T for name, pairs in found.items()}, np.array(ticks)


def inside(sink, name, stream="readings"):
    """Share of a channel's readings that lie within their band, by minute."""
    bands, ticks = bands_of(sink)
    reading = np.asarray(sink.table(stream)[name].to_numpy(zero_copy_only=False), dtype=np.float64)
    minute = np.searchsorted(ticks, np.arange(reading.size), side="right") - 1
    low, high = bands[name]
    kept = np.isfinite(reading)
    within = (reading >= low[minute]) & (reading <= high[minute])
    weights = [within[kept & (minute == m)].mean() for m in range(ticks.size) if (kept & (minute == m)).any()]
    return np.array(weights)


@pytest.fixture(scope="module")
def healthy(draw, run):
    return [run(spec_of(draw, index=i)) for i in range(3)]


@pytest.mark.parametrize("name", COVERED)
def test_readings_of_a_sound_sensor_lie_in_its_band_in_most_minutes(healthy, name):
    """Outside three sigmas lie 0.3 % of readings; the rest is the slowness of the sensor itself."""
    for sink in healthy:
        share = inside(sink, name)
        assert share.size == 30
        assert np.mean(share >= 0.5) >= 0.9, name
        assert share.mean() > 0.9


def test_ideal_readings_never_leave_the_band(healthy):
    for sink in healthy:
        for name in COVERED:
            assert np.all(inside(sink, name, "ideal") == 1.0), name


def test_one_row_a_minute_and_channel_of_every_scalar_sensor(healthy):
    table = healthy[0].table("bands")
    bands, ticks = bands_of(healthy[0])
    assert ticks.tolist() == list(range(0, 180, 6))
    assert all(pairs.shape == (2, 30) for pairs in bands.values())
    assert {row.split(".")[0] for row in bands} == {
        s["sensor_id"] for s in healthy[0].spec.sensing["sensors"]
    }
    assert table.num_rows == 30 * len(bands)
    assert set(BANDS.names) <= set(table.column_names)


def test_a_band_is_the_ideal_range_widened_by_accuracy_and_three_sigmas(healthy):
    sink, name = healthy[0], "internal_temperature.temperature_c"
    sensor = EpisodeRun(sink.spec).device.scalar_sensors["internal_temperature"]
    ideal = sink.table("ideal")[name].to_numpy().astype(np.float64).reshape(30, 6)
    noise = NOISE_SIGMAS * sensor.channels[0].noise_sigma
    assert noise > 0.0
    for found, edge, sign in zip(
        bands_of(sink)[0][name], (ideal.min(1), ideal.max(1)), (-1.0, 1.0), strict=True
    ):
        margin = noise + np.broadcast_to(sensor.stated_accuracy(edge[:, None]), (30, 1))[:, 0]
        assert found == pytest.approx(edge + sign * margin, abs=1e-4)


def test_the_bits_do_not_depend_on_the_blocks(draw, run):
    spec = spec_of(draw, duration_s=600.0)
    whole = run(spec).table("bands").combine_chunks()
    for block in (1, 7, 50):
        assert run(spec, block).table("bands").combine_chunks().equals(whole), block


@pytest.mark.parametrize(("dt_s", "every"), [(2.0, 30), (60.0, 1), (300.0, 1)])
def test_minutes_are_counted_in_ticks_of_any_length(draw, run, dt_s, every):
    sink = run(spec_of(draw, sensors=("barometer",), duration_s=1200.0, dt_s=dt_s))
    _, ticks = bands_of(sink)
    assert ticks.tolist() == list(range(0, round(1200.0 / dt_s), every))


def test_only_normal_episodes_have_bands(draw, run):
    fire = run(spec_of(draw, "fire/cellulose_pyrolysis", sensors=("barometer",), duration_s=300.0))
    assert fire.table("bands").num_rows == 0
    for scenario in ("normal/seasonal_variation", "normal/baseline_equipment_operation"):
        sink = run(spec_of(draw, scenario, sensors=("barometer",), duration_s=300.0))
        assert sink.table("bands").num_rows == 5
        assert sink.table("labels").num_rows == 0


def test_a_drifted_sensor_leaves_its_band_and_the_band_stays(draw, run):
    fault = ("internal_temperature", {"kind": "drifted", "begin_s": 300.0, "severity": 1.0})
    sensors, name = ("internal_temperature",), "internal_temperature.temperature_c"
    specs = [spec_of(draw, sensors=sensors, duration_s=7200.0, dt_s=30.0, faults=f) for f in ((), (fault,))]
    sound, faulty = (run(spec) for spec in specs)
    assert (
        sound.table("bands")
        .drop_columns("episode_id")
        .equals(faulty.table("bands").drop_columns("episode_id"))
    )
    assert np.mean(inside(sound, name) == 1.0) > 0.9
    share = inside(faulty, name)
    assert np.all(share[:5] == inside(sound, name)[:5])
    assert np.all(share[-30:] == 0.0)


def test_a_stuck_sensor_leaves_its_band_once_the_truth_has_moved(draw, run):
    fault = ("temperature_humidity", {"kind": "stuck", "begin_s": 600.0})
    name = "temperature_humidity.temperature_c"
    changes = {"sensors": ("temperature_humidity",), "duration_s": 86_400.0, "dt_s": 120.0}
    sound, faulty = (run(spec_of(draw, faults=f, **changes)) for f in ((), (fault,)))
    assert inside(sound, name).mean() > 0.9
    low, high = bands_of(faulty)[0][name]
    moved = np.maximum(low - high[5], low[5] - high) > 0.0  # band away from that of the sticking
    assert moved.mean() > 0.3
    assert inside(faulty, name)[moved].max() == 0.0
