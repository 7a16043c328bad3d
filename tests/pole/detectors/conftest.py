"""Windows made by hand, and windows of a few short real episodes."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from envirosense.datasets.window_events import EventTable
from envirosense.datasets.windows import Windows
from envirosense.factory.request import EpisodeRequest
from envirosense.learning.streamed import Cutting, simulated_windows
from envirosense.pole.twin import PoleTwin

type Course = Mapping[str, np.ndarray | float]

LENGTH, DT_S = 6, 10.0
MICROPHONES = ("microphone", "microphone_2")
VOC = (
    "ch1_formaldehyde", "ch2_acetaldehyde", "ch3_acrolein", "ch4_phenol", "ch5_cresol", "ch6_guaiacol",
)  # fmt: skip
QUIET = {  # a healthy device in clean air: level and noise of each channel
    **{f"voc_array.{gas}_ppb": (0.0, 4.0) for gas in VOC},
    "gas_sensor.co_ppm": (0.1, 0.01),
    "gas_sensor.no2_ppb": (8.0, 2.0),
    "particulate_matter.pm2_5_ug_m3": (8.0, 0.5),
    "temperature_humidity.temperature_c": (20.0, 0.1),
    "temperature_humidity.humidity_pct": (50.0, 0.5),
    "wind_sensor.speed_m_s": (2.0, 0.5),
    "rain_gauge.rain_mm_h": (0.0, 0.0),
    "solar_power.panel_v": (15.0, 0.1),
    "thermal.max": (300.0, 0.3),
    "thermal.hot_spot": (4.0, 0.3),
    "thermal.local_rise": (0.5, 0.1),
    "thermal.max_step": (0.5, 0.1),
    **{f"{one}.modulation_ultrasonic": (0.003, 0.0005) for one in MICROPHONES},
    **{f"{one}.modulation_audible": (0.005, 0.001) for one in MICROPHONES},
    **{f"{one}.level_4000_hz_db": (38.0, 1.0) for one in MICROPHONES},
    **{f"emf_sensor.{axis}_ut": (10.0, 0.05) for axis in "xyz"},
    "emf_sensor.fundamental_ut": (17.0, 0.1),
    "emf_sensor.h2_ut": (0.018, 0.001),
    **{f"emf_sensor.hf_{band}_nt": (1.0, 0.03) for band in ("2_10khz", "10_40khz", "40_100khz")},
    **{
        f"vibration_sensor.rms_{axis}_{band}_hz_mg": (1.9, 0.02)
        for axis in ("along", "across", "up")
        for band in ("20_110", "110_130")
    },
    **{f"vibration_sensor.natural_{axis}_hz": (1.2, 0.002) for axis in ("along", "across")},
    **{f"vibration_sensor.tilt_{side}_east": (0.0, 0.0003) for side in ("east", "north")},
}


def quiet_windows(n, rises: Course | None = None, seed=0, y="normal", drop=()):
    """`n` windows of a quiet device; `rises` are added to its samples but not to its baseline."""
    rng = np.random.default_rng(seed)
    names = tuple(name for name in QUIET if name not in drop)
    x = np.stack(
        [QUIET[name][0] + QUIET[name][1] * rng.standard_normal((n, LENGTH)) for name in names], axis=2
    )
    for name, rise in (rises or {}).items():
        x[:, :, names.index(name)] += np.asarray(rise)
    baseline = np.tile([QUIET[name][0] for name in names], (n, 1))
    start = np.arange(n) * LENGTH
    text = np.full(n, "planted")
    nothing = EventTable(*(np.empty(0) for _ in range(10)))
    return Windows(
        x=x.astype(np.float32), baseline=baseline.astype(np.float32), channels=names,
        units=("",) * len(names), dt_s=DT_S, stride_s=LENGTH * DT_S, y=np.full(n, y),
        event_id=np.full(n, -1 if y == "normal" else 0, np.int32), severity=np.zeros(n, np.float32),
        time_to_ignition_s=np.full(n, np.nan), detectable=np.full(n, y != "normal"), episode_id=text,
        scenario=text, category=text, group=text, start_tick=start, start_s=start * DT_S, events=nothing,
    )  # fmt: skip


@pytest.fixture(scope="session")
def plant() -> Callable[..., Windows]:
    return quiet_windows


@pytest.fixture(scope="session")
def normal() -> Windows:
    """Windows to calibrate on."""
    return quiet_windows(400, seed=5)


@pytest.fixture(scope="session")
def simulate() -> Callable[..., Windows]:
    """Windows of one short real episode at a site and hour that the index draws."""

    def windows(scenario, index, seed=11, duration_s=7200.0, with_optional=True):
        options = {"frame_interval_s": 10.0, "stages_stream": False, "with_optional": with_optional}
        spec = PoleTwin().draw(scenario, EpisodeRequest(seed, index, 20, duration_s, 10.0, options))
        return simulated_windows(spec, Cutting())

    return windows


@pytest.fixture(scope="session")
def normal_days(simulate) -> Windows:
    """Normal episodes through the day, to calibrate on."""
    kinds = ("normal/diurnal_cycle", "normal/baseline_equipment_operation")
    return Windows.concat([simulate(kind, 40, duration_s=8 * 3600.0) for kind in kinds])
