"""Records of the device: ids, units, what live and batch share, alerts from readings alone."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import TypeAdapter

from envirosense.core.errors import UnknownNameError
from envirosense.datasets.memory import MemorySink
from envirosense.instruments.channels import Channel
from envirosense.instruments.registry import build_sensor
from envirosense.pole.live import LivePole
from envirosense.pole.outfit import default_configuration
from envirosense.pole.run import EpisodeRun
from envirosense.pole.site import Site
from envirosense.pole.telemetry import (
    AlertRecord,
    AlertState,
    DroppedRecord,
    LiveRecord,
    Severity,
    StatusRecord,
    TelemetryRecord,
    readings_of,
)
from envirosense.pole.telemetry_alerts import CELLULOSE_PPB, HOT_SPOT, LIGNIN_PPB, Watch
from envirosense.pole.telemetry_derived import DERIVED
from envirosense.pole.telemetry_images import Lasting
from envirosense.pole.telemetry_parameters import documented, parameter_of, stored_values
from envirosense.pole.telemetry_stream import flag_names

FEW = {"sensors": ["voc_array", "temperature_humidity", "barometer", "thermal_camera"]}
MINUTE = {"sensors": ["voc_array", "temperature_humidity", "barometer"], "profile": "normal"}


def advanced(pole: LivePole, block: int) -> list:
    records = []
    while pole.tick < pole.n_ticks:
        records += pole.advance(block)
    return records


def telemetry(records) -> list[TelemetryRecord]:
    return [record for record in records if isinstance(record, TelemetryRecord)]


def test_live_equals_batch(draw) -> None:
    spec = draw("fire/cellulose_pyrolysis", duration_s=240.0, options={"frame_interval_s": 20.0})
    records = advanced(LivePole(spec), 7)
    live = readings_of(records)
    stored, batch = MemorySink(spec), EpisodeRun(spec)
    batch.write_block(0, spec.grid.n, stored)
    times = [at.replace(tzinfo=UTC) for at in stored.table("readings")["time_utc"].to_pylist()]
    compared = 0
    for stream in batch.device.streams:
        table = stored.table(stream)
        for name in (c for c in table.column_names if "." in c):
            column = table[name].to_numpy()
            received = np.array([live[name].get(at) for at in times], dtype=float).astype(column.dtype)
            assert np.array_equal(received, column, equal_nan=True), name
            compared += 1
    assert compared > 20
    status = stored.table("status")
    for sensor in batch.device.scalar_sensors:
        sent = [r for r in telemetry(records) if r.sensor == sensor]
        graded = {r.time_utc: (r.status, r.quality, r.confidence) for r in sent}
        columns = [status[f"{sensor}.{c}"].to_pylist() for c in ("status", "quality", "confidence")]
        for at, flags, *grades in zip(times, *columns, strict=True):
            if at in graded:
                assert graded[at][0] == flag_names(flags), sensor
                assert graded[at][1:] == pytest.approx(grades, abs=6e-5), sensor
    hottest = stored.frame_values().reshape(-1, 4800).max(axis=1) - 273.15
    sent = [r.value for r in telemetry(records) if r.parameter == "INFRA_THERMAL_MAX"]
    assert np.allclose(sent, hottest, atol=0.006)


def test_blocks_change_no_record(draw) -> None:
    spec = draw("fire/cellulose_pyrolysis", duration_s=130.0, dt_s=1.0, options=FEW)
    whole = advanced(LivePole(spec), 3600)
    for block in (1, 7, 60):
        assert advanced(LivePole(spec), block) == whole, block
    assert [record.sequence for record in whole] == list(range(len(whole)))


def test_records_are_json_lines_that_come_back(draw) -> None:
    records = advanced(LivePole(draw(duration_s=20.0, options=FEW)), 60)
    reader = TypeAdapter(LiveRecord)
    for record in (*records, DroppedRecord(count=3)):
        line = record.model_dump_json()
        assert "\n" not in line
        assert reader.validate_json(line) == record
    assert json.loads(records[0].model_dump_json())["time_utc"].endswith("Z")


def test_a_profile_sets_the_rates(draw) -> None:
    records = advanced(
        LivePole(draw("normal/diurnal_cycle", duration_s=1800.0, dt_s=5.0, options=MINUTE)), 60
    )
    sent = {
        p: sum(r.parameter == p for r in telemetry(records)) for p in ("CHEM_VOC_CH1", "ENV_TEMP", "ENV_PRES")
    }
    assert sent == {"CHEM_VOC_CH1": 30, "ENV_TEMP": 4, "ENV_PRES": 2}  # 1/min and 1 per 15 min; two SHT85


def test_status_comes_every_minute_and_after_a_switch(draw) -> None:
    pole = LivePole(draw(duration_s=180.0, dt_s=1.0, options=FEW))
    first = pole.advance(90)
    pole.switch("barometer", on=False)
    later = pole.advance(90)
    assert [r.time_utc.second for r in first if isinstance(r, StatusRecord)] == [first[0].time_utc.second] * 2
    changed = [r for r in later if isinstance(r, StatusRecord)]
    assert len(changed) == 2
    states = {one.sensor: one for one in changed[0].sensors}
    assert not states["barometer"].enabled
    assert states["barometer"].flags == ("OFF",)
    assert states["voc_array"].enabled
    assert not [r for r in telemetry(later) if r.sensor == "barometer"]
    assert changed[0].battery_pct is None  # it carries no gauge
    with pytest.raises(UnknownNameError, match="sensor_id"):
        pole.switch("barometre", on=True)


def test_a_coupled_device_says_its_power_mode(draw) -> None:
    options = {"sensors": ["battery_level", "barometer"], "power_coupling": "on"}
    records = advanced(LivePole(draw(duration_s=60.0, dt_s=10.0, options=options)), 6)
    (status,) = [r for r in records if isinstance(r, StatusRecord)]
    assert status.power_mode in {"standard", "economy", "critical", "hibernate"}
    assert status.battery_pct is not None
    assert 0.0 <= status.battery_pct <= 100.0


def test_a_device_without_power_sends_nothing_and_comes_back(draw) -> None:
    options = {"sensors": ["battery_level", "barometer", "thermal_camera"], "power_coupling": "on"}
    pole = LivePole(draw(duration_s=120.0, dt_s=1.0, options=options))
    energy = pole._run.device.power
    dark = slice(20, 90)
    energy.energy.is_powered[dark] = False
    for powered in energy.powered.values():
        powered[dark] = False
    records = advanced(pole, 7)
    sent_s = {(r.time_utc - pole.start_utc).total_seconds() for r in records}
    assert sent_s == {*range(20), *range(90, 120)}
    assert [r.sequence for r in records] == list(range(len(records)))
    assert not [r for r in records if isinstance(r, AlertRecord)]


def test_a_lost_frame_is_sent_as_no_value_and_a_camera_off_sends_nothing(draw) -> None:
    options = {"sensors": ["temperature_humidity", "thermal_camera"]}
    spec = draw(duration_s=900.0, dt_s=10.0, options=options)
    gone = {"kind": "disconnected", "begin_s": 100.0, "end_s": 860.0}
    faults = {"thermal_camera": {"faults": [gone]}}
    sensors = [sensor | faults.get(sensor["sensor_type"], {}) for sensor in spec.sensing["sensors"]]
    pole = LivePole(spec.model_copy(update={"sensing": {**spec.sensing, "sensors": sensors}}))
    records = pole.advance(88)
    pole.switch("thermal_camera", on=False)
    records += pole.advance(2)
    seen = [r for r in telemetry(records) if r.parameter == "INFRA_THERMAL_MAX"]
    assert [r.value is None for r in seen] == [False] * 10 + [True] * 76 + [False] * 2
    assert seen[50].status == ("NO_DATA",)
    assert seen[50].confidence == 0.0
    changes = [(r.title, r.state) for r in records if isinstance(r, AlertRecord)]
    assert changes == [("thermal_camera gives no readings", state) for state in ("New", "Resolved")]


def test_what_wanders_through_the_picture_is_not_what_stays_hot() -> None:
    step_s, lasting, found = 30.0, Lasting(), []
    for i in range(240):
        codes = np.full(400, 15_000, np.uint16)
        codes[i // 4 : i // 4 + 7] = 22_157  # a saturated disc, fourteen minutes over each pixel
        codes[390] = 16_000 if i >= 120 else 15_000
        found.append(lasting.hottest_c(i * step_s, codes))
    assert found[:30] == [None] * 30
    assert found[30:120] == pytest.approx([26.85] * 90)
    assert found[-1] == pytest.approx(46.85)
    first = next(i for i, value in enumerate(found) if value is not None and value > 30.0)
    assert 900.0 <= (first - 120) * step_s <= 1200.0


def test_a_slow_sensor_is_not_called_silent_between_its_readings() -> None:
    watch = Watch()
    for t_s in np.arange(0.0, 3600.0, 60.0):
        if t_s % 900.0 == 0.0:
            watch.hear(float(t_s), "barometer", has_value=True)
        assert watch.judge() == []


def test_other_sensors_do_not_notice_a_switch(draw) -> None:
    spec = draw(duration_s=60.0, dt_s=1.0, options=FEW)
    switched, left = LivePole(spec), LivePole(spec)
    switched.switch("barometer", on=False)
    kept = readings_of(advanced(switched, 60))
    whole = readings_of(advanced(left, 60))
    assert kept == {name: column for name, column in whole.items() if not name.startswith("barometer")}


def test_a_switched_off_sensor_comes_back(draw) -> None:
    pole = LivePole(draw(duration_s=60.0, dt_s=1.0, options=FEW))
    pole.switch("barometer", on=False)
    pole.advance(20)
    pole.switch("barometer", on=True)
    assert len([r for r in telemetry(pole.advance(40)) if r.sensor == "barometer"]) == 40
    assert pole.advance(1) == []


@pytest.mark.parametrize("data_type", ["float32", "float64"])
def test_readings_are_sent_as_the_shortest_number_that_is_them(data_type: str) -> None:
    channel = Channel("pressure_pa", "Pa", "", 0.016, 0.1, data_type)
    reading = np.random.default_rng(1).uniform(9e4, 1.1e5, (500, 1))
    reading[3] = np.nan
    sent = [row[0] for row in stored_values(reading, [channel])]
    assert sent[3] is None
    back = np.array([np.nan if value is None else value for value in sent])
    stored = reading[:, 0].astype(data_type)
    assert np.array_equal(back.astype(data_type), stored, equal_nan=True)


def test_pressure_is_sent_in_the_devices_unit() -> None:
    parameter = parameter_of("barometer", Channel("pressure_pa", "Pa", "", 0.1, 0.1))
    assert (parameter.parameter_id, parameter.unit) == ("ENV_PRES", "hPa")
    assert parameter.of(101325.25) == 1013.2525
    assert parameter.of(None) is None


def test_every_documented_channel_is_one_of_the_device() -> None:
    carried = {s.sensor_type: s for s in default_configuration(Site(), with_optional=True).sensors}
    for sensor_type, name, parameter in documented():
        channels = {channel.name: channel for channel in build_sensor(carried[sensor_type]).channels}
        assert name in channels, (sensor_type, name)
        assert (parameter.unit == channels[name].unit) == (parameter.exponent == 0)


def test_an_undocumented_channel_gets_an_id_of_ours() -> None:
    channel = Channel("strikes", "1", "", 1.0, 1.0)
    parameter = parameter_of("lightning_detector", channel)
    assert (parameter.parameter_id, parameter.unit) == ("X_LIGHTNING_DETECTOR_STRIKES", "1")
    assert parameter.of(3.0) == 3.0


def test_derived_parameters() -> None:
    laws = {one.parameter_id: one for one in DERIVED}
    # dew point of 20 degC and 50 %: 9.27 degC (from memory of the WMO tables)
    dew_c = laws["DERIVED_DEW_POINT"].value({"ENV_TEMP": 20.0, "ENV_HUM": 50.0})
    assert dew_c == pytest.approx(9.27, abs=0.05)
    assert laws["DERIVED_DEW_POINT"].value({"ENV_TEMP": 20.0, "ENV_HUM": 0.0}) is None
    assert laws["DERIVED_DEW_POINT"].value({"ENV_TEMP": 20.0}) is None
    assert laws["DERIVED_VOC_RATIO"].value({"CHEM_VOC_CH1": 6.0, "CHEM_VOC_CH2": 5.0}) == 1.2
    assert laws["DERIVED_VOC_RATIO"].value({"CHEM_VOC_CH1": 6.0, "CHEM_VOC_CH2": 0.0}) is None
    axes = dict(zip(laws["INFRA_VIB_AMP"].sources, (2.0, 3.0, 6.0), strict=True))
    assert laws["INFRA_VIB_AMP"].value(axes) == 0.007


def hours(watch: Watch, values: dict[str, float], first_s: float, last_s: float) -> list:
    found = []
    for t_s in np.arange(first_s, last_s, 10.0):
        for name, value in values.items():
            watch.add(float(t_s), name, value)
        found += watch.judge()
    return found


def test_gas_above_its_baseline_raises_worsens_and_resolves_one_alert() -> None:
    watch = Watch()
    gases = (*CELLULOSE_PPB, *LIGNIN_PPB)
    clean = dict.fromkeys(gases, 8.0)
    assert hours(watch, clean, 0.0, 3600.0) == []
    charring = clean | {name: 8.0 + 2.5 * limit for name, limit in CELLULOSE_PPB.items()}
    both = charring | {name: 8.0 + 2.5 * limit for name, limit in LIGNIN_PPB.items()}
    changes = [
        *hours(watch, charring, 3600.0, 3900.0),
        *hours(watch, both, 3900.0, 4200.0),
        *hours(watch, clean, 4200.0, 4800.0),
    ]
    assert {change.alert_id for change in changes} == {"alert-1"}
    levels = [change.finding.severity for change in changes]
    assert levels[-1] == 0
    assert levels[:-1] == sorted(levels[:-1])
    assert levels[-2] == Severity.CRITICAL
    assert [change.state for change in changes][-1] == AlertState.RESOLVED
    assert {e.parameter for e in changes[-2].finding.evidence} == set(gases)


def test_an_offset_of_the_array_raises_nothing() -> None:
    """The stated accuracy of the array is as large as the thresholds: only a rise can count."""
    watch = Watch()
    shifted = {name: 8.0 + 3.0 * limit for name, limit in CELLULOSE_PPB.items()}
    assert hours(watch, shifted, 0.0, 7200.0) == []


def test_one_gas_alone_raises_nothing() -> None:
    watch = Watch()
    clean = dict.fromkeys(CELLULOSE_PPB, 5.0)
    hours(watch, clean, 0.0, 3600.0)
    assert hours(watch, clean | {"CHEM_VOC_CH1": 200.0}, 3600.0, 5400.0) == []


def test_combustion_gases_together_are_an_emergency() -> None:
    watch = Watch()
    hours(watch, {"CHEM_CO": 0.3, "CHEM_NO2": 10.0}, 0.0, 3600.0)
    (found, *_) = hours(watch, {"CHEM_CO": 12.0, "CHEM_NO2": 300.0}, 3600.0, 4000.0)
    assert found.finding.severity == Severity.EMERGENCY
    assert [e.unit for e in found.finding.evidence] == ["ppm", "ppb"]


def test_a_hot_spot_goes_through_three_levels() -> None:
    watch = Watch()
    found = []
    for minute in range(120):
        found += hours(
            watch, {HOT_SPOT: 5.0 + max(0.0, minute - 60.0) * 2.0}, 60.0 * minute, 60.0 * (minute + 1)
        )
    assert [change.finding.severity for change in found] == [2, 3, 4]


def test_a_low_battery_and_a_silent_sensor_are_said() -> None:
    watch = Watch()
    found = hours(watch, {"SYS_BATT": 30.0}, 0.0, 600.0) + hours(watch, {"SYS_BATT": 20.0}, 600.0, 1200.0)
    assert [change.finding.event_type for change in found] == ["power_system"]
    assert hours(watch, {"SYS_BATT": 27.0}, 1200.0, 2400.0) == []  # not 30 % yet
    (over,) = hours(watch, {"SYS_BATT": 31.0}, 2400.0, 3600.0)
    assert over.state == AlertState.RESOLVED
    watch.hear(3600.0, "barometer", has_value=True)
    assert watch.judge() == []
    watch.hear(4300.0, "barometer", has_value=False)
    (mute,) = watch.judge()
    assert mute.finding.title == "barometer gives no readings"
    watch.forget("barometer")
    assert [change.state for change in watch.judge()] == [AlertState.RESOLVED]


@pytest.mark.slow
def test_a_hot_spot_is_told_and_a_calm_day_is_quiet(draw) -> None:
    options = {"sensors": ["voc_array", "temperature_humidity", "thermal_camera"], "frame_interval_s": 30.0}
    strong = {"component": "crossarm_bolt", "peak_power_w": 300.0, "fuel_g": 30.0}
    fire = draw("fire/cellulose_pyrolysis", seed=1, duration_s=7200.0, dt_s=10.0, options=options, **strong)
    alerts = [r for r in advanced(LivePole(fire), 720) if isinstance(r, AlertRecord)]
    assert [(r.event_type, r.state) for r in alerts][:1] == [("overheating", AlertState.NEW)]
    calm = draw("normal/diurnal_cycle", seed=0, duration_s=86400.0, dt_s=10.0, options=options)
    assert [r for r in advanced(LivePole(calm), 720) if isinstance(r, AlertRecord)] == []


def test_times_are_the_simulations(draw) -> None:
    pole = LivePole(draw(duration_s=20.0, options=FEW))
    records = advanced(pole, 5)
    assert records[0].time_utc == pole.start_utc
    assert records[0].time_utc.tzinfo == UTC
    assert records[-1].time_utc < datetime(2019, 1, 2, tzinfo=UTC)
