import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from numba import config as numba_config

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.rng import stream
from envirosense.instruments.sound_features import features_of
from envirosense.instruments.status import Status
from envirosense.physics.sound.acoustics import BANDS, REFERENCE_PA, a_weighting_db, energy_of_db
from envirosense.physics.sound.sound_energy import gamma_factor
from envirosense.physics.sound.sound_waveform import hiss
from envirosense.pole.mock import create_mock_environment_state
from envirosense.pole.sensors import acoustic_stages as ac
from envirosense.pole.sensors.acoustic import AcousticConfig, AcousticSensor
from envirosense.pole.sensors.acoustic_kernels import rises_db
from envirosense.pole.sensors.acoustic_waveform import FULL_CODE, EventWindow, port_response
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld

DEVICE, ULTRASONIC = "acoustic_sensor/spu0410hr5h", "acoustic_sensor/sph0641lu4h"
TRANSFORMS = ("to_energy", "to_level")
CALM = (0.0, 0.0, 0.0)
QUIET_DB = (45.0, 43.0, 40.0, 38.0, 36.0, 33.0, 30.0, 26.0, 15.0, 12.0, 10.0, 8.0)
ULTRA = 10  # 35 to 45 kHz


@dataclass
class Ringing(UniformWorld):
    """A world with Gaussian sound of given band levels, louder for some ticks, up to `last_s`."""

    wind: npt.ArrayLike = CALM
    levels_db: npt.ArrayLike = QUIET_DB
    share: float = 0.0
    louder_db: float = 0.0
    louder_ticks: tuple[int, ...] = ()
    draws: bool = False  # chance of short ticks, as in the pole's world
    last_s: float = math.inf
    tone_db: float | None = None  # a pure tone of 1 kHz in recordings, in place of noise

    def _mean_db(self) -> npt.NDArray[np.float64]:
        ticks = np.arange(self.first_tick, self.first_tick + self.n)
        loud = np.isin(ticks, self.louder_ticks)
        return np.asarray(self.levels_db) + self.louder_db * loud[:, None]

    def sound_level_db(self, at: Any) -> npt.NDArray[np.float64]:
        level_db = self._mean_db()
        if self.draws:
            normals = np.array(
                [stream(1, "tick", self.first_tick + k).standard_normal(len(BANDS)) for k in range(self.n)]
            )
            shape = np.broadcast_to(BANDS.width_hz * self.dt_s, normals.shape)
            level_db = level_db + 10.0 * np.log10(gamma_factor(shape, normals))
        return level_db

    def mains_modulation(self, at: Any) -> npt.NDArray[np.float64]:
        return np.full((self.n, len(BANDS)), self.share)

    def sound_pa(self, at: Any, start_s: float, duration_s: float, rate_hz: float) -> Any:
        if start_s + duration_s > self.last_s:
            raise ConfigError("window", (start_s, duration_s), "must lie in the episode")
        n = round(duration_s * rate_hz)
        if self.tone_db is not None:
            t_s = np.arange(n) / rate_hz
            return math.sqrt(2.0) * REFERENCE_PA * 10 ** (self.tone_db / 20) * np.sin(2e3 * math.pi * t_s)
        tick = int(start_s / self.dt_s + 1e-9)
        energy = energy_of_db(np.asarray(self.levels_db) + self.louder_db * (tick in self.louder_ticks))
        return REFERENCE_PA * hiss(energy, n, rate_hz, stream(2, "wave", tick))


def microphone(part: str = ULTRASONIC, keep: tuple[str, ...] | None = None, **changed: Any) -> AcousticSensor:
    config = AcousticConfig.parse(
        {"sensor_id": "microphone", "sensor_type": "acoustic_sensor", "part": part, **changed}
    )
    if keep is not None:
        names = [stage.name for stage in AcousticSensor(config).stages()]
        off = tuple(name for name in names if name not in (*keep, *TRANSFORMS))
        config = config.model_copy(update={"stages_off": off})
    return AcousticSensor(config)


def names(sensor: AcousticSensor) -> list[str]:
    return [channel.name for channel in sensor.channels]


