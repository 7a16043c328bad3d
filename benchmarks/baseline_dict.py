"""Baseline "one dict a second": what a competent first version looks like.

Every sensor is an object with `sample()`, called once a second; rows are dicts, a list of dicts becomes a
pandas frame and then Parquet. Same world, same sensors, same list of imperfections and same truth columns as
the product. In its favour: the world is computed by the product's own array code and only read row by row,
so are status, quality and confidence of the scalar sensors; units and constants are taken over ready-made.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from baseline_dict_camera import FrameCamera
from baseline_dict_scalars import Barometer, Climate, Sensor, Surroundings, Wind
from baseline_dict_staged import StagedSensor, one_by_one
from baseline_numpy import scalar_columns
from baseline_world import Hour, camera_grade, shutter_states, simulate_world, write_plainly

from envirosense.core.episode import EpisodeSpec
from envirosense.instruments.conditions import conditions_at

type Row = dict[str, Any]

PER_SECOND = ("truth", "fields")  # streams of the world that a row holds
BY_HAND: dict[str, type[Sensor]] = {
    "temperature_humidity": Climate,
    "temperature_humidity_2": Climate,
    "barometer": Barometer,
    "wind_sensor": Wind,
}


class Device:
    """Every sensor of an episode; those of `BY_HAND` also in the form of the others, for the comparison."""

    def __init__(self, hour: Hour, rng: np.random.Generator) -> None:
        self.hour = hour
        self.conditions = list(one_by_one(hour.conditions))
        sensors, seed = hour.device.scalar_sensors, hour.device.sensing_seed
        self.by_hand = {
            name: kind(sensors[name], sensors[name].start(seed), rng) for name, kind in BY_HAND.items()
        }
        staged = {name: StagedSensor(x, x.start(seed), hour) for name, x in sensors.items()}
        self.staged = {name: sensor for name, sensor in staged.items() if name not in BY_HAND}
        self.by_stages = {name: sensor for name, sensor in staged.items() if name in BY_HAND}
        self.camera = FrameCamera(hour, rng)
        self.truth = {
            f"{stream}.{name}": hour.streams[stream][name].to_numpy()
            for stream in PER_SECOND
            for name in hour.streams[stream].column_names
        }

    def sample(self, tick: int) -> Row:
        """Readings, frame and truth of one second."""
        row = self.hand_readings(tick) | self.staged_readings(tick, self.staged)
        row |= self.camera.sample(tick)
        for name, values in self.truth.items():
            row[name] = float(values[tick])
        return row

    def hand_readings(self, tick: int) -> Row:
        """Readings of the sensors written by hand."""
        around = self._around(tick)
        return {
            f"{name}.{channel}": value
            for name, sensor in self.by_hand.items()
            for channel, value in sensor.sample(around).items()
        }

    def staged_readings(self, tick: int, sensors: dict[str, StagedSensor]) -> Row:
        """Readings of some of the others."""
        here = self.conditions[tick]
        return {
            f"{name}.{channel}": value
            for name, sensor in sensors.items()
            for channel, value in sensor.sample(tick, here).items()
        }

    def _around(self, tick: int) -> Surroundings:
        c = self.hour.conditions
        return Surroundings(
            t_s=float(c.t_s[tick]),
            air_k=float(c.air_k[tick]),
            body_k=float(c.body_k[tick]),
            humidity=float(c.relative_humidity[tick]),
            pressure_pa=float(c.pressure_pa[tick]),
            wind_m_s=float(c.wind_m_s[tick]),
            wind_east_m_s=float(self.hour.wind_m_s[tick, 0]),
            wind_north_m_s=float(self.hour.wind_m_s[tick, 1]),
            ghi_w_m2=float(c.ghi_w_m2[tick]),
            rain_mm_h=0.0 if c.rain_mm_h is None else float(c.rain_mm_h[tick]),
        )


def prepare(spec: EpisodeSpec, folder: Path) -> Device:
    """World and sensors; the part that costs the same whatever the number of samples."""
    hour = simulate_world(spec)
    for name, table in hour.streams.items():
        if name not in PER_SECOND:
            write_plainly(folder, name, table)
    states = shutter_states(hour.unit, hour.housing_k)
    grades = {f"thermal_camera.{k}": v for k, v in camera_grade(hour, states).items()}
    status = {"tick": np.arange(hour.n)} | scalar_columns(hour)["status"] | grades
    write_plainly(folder, "status", pa.table(status))
    return Device(hour, np.random.default_rng(spec.sensing_seed))


def sampled(device: Device, first: int, stop: int) -> list[Row]:
    """Rows of the ticks `first` to before `stop`."""
    return [device.sample(tick) for tick in range(first, stop)]


def write_rows(rows: list[Row], folder: Path) -> None:
    """One Parquet file of some rows, by pandas."""
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / "samples.parquet", compression="zstd")


def ask_world(device: Device, first: int, stop: int) -> None:
    """What a per-sample program asks the world for each second, by the same physics functions."""
    hour, world = device.hour, device.hour.state.world
    at, seen = hour.camera.position_3d, hour.state.view(hour.camera.camera)[0]
    for tick in range(first, stop):
        state = world.state(tick, tick + 1)
        conditions_at(state, at)
        for sensor in hour.device.scalar_sensors.values():
            sensor.respond(state)
        state.view_radiance_w_m2_sr(seen)
        state.housing_k()
        state.sun_direction()


def read_by_hand(devices: Iterable[Device], first: int, stop: int) -> None:
    """The sensors written by hand alone."""
    for device in devices:
        for tick in range(first, stop):
            device.hand_readings(tick)


def read_by_stages(devices: Iterable[Device], first: int, stop: int, of_hand: bool) -> None:
    """Either those same sensors through the product's stages, or all the others."""
    for device in devices:
        sensors = device.by_stages if of_hand else device.staged
        for tick in range(first, stop):
            device.staged_readings(tick, sensors)


def frames_of(rows: list[Row]) -> npt.NDArray[np.uint16]:
    """Codes (frame, pixel) of some rows."""
    return np.stack([row["frame"] for row in rows])
