"""Tables about the device: a column per channel, status and grades, faults, recordings, frames."""

from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.datasets.frames import split_planes
from envirosense.instruments.sensor_change import SensorChange
from envirosense.instruments.status import Status
from envirosense.pole import device_streams as d
from envirosense.pole.guardian import GuardianBlock, VirtualGridGuardian
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.outfit import default_configuration
from envirosense.pole.sensors.acoustic_waveform import EventWindow
from envirosense.pole.site import Site

GRID = TimeGrid(start_utc=datetime(2018, 7, 1, tzinfo=UTC), dt_s=2.0, n=6)
TICKS = np.arange(GRID.n)


def device(*names, **changes):
    chosen = default_configuration(Site(), with_optional=True).select(names or None)
    return VirtualGridGuardian(chosen.changed([SensorChange(set=changes)]) if changes else chosen, 1)


def world():
    return create_mock_environment_state("uniform", GRID)


def status_of(guardian, block):
    return d.status_batch(d.status_schema(guardian), TICKS, block, guardian)


def test_readings_have_a_column_per_channel_of_their_stream():
    guardian = device()
    block = guardian.observe(world())
    for stream, names in guardian.streams.items():
        schema = d.readings_schema(guardian, stream, "reading")
        channels = [f"{name}.{c.name}" for name in names for c in guardian.sensors[name].channels]
        assert schema.names == ["tick", *channels]
        rows = d.readings_batch(
            schema, TICKS, ((guardian.sensors[n], block.readings[n].reading) for n in names)
        )
        for name in names:
            sensor = guardian.sensors[name]
            for i, channel in enumerate(sensor.channels):
                stored = rows[f"{name}.{channel.name}"].to_numpy(zero_copy_only=False)
                kept = block.readings[name].reading[:, i].astype(channel.data_type)
                assert np.array_equal(stored, kept, equal_nan=True), (name, channel.name)


def test_no_step_of_a_sensor_is_lost_in_storing():
    guardian = device()
    block = guardian.observe(world())
    for name, sensor in guardian.scalar_sensors.items():
        for i, channel in enumerate(sensor.channels):
            values = block.readings[name].reading[:, i]
            stored = values.astype(channel.data_type).astype(np.float64)
            half_step = 0.5 * channel.resolution or 1e-7 * np.nanmax(np.abs(values), initial=0.0)
            assert np.nanmax(np.abs(stored - values), initial=0.0) <= half_step, channel.name


def test_every_column_has_a_unit_and_a_description():
    guardian = device()
    schemas = [d.readings_schema(guardian, stream, "reading") for stream in guardian.streams]
    schemas += [d.status_schema(guardian), d.FAULTS, d.WAVEFORMS]
    schemas.append(d.frames_schema(guardian.cameras["thermal_camera"].camera))
    for schema in schemas:
        assert len(schema) <= 64
        for field in schema:
            assert b"unit" in field.metadata, field.name
            assert field.metadata[b"description"], field.name
        assert schema.metadata[b"role"]


def test_status_has_three_columns_of_every_sensor_and_names_its_bits():
    guardian = device()
    schema = d.status_schema(guardian)
    names = [f"{name}.{kind}" for name in guardian.sensors for kind in ("status", "quality", "confidence")]
    assert schema.names == ["tick", *names]
    said = schema.field("barometer.status").metadata[b"description"].decode()
    assert all(f"{flag.value} {flag.name.lower()}" in said.lower() for flag in Status), said


def test_status_is_null_between_samples_and_grades_are_between_0_and_1():
    guardian = device("barometer", "thermal_camera", interval_s=4.0)
    rows = status_of(guardian, guardian.observe(world())).to_pydict()
    for name in ("barometer", "thermal_camera"):
        assert [value is None for value in rows[f"{name}.status"]] == [False, True] * 3, name
        for kind in ("quality", "confidence"):
            values = rows[f"{name}.{kind}"]
            assert [value is None for value in values] == [False, True] * 3, (name, kind)
            assert all(0.0 <= value <= 1.0 for value in values if value is not None)