def test_the_ideal_is_the_worlds_sound() -> None:
    sensor = microphone()
    ideal = sensor.respond(Ringing(n=2, share=0.3))
    assert ideal[0, :12] == pytest.approx(QUIET_DB)
    assert ideal[:, 13:] == pytest.approx(0.3)
    tone = np.full(12, -20.0)
    tone[4] = 94.0
    assert sensor.respond(Ringing(n=1, levels_db=tone))[0, 12] == pytest.approx(94.0, abs=0.01)
    assert names(sensor)[10:] == [
        "level_35_45_khz_db",
        "level_45_60_khz_db",
        "level_a_db",
        "modulation_audible",
        "modulation_ultrasonic",
    ]


def test_it_hears_the_mock_worlds_sound() -> None:
    grid = TimeGrid(start_utc=datetime(2018, 7, 10, 17, tzinfo=UTC), dt_s=1.0, n=3)
    world = create_mock_environment_state("uniform", grid)
    sensor = microphone()
    assert sensor.respond(world)[0, :12] == pytest.approx(QUIET_DB)
    assert np.isfinite(sensor.run(world, sensor.start(1)).reading).all()


@pytest.mark.parametrize("part", [DEVICE, ULTRASONIC])
def test_a_perfect_microphone_reports_the_ideal(part: str) -> None:
    block = readings(microphone(part, stages_off=True), [Ringing(n=5, share=0.3)])
    assert np.array_equal(block.reading, block.ideal)
    turned = readings(microphone(part, ()), [Ringing(n=5, share=0.3)])
    assert turned.reading == pytest.approx(turned.ideal, abs=1e-9)


@pytest.mark.parametrize("size", [1, 7, 60])
def test_blocks_have_the_bits_of_the_whole(size: int) -> None:
    world = Ringing(n=120, wind=(-3.0, 0.0, 0.0), draws=True, share=0.2, air=285.0)
    changed = {"age_days": 400.0, "faults": [{"kind": "fouled", "begin_s": 50.0, "severity": 0.5}]}
    whole = readings(microphone(**changed), [world])
    cut = readings(microphone(**changed), world.blocks(size))
    assert whole.reading.tobytes() == cut.reading.tobytes()


def test_the_floor_in_ultrasound_is_the_published_one() -> None:
    floor = readings(microphone(keep=("electronics",)), [Ringing(n=400, levels_db=np.full(12, -20.0))])
    # -11.0 dB re 20 uPa/sqrt(Hz) over 10 kHz is 29 dB, and 10.2 dB more at 40 kHz
    assert floor.reading[:, ULTRA].mean() == pytest.approx(-11.0 + 40.0 + 10.2, abs=0.1)


@pytest.mark.parametrize(("part", "below_db"), [(DEVICE, 59.0), (ULTRASONIC, 64.0)])
def test_the_weighted_floor_stands_below_94_decibels_as_the_sheets_state(part: str, below_db: float) -> None:
    silent = Ringing(n=400, levels_db=np.full(12, -20.0))
    floor_db = readings(microphone(part, ("electronics",)), [silent]).reading[:, :8].mean(axis=0)
    density_db = (floor_db - 10.0 * np.log10(BANDS.width_hz[:8])).mean()
    hz = np.linspace(20.0, 20e3, 20_000)
    weighted_hz = np.mean(10.0 ** (0.1 * a_weighting_db(hz))) * 19_980.0
    assert 94.0 - density_db - 10.0 * math.log10(weighted_hz) == pytest.approx(below_db, abs=0.2)


def test_noise_adds_in_energy_with_the_chance_of_its_lines() -> None:
    n = 3000
    floor_db = -11.0 + 10.0 * math.log10(BANDS.width_hz[2])
    levels_db = np.full(12, -20.0)
    levels_db[2] = floor_db + 3.0
    y = readings(microphone(keep=("electronics",)), [Ringing(n=n, levels_db=levels_db)]).reading
    energy = 10 ** (y / 10)
    a, b = 10 ** (levels_db[2] / 10), 10 ** (floor_db / 10)
    expected = math.sqrt((b * b + 2.0 * a * b) / BANDS.width_hz[2])
    assert energy[:, 2].mean() == pytest.approx(a + b, abs=5.0 * expected / math.sqrt(n))
    # the cube-root law is short of spread by 1 in 18 k^2
    assert energy[:, 2].std() == pytest.approx(expected, rel=5.0 / math.sqrt(2 * n))


def test_loud_sound_passes_without_added_chance() -> None:
    y = readings(microphone(keep=("electronics",)), [Ringing(n=50, levels_db=np.full(12, 90.0))]).reading
    assert y[:, :12] == pytest.approx(90.0, abs=0.1)


