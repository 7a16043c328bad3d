"""Tables of a pole episode about the device: what its sensors reported, and how far to trust it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.protocols import Array
from envirosense.datasets import Column, stream_schema
from envirosense.datasets.frames import FrameLayout, frame_columns
from envirosense.datasets.schema import TICK
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.metadata import status_bits
from envirosense.instruments.radiance_conversion import STEP_K
from envirosense.pole.columns import F32, F64, PLAIN, TEXT, batch
from envirosense.pole.guardian import GuardianBlock, VirtualGridGuardian
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.sensors.thermal_camera import FrameBlock

STATUS_BITS = ", ".join(f"{bit} {name}" for name, bit in status_bits().items())
U16 = pa.uint16()
_TYPES = {"float32": F32, "float64": F64}  # storage of a channel's readings
FAULTS = stream_schema(
    (
        Column("sensor_id", TEXT, "", "sensor of the device", False),
        Column("kind", TEXT, "", "what is wrong with it", False),
        Column("begin_s", F64, "s", "since the episode's start", False),
        Column("end_s", F64, "s", "since the episode's start; null where it stays"),
        Column("severity", F64, "1", "0 to 1", False),
    ),
    {"role": "label", "description": "One row per fault planted in a sensor."},
)
WAVEFORMS = stream_schema(
    (
        TICK,
        Column("sensor_id", TEXT, "", "microphone", False),
        Column("start_s", F64, "s", "of the first sample, since the episode's start", False),
        Column("rate_hz", F64, "Hz", "samples per second", False),
        Column("full_scale_pa", F64, "Pa", "sound pressure of sample 32768", False),
        Column("samples", pa.binary(), "", "16-bit signed little-endian samples", False),
    ),
    {"role": "waveform", "description": "Sound around an event, as a microphone recorded it."},
)


def readings_schema(device: VirtualGridGuardian, stream: str, role: str) -> pa.Schema:
    """Columns `sensor.channel` of the scalar sensors of one stream, as `reading` or `ideal`."""
    columns = [
        Column(
            f"{name}.{channel.name}",
            _TYPES[channel.data_type],
            channel.unit,
            channel.description,
        )
        for name in device.streams[stream]
        for channel in device.sensors[name].channels
    ]
    return stream_schema((TICK, *columns), {"role": role})


def readings_batch(
    schema: pa.Schema, ticks: npt.NDArray[np.int64], blocks: Iterable[tuple[BaseSensor[Any, Any], Array]]
) -> pa.RecordBatch:
    """Rows of scalar sensors, each with its block (time, channel), in the order of the schema."""
    arrays = [pa.array(ticks)]
    for sensor, block in blocks:
        for i, channel in enumerate(sensor.channels):
            column = np.ascontiguousarray(block[:, i], dtype=channel.data_type)
            arrays.append(pa.array(column, from_pandas=True))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def status_schema(device: VirtualGridGuardian) -> pa.Schema:
    """Columns `sensor.status`, `sensor.quality` and `sensor.confidence` of every sensor."""
    columns = [
        column
        for name in device.sensors
        for column in (
            Column(f"{name}.status", U16, "1", f"bits of what the device knows: {STATUS_BITS}", True, PLAIN),
            Column(
                f"{name}.quality",
                F32,
                "1",
                "error expected of a new unit over the one expected now",
                True,
                PLAIN,
            ),
            Column(
                f"{name}.confidence",
                F32,
                "1",
                "chance that the error is within the stated accuracy",
                True,
                PLAIN,
            ),
        )
    ]
    return stream_schema((TICK, *columns), {"role": "status"})


def status_batch(
    schema: pa.Schema, ticks: npt.NDArray[np.int64], block: GuardianBlock, device: VirtualGridGuardian
) -> pa.RecordBatch:
    """Rows of status; null where a sensor had nothing to report."""
    arrays = [pa.array(ticks)]
    for name in device.sensors:
        if name in block.readings:
            found = block.readings[name]
            silent = ~found.sampled & (found.status == 0)
            status, grades = found.status, (found.quality, found.confidence)
        else:
            silent, status, grades = _of_frames(block.frames[name], ticks, device.sensor(name).is_enabled)
        arrays.append(pa.array(status, mask=silent))
        arrays += [pa.array(grade.astype(np.float32), from_pandas=True) for grade in grades]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _of_frames(
    block: FrameBlock, ticks: npt.NDArray[np.int64], is_enabled: bool
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint16], tuple[Array, Array]]:
    """Ticks at which a camera had nothing to say, its status, and its grades: 0 where a frame was lost."""
    at, lost = block.ticks - ticks[0], block.lost_ticks - ticks[0]
    silent = np.ones(ticks.size, np.bool_)
    silent[at] = silent[lost] = False
    status = np.zeros(ticks.size, np.uint16)
    status[at], status[lost] = block.status, block.lost_status
    grades = np.full((2, ticks.size), np.nan)
    grades[:, at] = block.quality, block.confidence
    if is_enabled:
        grades[:, lost] = 0.0
    return silent, status, (grades[0], grades[1])


def faults_batch(device: VirtualGridGuardian) -> pa.RecordBatch:
    """One row per fault planted in a sensor."""
    rows = [
        {
            "sensor_id": name,
            "kind": fault.kind,
            "begin_s": fault.begin_s,
            "end_s": fault.end_s,
            "severity": fault.severity,
        }
        for name, sensor in device.sensors.items()
        for fault in sensor.config.faults
    ]
    return pa.RecordBatch.from_pylist(rows, schema=FAULTS)


def waveforms_batch(block: GuardianBlock) -> pa.RecordBatch:
    """One row per waveform that an event set off."""
    windows = [(name, window) for name, found in block.windows.items() for window in found]
    return batch(
        WAVEFORMS,
        {
            "tick": np.array([window.tick for _, window in windows], np.int64),
            "sensor_id": [name for name, _ in windows],
            "start_s": [window.start_s for _, window in windows],
            "rate_hz": [window.rate_hz for _, window in windows],
            "full_scale_pa": [window.full_scale_pa for _, window in windows],
            "samples": [window.samples.astype("<i2").tobytes() for _, window in windows],
        },
    )


def frames_schema(camera: PinholeCamera) -> pa.Schema:
    """Columns of a camera's frames, as large as its pictures."""
    layout = FrameLayout(camera.rows, camera.columns, STEP_K)
    return stream_schema(
        (
            TICK,
            *frame_columns(layout, "apparent temperature"),
            Column("fpa_k", F32, "K", "temperature of the focal plane", False),
            Column(
                "ffc_flags", pa.uint8(), "", "shutter's state: 1 imminent, 2 in progress, 4 locked", False
            ),
            Column("n_clipped", U16, "", "pixels beyond the part's range or blinded by the sun", False),
        ),
        {"role": "frames"},
    )


def frames_batch(schema: pa.Schema, block: FrameBlock) -> pa.RecordBatch:
    """Rows of one camera."""
    frames = block.frames
    return batch(
        schema,
        {
            "tick": block.ticks,
            "frame_lo": _binary(frames.low),
            "frame_hi": _binary(frames.high),
            "fpa_k": frames.fpa_k.astype(np.float32),
            "ffc_flags": frames.flags,
            "n_clipped": np.minimum(frames.n_clipped, np.iinfo(np.uint16).max).astype(np.uint16),
        },
    )


def _binary(plane: npt.NDArray[np.uint8]) -> pa.Array:
    n, n_bytes = plane.shape
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(n_bytes), n, [None, pa.py_buffer(plane)])
