"""What both baselines start from: the world of an episode, by the project's own world code.

The baselines differ from the product in sensing and storing alone. The world they share is counted in
full on both sides. Of what the product writes they leave out the keys, content hashes, file checksums,
observability, masks and stage metadata, which only lowers their cost. A fault of the camera's link is left
out as well: it comes once a month.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from envirosense.core.episode import EpisodeSpec
from envirosense.core.protocols import Array
from envirosense.datasets.memory import MemorySink
from envirosense.instruments import shutter_kernels as shutter
from envirosense.instruments.conditions import Conditions, conditions_at
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.status import Status
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.picture.thermal_grading import expected_error_k, grade_frames, new_unit_error_k
from envirosense.pole.picture.thermal_imperfections import CameraUnit
from envirosense.pole.picture.thermal_recording import rain_film_loss
from envirosense.pole.run import EpisodeRun
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor
from envirosense.pole.sensors.thermal_camera_frames import sun_pixels
from envirosense.pole.world import Environment3DState

OF_SENSORS = {"observability", "masks", "stages", "status"}  # of the product's own sensing

type Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Hour:
    """One episode's world as arrays over time, and the device that looks at it."""

    device: VirtualGridGuardian
    camera: ThermalCameraSensor
    unit: CameraUnit
    state: Environment3DState
    conditions: Conditions
    wind_m_s: Array  # (time, 3)
    radiance: Array  # (time, body) [W/m2/sr]
    housing_k: Array
    window_loss: Array
    sun: tuple[Array, Array]  # pixel row and column; NaN out of sight and behind bodies
    streams: dict[str, pa.Table]  # truth, fields, strikes, components, regimes, response, events, labels

    @property
    def n(self) -> int:
        """Ticks."""
        return self.state.grid.n


def simulate_world(spec: EpisodeSpec) -> Hour:
    """The world of an episode, with the streams that no sensor is needed for."""
    bare = spec.model_copy(update={"sensing": spec.sensing | {"sensors": []}})
    run, memory = EpisodeRun(bare), MemorySink()
    run.write_block(0, spec.grid.n, memory)
    run.write_causes(memory)
    streams = {name: memory.table(name) for name in memory.streams}
    device = VirtualGridGuardian(SensorConfiguration.parse(spec.sensing, "sensing"), spec.sensing_seed)
    camera = device.cameras["thermal_camera"]
    state = run.world.state(0, spec.grid.n)
    at = camera.position_3d
    return Hour(
        device=device,
        camera=camera,
        unit=camera.start_frames(spec.sensing_seed).unit,
        state=state,
        conditions=conditions_at(state, at),
        wind_m_s=state.wind_m_s(at),
        radiance=state.view_radiance_w_m2_sr(state.view(camera.camera)[0]),
        housing_k=state.housing_k(),
        window_loss=rain_film_loss(state.rain_mm_h(), camera.imperfections.rain_film_loss),
        sun=sun_pixels(state, camera.camera),
        streams={name: table for name, table in streams.items() if name not in OF_SENSORS},
    )


def write_plainly(folder: Path, name: str, table: pa.Table) -> None:
    """One Parquet file with zstd-1 and pyarrow's other defaults."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd", compression_level=1)


def folder_bytes(folder: Path) -> int:
    """Size of every file."""
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def shutter_states(unit: CameraUnit, housing_k: Array) -> dict[str, Array]:
    """Flat-field corrections tick by tick in plain Python; arrays (time,) by name.

    The rule of `instruments.shutter_kernels`, its flags included, for a camera that has one frame per tick.
    """
    tau_s, self_k, period_s, step_k, freeze_s, warning_s, low_k, high_k = unit.shutter.tolist()
    dt_s, share = unit.dt_s, float(-np.expm1(-unit.dt_s / tau_s))
    fpa_k = float(housing_k[0]) + self_k
    corrected_k, epoch = min(max(fpa_k, low_k), high_k), 0
    last_s, next_s = -unit.since_ffc_s, period_s - unit.since_ffc_s
    rows = []
    for i, housing in enumerate(housing_k.tolist()):
        t = i * dt_s
        target_k = housing + self_k
        fpa_k += share * (target_k - fpa_k)
        is_locked = fpa_k < low_k or fpa_k > high_k
        if is_locked:
            next_s = max(next_s, t + warning_s)
        elif next_s <= t:
            last_s = next_s + (t - next_s) // period_s * period_s
            next_s, corrected_k, epoch = last_s + period_s, fpa_k, epoch + 1
        elif abs(fpa_k - corrected_k) >= step_k:
            next_s = min(next_s, t + warning_s)
        is_frozen = t - last_s < freeze_s
        flags = shutter_flags(is_locked, next_s - t <= warning_s, is_frozen)
        rows.append(
            (fpa_k, 60.0 * (target_k - fpa_k) / tau_s, corrected_k, epoch, is_frozen, flags, t - last_s)
        )
    names = ("fpa_k", "rate_k_min", "corrected_k", "epoch", "is_frozen", "flags", "since_s")
    return dict(zip(names, (np.array(column) for column in zip(*rows, strict=True)), strict=True))


def camera_grade(hour: Hour, states: dict[str, Array]) -> dict[str, Array]:
    """Status columns of the camera, (time,) each, from its shutter's states by the product's formulas."""
    columns = np.empty((hour.n, shutter.N_OUT))
    for place, name in (
        (shutter.OUT_FPA_K, "fpa_k"),
        (shutter.OUT_RATE_K_MIN, "rate_k_min"),
        (shutter.OUT_FFC_FPA_K, "corrected_k"),
        (shutter.OUT_SINCE_S, "since_s"),
    ):
        columns[:, place] = states[name]
    camera, settings = hour.camera, hour.unit.settings
    contrast_k = camera.values.number("detection.scene_contrast_k", "K")
    error_k = expected_error_k(
        settings, columns, hour.housing_k, hour.window_loss, camera.drift_days, contrast_k
    )
    grade = grade_frames(error_k, new_unit_error_k(settings, contrast_k), camera.accuracy_k)
    status = np.where(states["is_frozen"], int(Status.MAINTENANCE), 0)
    return {"status": status, "quality": grade.quality, "confidence": grade.confidence}


def shutter_flags(is_locked: bool, is_due: bool, is_frozen: bool) -> int:
    """State of the shutter as the product stores it."""
    waiting = shutter.FLAG_LOCKED_OUT if is_locked else shutter.FLAG_IMMINENT if is_due else 0
    return waiting | (shutter.FLAG_IN_PROGRESS if is_frozen else 0)


def repair_sources(unit: CameraUnit) -> list[tuple[int, Indices]]:
    """Each known bad pixel with the good ones around it."""
    around = zip(unit.kernel.replaced_pixels.tolist(), unit.kernel.neighbours, strict=True)
    return [(pixel, near[near >= 0]) for pixel, near in around if np.any(near >= 0)]