@pytest.mark.parametrize("dt_s", [0.5, 2.0])
def test_noise_of_a_longer_tick_is_less_by_its_root(dt_s: float) -> None:
    n = 4000
    world = Ringing(n=n, dt_s=dt_s, levels_db=np.full(12, -20.0))
    y = readings(microphone(keep=("electronics",), interval_s=dt_s), [world]).reading[:, 1]
    expected = 4.343 / math.sqrt(BANDS.width_hz[1] * dt_s)
    assert y.std() == pytest.approx(expected, rel=5.0 / math.sqrt(2 * n) + 0.02)  # dB of Gamma: 1 in 2 k
    sensor = microphone(interval_s=dt_s)
    assert sensor.channels[1].noise_sigma == pytest.approx(expected, rel=1e-3)


def test_wind_on_the_housing_drowns_low_bands_and_leaves_ultrasound() -> None:
    n = 400
    means = []
    for wind_m_s in (5.0, 10.0):
        world = Ringing(n=n, wind=(wind_m_s, 0.0, 0.0), levels_db=np.full(12, -20.0))
        means.append(readings(microphone(keep=("wind",)), [world]).reading[:, :12].mean(axis=0))
    bound_db = 5.0 * 4.343 / np.sqrt(BANDS.width_hz * n) + 0.1  # mean of the level of a Gamma: 4.3 / (2 k)
    assert np.abs(means[0][:8] - [70.0, 65.0, 60.0, 52.0, 42.0, 30.0, 18.0, 6.0]).max() < bound_db.max()
    assert means[1][:6] - means[0][:6] == pytest.approx(50.0 * math.log10(2.0), abs=2 * bound_db.max())
    assert means[1][8:] == pytest.approx(-20.0)


def test_noise_thins_out_the_share_that_swells() -> None:
    levels_db = np.full(12, -20.0)
    levels_db[ULTRA] = -11.0 + 40.0 + 10.2  # as loud as the floor
    y = readings(microphone(keep=("electronics",)), [Ringing(n=20, levels_db=levels_db, share=0.8)]).reading
    assert y[:, 14] == pytest.approx(0.4, abs=1e-3)
    assert y[:, 13].max() < 0.01


def test_shares_of_noise_have_a_floor_of_their_own() -> None:
    n, sigma = 4000, 1.0 / math.sqrt(2.0 * 10e3)
    y = readings(microphone(keep=("modulation",)), [Ringing(n=n)]).reading[:, 14]
    assert y.mean() == pytest.approx(sigma * math.sqrt(math.pi / 2.0), rel=5.0 * 0.523 / math.sqrt(n))
    y = readings(microphone(keep=("modulation",)), [Ringing(n=n, share=0.5)]).reading[:, 14]
    assert y.std() == pytest.approx(sigma, rel=5.0 / math.sqrt(2 * n))


@pytest.mark.parametrize(("part", "common_db"), [(DEVICE, 1.5), (ULTRASONIC, 0.5)])
def test_units_differ_as_stated_and_bands_move_together(part: str, common_db: float) -> None:
    units = 600
    sensor = microphone(part, ("response",))
    gains = np.array([sensor.start(seed).carries["response"] for seed in range(units)])
    bound = 5.0 / math.sqrt(2 * units)
    left_db = 0.8796 * common_db  # of a normal law cut off at two sigma
    assert gains[:, ULTRA].std() == pytest.approx(math.hypot(left_db, 1.5), rel=bound)
    assert np.cov(gains[:, 3], gains[:, 4])[0, 1] == pytest.approx(left_db**2, rel=2 * bound)
    assert np.abs(gains[:, 3:5].mean(axis=1)).max() < 2.0 * common_db + 5.0 * 0.1 / math.sqrt(2.0)
    world = Ringing(n=1, levels_db=np.full(12, 60.0))
    block = sensor.run(world, sensor.start(7))
    assert block.reading[0, :12] - 60.0 == pytest.approx(gains[7])


@pytest.mark.skipif(bool(numba_config.DISABLE_JIT), reason="long series need compiled kernels")
@pytest.mark.parametrize("part", [DEVICE, ULTRASONIC])
def test_it_holds_to_the_contract_of_a_sensor(part: str) -> None:
    check_sensor(AcousticSensor, microphone(part).config)


