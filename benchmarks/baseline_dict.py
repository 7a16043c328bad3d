"""Baseline "one dict a second": what a competent first version looks like.

Every sensor is an object with `sample()`, called once a second; rows are dicts, a list of dicts becomes a
pandas frame and then Parquet. Same world, same sensors, same list of imperfections and same truth columns as
the product. In its favour: the world is computed by the product's own array code and only read row by row,
the gas array works on vectors of eight channels, and units and constants are taken over ready-made.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from baseline_dict_camera import FrameCamera
from baseline_dict_scalars import Barometer, Climate, GasArray, Surroundings, Wind
from baseline_world import Hour, simulate_world, write_plainly

from envirosense.core.episode import EpisodeSpec
from envirosense.instruments.conditions import conditions_at

type Row = dict[str, Any]

PER_SECOND = ("truth", "fields")  # streams of the world that a row holds


class Device:
    """Every sensor of an episode."""

    def __init__(self, hour: Hour, rng: np.random.Generator) -> None:
        self.hour = hour
        sensors, memories = hour.device.scalar_sensors, hour.device.memories
        parts = (
            ("voc_array", GasArray),
            ("temperature_humidity", Climate),
            ("barometer", Barometer),
            ("wind_sensor", Wind),
        )
        self.sensors = {name: kind(sensors[name], memories[name], rng) for name, kind in parts}
        self.camera = FrameCamera(hour, rng)
        self.truth = {
            f"{stream}.{name}": hour.streams[stream][name].to_numpy()
            for stream in PER_SECOND
            for name in hour.streams[stream].column_names
        }

    def sample(self, tick: int) -> Row:
        """Readings, frame and truth of one second."""
        c, row = self.hour.conditions, {}
        around = Surroundings(
            t_s=float(c.t_s[tick]),
            air_k=float(c.air_k[tick]),
            humidity=float(c.relative_humidity[tick]),
            pressure_pa=float(c.pressure_pa[tick]),
            wind_m_s=float(c.wind_m_s[tick]),
            wind_east_m_s=float(self.hour.wind_m_s[tick, 0]),
            wind_north_m_s=float(self.hour.wind_m_s[tick, 1]),
            ghi_w_m2=float(c.ghi_w_m2[tick]),
            rain_mm_h=float(c.rain_mm_h[tick]),
            gas_ppb=self.hour.gas_ppb[tick],
        )
        for name, sensor in self.sensors.items():
            for channel, value in sensor.sample(around).items():
                row[f"{name}.{channel}"] = value
        row |= self.camera.sample(tick)
        for name, values in self.truth.items():
            row[name] = float(values[tick])
        return row


def prepare(spec: EpisodeSpec, folder: Path) -> Device:
    """World and sensors; the part that costs the same whatever the number of samples."""
    hour = simulate_world(spec)
    for name, table in hour.streams.items():
        if name not in PER_SECOND:
            write_plainly(folder, name, table)
    return Device(hour, np.random.default_rng(spec.sensing_seed))


def write_samples(device: Device, first: int, stop: int, folder: Path) -> list[Row]:
    """Rows of the ticks `first` to before `stop`, written by pandas."""
    import pandas as pd

    rows = [device.sample(tick) for tick in range(first, stop)]
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / "samples.parquet", compression="zstd")
    return rows


def ask_world(device: Device, first: int, stop: int) -> None:
    """What a per-sample program asks the world for each second, by the same physics functions."""
    hour, world = device.hour, device.hour.state.world
    at, seen = hour.camera.position_3d, hour.state.view(hour.camera.camera)[0]
    for tick in range(first, stop):
        state = world.state(tick, tick + 1)
        conditions_at(state, at)
        hour.device.scalar_sensors["voc_array"].truth(state)
        state.view_radiance_w_m2_sr(seen)
        state.housing_k()
        state.sun_direction()


def frames_of(rows: list[Row]) -> npt.NDArray[np.uint16]:
    """Codes (frame, pixel) of some rows."""
    return np.stack([row["frame"] for row in rows])
