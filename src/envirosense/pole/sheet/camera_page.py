"""What a page on a camera shows: frames and their difference, noise by temperature, ageing, faults."""

from collections.abc import Callable
from dataclasses import asdict
from html import escape
from typing import Any, Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments.faults import Fault
from envirosense.instruments.radiance_conversion import STEP_K
from envirosense.pole.outfit import CAMERA
from envirosense.pole.page.charts import TimeView, legend
from envirosense.pole.page.colours import ColourScale
from envirosense.pole.page.wording import phrase
from envirosense.pole.run import EpisodeRun
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor
from envirosense.pole.sensors.thermal_camera_frames import FrameBlock
from envirosense.pole.sheet.ageing import UNITS, Ageing, aged, ageing_chart
from envirosense.pole.sheet.chain_picture import effects_picture
from envirosense.pole.sheet.channel_rows import allan_chart
from envirosense.pole.sheet.day import CameraDay, open_day, watch_day
from envirosense.pole.sheet.frames import picture
from envirosense.pole.sheet.plane import Curve, around, plane
from envirosense.pole.sheet.trial import HOUR_S, Trial, allan_deviation

SCENES_C: Final = (-40.0, -20.0, 0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0)
_DAY_S: Final = 86_400.0
_DAY_TICK_S: Final = 120.0
_HOURS: Final = (3.0, 9.0, 15.0, 21.0)
_FRAMES: Final = 60
_UNITS: Final = UNITS
_COLD_K: Final = 268.15  # 27 K colder than the mock's case: dirt on the window shows
_PIXELS: Final = 16  # whose steady readings make an Allan deviation
_FROM_S: Final = 3.0 * 3600.0  # faults are looked at in the last frame of three hours of that day
_UNTIL_S: Final = 6.0 * 3600.0
_BEGIN_S: Final = 4.0 * 3600.0


def camera_sections(trial: Trial, view: TimeView, tell: Callable[[], None]) -> str:
    """Every section of the page but the part's numbers."""
    from envirosense.pole.sheet.type_page import section

    camera = _camera(trial)
    amplitudes = asdict(camera.imperfections)
    effects = {name: amplitudes.get(name) for name in camera.effects}
    parts = [section("From the world to the frame", effects_picture(effects))]
    run = _pole_day(trial)
    parts.append(section("Frames", _frames(run)))
    tell()
    parts.append(section("Noise", f'<div class="grid4">{_by_scene(trial)}{_allan(trial)}</div>'))
    tell()
    parts.append(section("Age", ageing_chart(_ageing(trial))))
    tell()
    parts.append(section("Faults", _faults(run)))
    tell()
    return "".join(parts)


def _camera(trial: Trial, seed: int | None = None, **changes: Any) -> ThermalCameraSensor:
    sensor, _ = trial.unit(trial.seed if seed is None else seed, **changes)
    assert isinstance(sensor, ThermalCameraSensor)
    return sensor


def _run(trial: Trial, world: Any, seed: int | None = None, **changes: Any) -> FrameBlock:
    camera = _camera(trial, seed, **changes)
    return camera.run_frames(world, camera.start_frames(trial.seed if seed is None else seed))


# --- frames of a day


def _pole_day(trial: Trial) -> EpisodeRun:
    """A day of a pole before this camera, which looks where the device's own looks."""
    asked = ("normal/diurnal_cycle", trial.seed, _DAY_S, _DAY_TICK_S)
    carried = next(iter(open_day(*asked, {"sensors": (CAMERA[0],)}).device.cameras.values())).config
    shared = ("azimuth_deg", "elevation_deg", "position_m")
    looking = trial.config.model_copy(update={name: getattr(carried, name) for name in shared})
    return open_day(*asked, {"sensing": {"sensors": [looking.model_dump(mode="json")]}})


def _frames(run: EpisodeRun) -> str:
    """Ideal frame, frame and difference at four hours of a day, and the errors of the day."""
    day = watch_day(run).cameras[0]
    rows = "".join(_triple(day, int(np.argmin(np.abs(day.t_s - 3600.0 * hour)))) for hour in _HOURS)
    return f'<div class="triples">{rows}</div><div class="grid4">{_histogram(day)}</div>'


def _triple(day: CameraDay, i: int) -> str:
    ideal_c, reading_c = day.ideal_c[i], day.reading_c[i]
    both = np.stack([ideal_c, reading_c])
    scale = ColourScale(float(np.quantile(both, 0.002)), float(np.quantile(both, 0.998)) + 0.5)
    error_k = reading_c - ideal_c
    reach_k = max(0.5, float(np.quantile(np.abs(error_k - np.median(error_k)), 0.99)))
    middle_k = float(np.median(error_k))
    difference = ColourScale(middle_k - reach_k, middle_k + reach_k)
    named = (
        (ideal_c, scale, f"ideal, {scale.low_c:.0f} to {scale.high_c:.0f} \u00b0C"),
        (reading_c, scale, "frame"),
        (error_k, difference, f"difference, {middle_k:+.1f} \u00b1 {reach_k:.1f} K"),
    )
    cells = "".join(
        f"<figure><figcaption>{escape(name)}</figcaption>{picture(values, colours, name)}</figure>"
        for values, colours, name in named
    )
    return f'<div class="triple"><b>{day.t_s[i] / 3600.0:.0f} h</b>{cells}</div>'