def test_a_fouled_port_takes_twenty_decibels_above_one_kilohertz() -> None:
    fault = {"kind": "fouled", "begin_s": 10.0, "end_s": 20.0}
    world = Ringing(n=30, levels_db=np.full(12, 60.0))
    block = readings(microphone(keep=("port",), faults=[fault]), [world])
    loss_db = block.ideal[:, :12] - block.reading[:, :12]
    assert loss_db[:10] == pytest.approx(0.0)
    assert loss_db[15, 5:] == pytest.approx(20.0)
    assert loss_db[15, :4] == pytest.approx(0.0)
    assert loss_db[20:] == pytest.approx(0.0)


def test_ice_takes_more_and_half_of_it_half() -> None:
    world = Ringing(n=2, levels_db=np.full(12, 80.0))
    whole, half = (
        readings(microphone(keep=("port",), faults=[{"kind": "iced", "severity": s}]), [world])
        for s in (1.0, 0.5)
    )
    assert (whole.ideal - whole.reading)[0, ULTRA] == pytest.approx(40.0)
    assert (half.ideal - half.reading)[0, ULTRA] == pytest.approx(20.0)


def test_dust_and_gain_drift_grow_with_age() -> None:
    units, age_days = 600, 1500.0
    sensor = microphone(keep=("port", "drift"), age_days=age_days)
    starts = [sensor.start(seed) for seed in range(units)]
    closed = np.array([memory.carries["port"] for memory in starts])
    assert closed.mean() == pytest.approx(5e-5 * age_days, rel=5.0 / math.sqrt(units))
    rates = np.array([memory.carries["drift"].per_day[0] for memory in starts])
    assert rates.std() == pytest.approx(0.0007, rel=5.0 / math.sqrt(2 * units))
    fresh = microphone(keep=("port", "drift"))
    block = readings(fresh, [Ringing(n=3)])
    assert block.reading == pytest.approx(block.ideal, abs=1e-6)


def test_gain_follows_the_bodys_temperature_on_all_levels_alike() -> None:
    warm = Ringing(n=1, body=296.15 + 30.0)
    sensor = microphone(keep=("temperature",))
    block = sensor.run(warm, memory := sensor.start(3))
    shift_db = (block.reading - block.ideal)[0]
    assert shift_db[:13] == pytest.approx(30.0 * memory.carries["temperature"][0])
    assert shift_db[13:] == pytest.approx(0.0)
    assert shift_db[0] != 0.0


def test_overload_follows_the_limiter_of_gaussian_noise() -> None:
    levels_db = np.full(12, -20.0)
    levels_db[4] = 123.0
    sensor = microphone(keep=("overload",))
    reading = readings(sensor, [Ringing(n=1, levels_db=levels_db)]).reading[0]
    peak = math.sqrt(2.0) * 10 ** (120.0 / 20.0)
    wave = 10 ** (123.0 / 20.0) * np.random.default_rng(1).standard_normal(400_000)
    total = np.mean(np.clip(wave, -peak, peak) ** 2)
    passed = np.mean(np.clip(wave, -peak, peak) * wave) / np.mean(wave * wave)
    assert 10.0 * math.log10((10 ** (reading[:12] / 10)).sum()) == pytest.approx(
        10.0 * math.log10(total),
        abs=0.3,  # ultrasound is divided by the response in front of the limiter
    )
    assert reading[4] >= 123.0 + 20.0 * math.log10(passed) - 0.05
    assert reading[ULTRA] > 60.0  # distortion


def test_quiet_sound_passes_the_overload_stage_untouched() -> None:
    stage = ac.Overload("overload", 120.0, np.ones(12))
    x = np.full((3, 15), 1e4)
    y, _ = stage.apply(x, None, None, np.random.default_rng(1))  # type: ignore[arg-type]
    assert np.array_equal(x, y)


def test_the_device_notices_overload() -> None:
    levels_db = np.full(12, 20.0)
    levels_db[0] = 119.0
    block = readings(microphone(), [Ringing(n=2, levels_db=levels_db)])
    assert (block.status & Status.DISTURBED).all()
    assert not (readings(microphone(), [Ringing(n=2)]).status & Status.DISTURBED).any()