def test_a_sensor_switched_off_says_so_at_every_tick():
    guardian = device("barometer", "thermal_camera", enabled=False)
    rows = status_of(guardian, guardian.observe(world())).to_pydict()
    for name in ("barometer", "thermal_camera"):
        assert rows[f"{name}.status"] == [int(Status.OFF)] * GRID.n, name
        assert rows[f"{name}.quality"] == [None] * GRID.n, name


def test_a_frame_that_was_lost_has_a_status_and_no_trust():
    guardian = device("thermal_camera", faults=[{"kind": "disconnected", "begin_s": 4.0, "end_s": 8.0}])
    block = guardian.observe(world())
    rows = status_of(guardian, block).to_pydict()
    lost = block.frames["thermal_camera"].lost_ticks.tolist()
    assert lost == [2, 3]
    assert [rows["thermal_camera.status"][tick] for tick in lost] == [int(Status.NO_DATA)] * 2
    assert [rows["thermal_camera.quality"][tick] for tick in lost] == [0.0, 0.0]
    assert None not in rows["thermal_camera.status"]


def test_a_blocks_status_stands_at_its_own_ticks():
    guardian = device("barometer", "thermal_camera")
    whole = status_of(guardian, guardian.observe(world()))
    cut = device("barometer", "thermal_camera")
    parts = []
    for first in (0, 3):
        block = cut.observe(world().ticks(first, 3))
        parts.append(d.status_batch(d.status_schema(cut), TICKS[first : first + 3], block, cut).to_pydict())
    for name, values in whole.to_pydict().items():
        assert parts[0][name] + parts[1][name] == values, name


def test_a_disconnected_sensor_has_no_data_and_no_trust():
    guardian = device("barometer", faults=[{"kind": "disconnected", "begin_s": 4.0}])
    rows = status_of(guardian, guardian.observe(world())).to_pydict()
    assert rows["barometer.status"][2:] == [int(Status.NO_DATA)] * 4
    assert rows["barometer.quality"][2:] == [0.0] * 4
    assert min(rows["barometer.quality"][:2]) > 0.0


def test_faults_have_a_row_each():
    faults = [{"kind": "stuck", "begin_s": 2.0, "end_s": 5.0, "severity": 0.5}, {"kind": "disconnected"}]
    rows = d.faults_batch(device("barometer", faults=faults)).to_pylist()
    assert rows == [
        {"sensor_id": "barometer", "kind": "stuck", "begin_s": 2.0, "end_s": 5.0, "severity": 0.5},
        {"sensor_id": "barometer", "kind": "disconnected", "begin_s": 0.0, "end_s": None, "severity": 1.0},
    ]
    assert d.faults_batch(device()).num_rows == 0


def test_a_recording_is_16_bit_little_endian():
    samples = np.array([-32768, -1, 0, 258], np.int16)
    window = EventWindow(tick=7, start_s=7.0, rate_hz=8000.0, samples=samples, full_scale_pa=2.0)
    rows = d.waveforms_batch(GuardianBlock({}, {}, {"microphone": [window], "microphone_2": []})).to_pylist()
    assert [(row["tick"], row["sensor_id"], row["rate_hz"]) for row in rows] == [(7, "microphone", 8000.0)]
    assert np.array_equal(np.frombuffer(rows[0]["samples"], "<i2"), samples)
    assert d.waveforms_batch(GuardianBlock({}, {}, {"microphone": []})).schema == d.WAVEFORMS


@pytest.mark.parametrize(("part", "shape"), [("lepton_2_5", (60, 80)), ("lepton_3_5", (120, 160))])
def test_frames_are_two_byte_planes_of_the_codes(part, shape):
    guardian = device("thermal_camera", part=f"thermal_camera/{part}")
    block = guardian.observe(create_mock_environment_state("hot_spot", GRID)).frames["thermal_camera"]
    rows = d.frames_batch(d.frames_schema(guardian.cameras["thermal_camera"].camera), block)
    codes = np.rint(block.temperature_k() / 0.02).astype(np.uint16).reshape(-1, *shape)
    low, high = split_planes(codes)
    assert rows["frame_lo"].equals(low)
    assert rows["frame_hi"].equals(high)
    assert rows["tick"].to_pylist() == block.ticks.tolist()