def _histogram(day: CameraDay) -> str:
    error_k = (day.reading_c - day.ideal_c).ravel()
    low, high = np.quantile(error_k, (0.001, 0.999))
    edges = np.linspace(low, high, 61)
    counts = np.histogram(error_k, edges)[0] / error_k.size
    bars = Curve("errors", "c1", np.repeat(edges, 2)[1:-1], np.repeat(counts, 2), is_bars=True)
    limit = day.sensor.accuracy_k
    note = f"all pixels of a day; mean {error_k.mean():+.2f} K, sigma {error_k.std():.2f} K"
    x, y = around([edges, np.array([-limit, limit])]), around([counts], 3, 0.0)
    return plane("Errors", ("K", ""), [bars], x, y, note=note, rules=(-limit, limit))


# --- noise


def _by_scene(trial: Trial) -> str:
    """Noise of a pixel over time, pattern over the picture, and mean error, by the scene's temperature."""
    scenes = np.array(SCENES_C)
    rows = np.array([_noise_at(trial, scene_c) for scene_c in SCENES_C])
    names = (("c1", "over time, a pixel"), ("c3", "over the picture, at one time"), ("c0", "mean error"))
    x = around([scenes], 5)
    spread = [Curve(name, kind, scenes, rows[:, k]) for k, (kind, name) in enumerate(names[:2])]
    mean = [Curve("mean error", "c0", scenes, rows[:, 2])]
    sigma_plane = plane("Noise", ("\u00b0C", "K"), spread, x, around([rows[:, :2]], 4, 0.0))
    mean_plane = plane("Mean error", ("\u00b0C", "K"), mean, x, around([rows[:, 2:]]))
    return f"<div>{sigma_plane}{legend(names[:2])}</div>{mean_plane}"


def _noise_at(trial: Trial, scene_c: float) -> tuple[float, float, float]:
    scene_k = scene_c + ZERO_CELSIUS_K
    frames_k = _run(trial, trial.world(_FRAMES * trial.dt_s, scene_k=scene_k)).temperature_k()
    over_time = float(np.median(frames_k.std(axis=0)))
    return over_time, float(np.median(frames_k.std(axis=1))), float(frames_k.mean() - scene_k)


def _allan(trial: Trial) -> str:
    block = _run(trial, trial.still(HOUR_S))
    chosen = np.linspace(0, block.frames.low.shape[1] - 1, _PIXELS).astype(int)
    codes = block.frames.low[:, chosen].astype(np.float64) + 256.0 * block.frames.high[:, chosen]
    found = [allan_deviation(STEP_K * codes[:, k], trial.dt_s) for k in range(_PIXELS)]
    tau_s = found[0][0]
    return allan_chart(tau_s, np.median([sigma for _, sigma in found], axis=0), "K")


# --- age and faults


def _ageing(trial: Trial) -> Ageing:
    """Units of each age before a still scene colder than the case; the share is that of the pixels."""
    world = trial.world(10.0 * trial.dt_s, scene_k=_COLD_K)

    def read(age_days: float) -> tuple[float, float, float]:
        found = []
        for seed in range(_UNITS):
            block = _run(trial, world, seed, age_days=age_days)
            error_k = block.temperature_k()[-1] - world.settings.scene_k
            within = float((np.abs(error_k) <= _camera(trial).accuracy_k).mean())
            found.append((block.quality[-1], block.confidence[-1], within))
        quality, confidence, within_share = np.mean(np.array(found), axis=0).tolist()
        return quality, confidence, within_share

    return aged(read)


def _faults(run: EpisodeRun) -> str:
    """The frame of one hour of the day with each fault, beside one without."""
    camera = next(iter(run.device.cameras.values()))
    healthy_c = _faulty_c(run, camera, ())
    cells = [_fault_cell("without a fault", healthy_c)]
    cells += [
        _fault_cell(kind, _faulty_c(run, camera, (Fault(kind=kind, begin_s=_BEGIN_S),)))
        for kind in camera.fault_kinds
    ]
    return f'<div class="faultframes">{"".join(cells)}</div>'


def _faulty_c(run: EpisodeRun, camera: ThermalCameraSensor, faults: tuple[Fault, ...]) -> Array | None:
    """Last frame of some hours [degC], (row, column); None where the camera ends without one."""
    changed = type(camera)(camera.config.model_copy(update={"faults": faults}), run.spec.sensing_seed)
    state = run.world.state(round(_FROM_S / run.spec.grid.dt_s), round(_UNTIL_S / run.spec.grid.dt_s))
    block = changed.run_frames(state, changed.start_frames(run.spec.sensing_seed))
    if block.lost_ticks.size and (not block.ticks.size or block.lost_ticks[-1] > block.ticks[-1]):
        return None
    pinhole = changed.camera
    last_k: Array = block.temperature_k()[-1].reshape(pinhole.rows, pinhole.columns)
    return last_k - ZERO_CELSIUS_K


def _fault_cell(kind: str, frame_c: Array | None) -> str:
    if frame_c is None:
        return f'<figure><figcaption>{phrase(kind)}</figcaption><p class="why">no frame</p></figure>'
    low, high = float(np.quantile(frame_c, 0.005)), float(np.quantile(frame_c, 0.999)) + 1.0
    name = f"{phrase(kind)}, {low:.0f} to {high:.0f} \u00b0C"
    image = picture(frame_c, ColourScale(low, high), kind)
    return f"<figure><figcaption>{escape(name)}</figcaption>{image}</figure>"