def test_a_new_microphone_is_within_its_accuracy_and_an_old_one_less_surely() -> None:
    for part in (DEVICE, ULTRASONIC):
        loud = Ringing(n=2, levels_db=np.full(len(BANDS), 80.0))
        new, old = (readings(microphone(part, age_days=age), [loud]) for age in (0.0, 3000.0))
        assert new.confidence[0] > 0.9
        assert new.confidence[0] > old.confidence[0]
        assert new.quality[0] == pytest.approx(1.0, abs=0.02)
        assert old.quality[0] < 0.8
    dusty, clean = (
        readings(microphone(keep=("response", "port"), age_days=age), [Ringing(n=1)]) for age in (3000.0, 0.0)
    )
    dust_db = math.sqrt(2.0) * 5e-5 * 3000.0 * 20.0  # root mean square of an exponential law
    told_db = np.hypot(np.hypot(0.8796 * 0.5, 0.2), dust_db)
    assert clean.quality[0] == pytest.approx(1.0)
    assert dusty.quality[0] == pytest.approx(np.hypot(0.8796 * 0.5, 0.2) / told_db, rel=0.05)


def test_a_band_below_the_noise_floor_is_known_to_read_high() -> None:
    quiet, loud = (
        readings(microphone(DEVICE), [Ringing(n=2, levels_db=np.full(len(BANDS), level_db))]).confidence[0]
        for level_db in (0.0, 80.0)
    )
    assert quiet < 0.01
    assert loud > 0.9


def test_an_unknown_fault_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match="fouled"):
        microphone(faults=[{"kind": "fuoled"}])
    with pytest.raises(ConfigError, match="waveform_s"):
        microphone(waveform_s=61.0)


# --- recordings

RECORDS = {"waveform_s": 0.25, "waveforms_per_hour": 3}


def recordings(sensor: AcousticSensor, world: Ringing, size: int) -> list[EventWindow]:
    memory = sensor.start(4)
    return [
        window
        for block in world.blocks(size)
        for window in sensor.event_windows(block, sensor.run(block, memory), memory)
    ]


def test_nothing_is_recorded_by_default() -> None:
    world = Ringing(n=30, louder_db=40.0, louder_ticks=(20,))
    assert recordings(microphone(), world, 30) == []


def test_a_rise_is_recorded_and_quiet_is_not() -> None:
    found = recordings(microphone(**RECORDS), Ringing(n=60, louder_db=40.0, louder_ticks=(20, 40)), 60)
    assert [window.tick for window in found] == [20, 40]
    assert found[0].start_s == 20.0
    assert found[0].samples.shape == (48_000,)
    assert found[0].samples.dtype == np.int16
    assert not np.array_equal(found[0].samples, found[1].samples)


@pytest.mark.parametrize("size", [1, 7, 60])
def test_recordings_have_the_same_bits_in_any_blocks(size: int) -> None:
    world = Ringing(n=60, louder_db=40.0, louder_ticks=(6, 7, 33), wind=(4.0, 0.0, 0.0))
    changed: Mapping[str, Any] = RECORDS | {"faults": [{"kind": "fouled", "begin_s": 7.0}], "age_days": 100.0}
    whole = recordings(microphone(**changed), world, 60)
    cut = recordings(microphone(**changed), world, size)
    assert [window.tick for window in whole] == [window.tick for window in cut] == [6, 7, 33]
    for one, other in zip(whole, cut, strict=True):
        assert np.array_equal(one.samples, other.samples)


def test_recordings_are_rationed_by_the_hour() -> None:
    ticks = (*range(10, 3000, 200), 3700)
    world = Ringing(n=3800, louder_db=40.0, louder_ticks=ticks)
    found = recordings(microphone(**RECORDS), world, 3800)
    assert [window.tick for window in found] == [10, 210, 410, 3700]


def test_no_recording_overlaps_the_one_before_or_leaves_the_episode() -> None:
    sensor = microphone(waveform_s=2.5, waveforms_per_hour=10, waveform_rate_hz=8000.0)
    world = Ringing(n=40, louder_db=40.0, louder_ticks=(10, 11, 12, 13, 38), last_s=40.0)
    assert [window.tick for window in recordings(sensor, world, 40)] == [10, 13]


def test_a_microphone_without_readings_records_nothing_and_keeps_its_quiet() -> None:
    fault = {"kind": "disconnected", "begin_s": 18.0, "end_s": 22.0}
    world = Ringing(n=60, louder_db=40.0, louder_ticks=(20, 40))
    found = recordings(microphone(**RECORDS, faults=[fault]), world, 60)
    assert [window.tick for window in found] == [40]


def test_lasting_sound_becomes_the_quiet() -> None:
    level_db = np.concatenate([np.full((5, 2), 30.0), np.full((400, 2), 50.0)])
    slow_db = np.full(2, np.nan)
    rise_db = rises_db(level_db, slow_db, 1.0 - math.exp(-1.0 / 60.0))
    assert rise_db[4] == pytest.approx(0.0)
    assert rise_db[5] == pytest.approx(20.0)
    assert rise_db[65] == pytest.approx(20.0 * math.exp(-1.0))
    assert slow_db == pytest.approx(50.0, abs=0.05)


def tone_window(level_db: float, part: str = ULTRASONIC) -> EventWindow:
    world = Ringing(n=10, louder_db=40.0, louder_ticks=(5,), tone_db=level_db)
    return recordings(microphone(part, ("overload",), **RECORDS), world, 10)[0]


@pytest.mark.parametrize("part", [DEVICE, ULTRASONIC])
def test_a_tone_of_94_decibels_is_26_below_full_scale(part: str) -> None:
    codes = tone_window(94.0, part).samples / FULL_CODE
    below_db = 20.0 * math.log10(math.sqrt(2.0) * codes.std())
    assert below_db == pytest.approx(-26.0, abs=0.01)
    assert features_of(tone_window(94.0, part).pressure_pa, 192e3)["level_1000_hz_db"] == pytest.approx(
        94.0, abs=0.01
    )


def test_a_tone_above_the_overload_point_is_cut() -> None:
    just, above = (tone_window(level_db).samples.astype(np.float64) for level_db in (119.9, 126.0))
    assert np.mean(np.abs(just) >= FULL_CODE - 1) < 0.001
    assert np.mean(np.abs(above) >= 0.97 * FULL_CODE) > 0.4  # arcsine law: 2/3 of the time above half
    assert features_of(above, 192e3)["crest"] < 1.3


def test_levels_of_a_recording_agree_with_the_channels_of_its_tick() -> None:
    loud_db = np.array(QUIET_DB) + np.array([0.0] * 8 + [40.0] * 4)
    world = Ringing(
        n=12,
        levels_db=loud_db,
        louder_db=30.0,
        louder_ticks=(8,),
        draws=True,
        wind=(3.0, 0.0, 0.0),
        share=0.0,
    )
    sensor = microphone(waveform_s=0.5, age_days=700.0)
    memory = sensor.start(4)
    block = sensor.run(world, memory)
    (window,) = sensor.event_windows(world, block, memory)
    found = features_of(window.pressure_pa, window.rate_hz)
    lines = BANDS.width_hz * 0.5
    bound_db = 5.0 * 4.343 * np.sqrt(1.0 / lines + 1.0 / (2.0 * lines)) + 0.1  # half a second and a second
    gap_db = [found[f"level_{name}_db"] - block.reading[8, k] for k, name in enumerate(BANDS.names)]
    assert (np.abs(gap_db) < bound_db).all()
    assert found["level_a_db"] == pytest.approx(block.reading[8, 12], abs=0.5)


def test_the_floor_of_a_recording_is_that_of_the_channels() -> None:
    silent = Ringing(n=10, levels_db=np.full(12, -20.0), louder_db=58.0, louder_ticks=(5,))
    sensor = microphone(keep=("electronics", "overload"), waveform_rise_db=1.0, **RECORDS)
    memory = sensor.start(4)
    block = sensor.run(silent, memory)
    (window,) = sensor.event_windows(silent, block, memory)
    found = features_of(window.pressure_pa, window.rate_hz)["level_35_45_khz_db"]
    assert found == pytest.approx(block.reading[5, ULTRA], abs=5 * 4.343 * math.sqrt(1.25 / 2500.0) + 0.1)


def test_the_response_in_front_of_the_limiter_has_its_peak_and_its_fall() -> None:
    level_db = 20.0 * np.log10(port_response(np.array([1e3, 10e3, 25e3, 40e3, 52e3]), 26e3, 9.0))
    assert abs(level_db[0]) < 0.1
    assert abs(level_db[1]) < 1.5
    assert 6.0 < level_db[2] < 12.0
    assert -10.0 < level_db[4] < level_db[3] < -3.0
