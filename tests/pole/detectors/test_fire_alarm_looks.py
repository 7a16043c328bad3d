"""What the fire alarm looks at: warm places that last, smoke that gusts through all; nothing ahead."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError
from envirosense.datasets.frames import HIGH_PLANE, LOW_PLANE, FrameLayout, split_planes
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.window_channels import Channels
from envirosense.datasets.window_sources import TableStream, memory_streams
from envirosense.datasets.windows import windows_of_episode
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.detectors.fire_alarm import Looks, Signals, episode_signals, looks_at, window_signals
from envirosense.pole.detectors.fire_alarm.channel_history import channel_history
from envirosense.pole.detectors.fire_alarm.gust_history import gust_history
from envirosense.pole.detectors.fire_alarm.looks import CONTEXT, HEAT_CHANNELS
from envirosense.pole.detectors.fire_alarm.picture_history import LOOKS, picture_history
from envirosense.pole.detectors.fire_alarm.plume_history import plume_history
from envirosense.pole.detectors.fire_alarm.signals import _rounded, _stepped, window_pictures
from envirosense.pole.detectors.fire_alarm.smoke_history import COARSE, FINE, VAPOURS, smoke_history
from envirosense.pole.twin import PoleTwin

TICKS = 6  # of 10 s in a window
SMOKE = (FINE, COARSE, *VAPOURS)
NO_PICTURE = np.empty((0, 0, 0), dtype=np.float32)


def signals(courses: dict[str, np.ndarray], picture_k: np.ndarray = NO_PICTURE) -> Signals:
    """Signals of a device with the given channels."""
    values = np.stack(list(courses.values()), axis=1).astype(np.float32)
    channels = Channels(tuple(courses), ("",) * len(courses), values)
    return Signals(channels, picture_k.astype(np.float32))


def noisy(names: tuple[str, ...], n_windows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Courses around 20 with gaps."""
    rng = np.random.default_rng(seed)
    values = 20.0 + rng.standard_normal((len(names), n_windows * TICKS))
    values[rng.random(values.shape) < 0.1] = np.nan
    return dict(zip(names, values, strict=True))


def scene(n_windows: int, seed: int = 0) -> np.ndarray:
    """A picture from cool above to warm below, with a little noise [K]."""
    rng = np.random.default_rng(seed)
    return 280.0 + np.arange(24)[:, None] / 4.0 + 0.05 * rng.standard_normal((n_windows, 24, 32))


def pick(found: tuple[np.ndarray, tuple[str, ...]], name: str) -> np.ndarray:
    """One look by name, (window,)."""
    values, names = found
    return values[:, names.index(name)]


def test_a_place_that_warms_and_stays_warm_is_found_by_its_least_rise() -> None:
    picture = scene(150)
    picture[120:, 10:13, 20:23] += 5.0
    found = picture_history(picture.astype(np.float32), 150)
    rise = pick(found, "picture.least10_rise_30")
    assert np.abs(rise[60:120]).max() < 0.3
    assert rise[129:140] == pytest.approx(5.0, abs=0.3)  # ten windows after it began
    assert rise[120:128].max() < 0.3


def test_a_flash_of_a_minute_is_not() -> None:
    picture = scene(150)
    picture[125, 10:13, 20:23] += 5.0
    found = picture_history(picture.astype(np.float32), 150)
    assert pick(found, "picture.contrast_rise_30")[125] == pytest.approx(5.0, abs=0.3)
    for look in ("least10_rise_30", "least10_rise_180", "least30_rise_180"):
        assert np.nanmax(pick(found, f"picture.{look}")) < 0.3


def test_a_warm_body_that_moves_is_not() -> None:
    picture = scene(150)
    for window in range(100, 150):
        picture[window, 10:13, (window - 100) % 27 : (window - 100) % 27 + 3] += 5.0
    found = picture_history(picture.astype(np.float32), 150)
    assert np.nanmax(pick(found, "picture.least10_rise_30")) < 0.3
    assert pick(found, "picture.contrast_rise_30")[120] > 4.0


def test_a_picture_without_frames_or_a_past_gives_nan() -> None:
    values, names = picture_history(NO_PICTURE, 7)
    assert values.shape == (7, len(LOOKS)) == (7, len(names))
    assert np.isnan(values).all()
    young = picture_history(scene(30).astype(np.float32), 30)
    assert np.isnan(pick(young, "picture.contrast_rise_30")[:20]).all()
    assert np.isfinite(pick(young, "picture.contrast_rise_30")[20:]).all()
    assert np.isfinite(pick(young, "picture.contrast")).all()


def gusts(n_ticks: int) -> np.ndarray:
    """Gusts of half a minute to some minutes, a tenth of the time [ppb or ug/m3]."""
    rng, course = np.random.default_rng(8), np.zeros(n_ticks)
    for begin in rng.integers(0, n_ticks - 12, n_ticks // 60):
        course[begin : begin + rng.integers(3, 12)] += rng.uniform(30.0, 120.0)
    return course


def test_a_gust_through_all_channels_covaries_and_drifts_of_the_same_size_do_not() -> None:
    n_ticks, rng = 240 * TICKS, np.random.default_rng(9)
    course = gusts(n_ticks)
    joint = smoke_history(signals({name: 10.0 + course for name in SMOKE}))
    apart = smoke_history(signals({name: 10.0 + np.roll(course, rng.integers(n_ticks)) for name in SMOKE}))
    for look in ("with_fine.mean60", "with_fine.least60", "with_fine.median60", "among_vapours60"):
        together, alone = (pick(found, f"smoke.{look}")[100:] for found in (joint, apart))
        assert np.median(together) > 0.1
        assert np.median(alone) < 0.25 * np.median(together)


def test_one_vapour_alone_moves_no_shy_look() -> None:
    n_ticks = 120 * TICKS
    course = {name: np.full(n_ticks, 10.0) for name in SMOKE}
    course[VAPOURS[3]] = 10.0 + gusts(n_ticks)
    found = smoke_history(signals(course))
    shy = [name for name in found[1] if "shy" in name]
    assert len(shy) == 10
    assert all((pick(found, name) == 0.0).all() for name in shy)
    assert pick(found, "smoke.vapours.peak30").max() > 0.1
    assert np.abs(pick(found, "smoke.among_vapours60")).max() < 1e-9


def test_missing_sensors_of_smoke_give_zeros() -> None:
    values, names = smoke_history(signals({"thermal.max": np.full(90 * TICKS, 300.0)}))
    assert values.shape == (90, len(names))
    assert (values == 0.0).all()
    fine_alone = smoke_history(signals({FINE: 10.0 + gusts(90 * TICKS)}))
    assert pick(fine_alone, "smoke.fine.peak30").max() > 1.0
    assert (pick(fine_alone, "smoke.with_fine.mean60") == 0.0).all()


def plume(n_ticks: int, wind: np.ndarray) -> dict[str, np.ndarray]:
    """A device that meets smoke while the wind comes from the east."""
    smoke = np.where(wind > 0.0, 200.0, 0.0) * (np.arange(n_ticks) > 120 * TICKS)
    courses = {name: 10.0 + smoke for name in SMOKE}
    return courses | {"wind_sensor.direction_east": wind, "wind_sensor.direction_north": 0.0 * wind}


def turning(n_ticks: int) -> np.ndarray:
    """East component of a wind that comes from the east for ten minutes of every forty."""
    return np.where(np.arange(n_ticks) // (10 * TICKS) % 4 == 0, 1.0, -1.0)


def test_smoke_that_comes_with_one_wind_points_to_its_place_and_smoke_of_every_wind_does_not() -> None:
    n_ticks = 300 * TICKS
    near = plume_history(signals(plume(n_ticks, turning(n_ticks))))
    shuffled = plume(n_ticks, turning(n_ticks)) | {
        "wind_sensor.direction_east": np.random.default_rng(2).permutation(turning(n_ticks))
    }
    far = plume_history(signals(shuffled))
    assert pick(near, "smoke.wind.focus180")[-1] > 0.95  # a unit vector: all smoke with the same wind
    assert pick(near, "smoke.wind.steady180")[-1] == pytest.approx(0.5, abs=0.1)
    assert pick(near, "smoke.wind.away180")[-1] > 1.3
    assert pick(far, "smoke.wind.away180")[-1] < 0.2


def test_the_share_of_time_with_smoke_is_told() -> None:
    n_ticks = 300 * TICKS
    found = plume_history(signals(plume(n_ticks, turning(n_ticks))))
    assert pick(found, "smoke.share180")[-1] == pytest.approx(0.25, abs=0.06)
    assert pick(found, "smoke.share180")[115] == 0.0


def test_vapours_together_are_told_without_particles_and_apart_they_are_not() -> None:
    n_ticks, rng = 240 * TICKS, np.random.default_rng(9)
    course = gusts(n_ticks)
    noise = {name: rng.standard_normal(n_ticks) for name in VAPOURS}
    joint = plume_history(signals({name: 10.0 + course + noise[name] for name in VAPOURS}))
    apart = plume_history(
        signals({n: 10.0 + np.roll(course, rng.integers(n_ticks)) + noise[n] for n in VAPOURS})
    )
    together, alone = (np.median(pick(found, "smoke.together60")[200:]) for found in (joint, apart))
    assert together > 1.0
    assert abs(alone) < 0.5 * together


def test_pictures_are_kept_to_a_hundredth_of_a_kelvin() -> None:
    picture_k = np.float32([[[250.0, 293.1549, 380.0051, np.nan]]])
    assert _rounded(picture_k)[0, 0, :3] == pytest.approx([250.0, 293.15, 380.01], abs=1e-4)
    assert np.isnan(_rounded(picture_k)[0, 0, 3])


def test_levels_are_told_against_their_own_hours() -> None:
    level = np.repeat(np.where(np.arange(220) < 200, 20.0, 26.0), TICKS)
    found = channel_history(signals({"a": level}), ("a", "lacking"))
    assert pick(found, "a.mean")[[10, 210]] == pytest.approx([20.0, 26.0])
    assert pick(found, "a.rise_60")[205] == pytest.approx(6.0)
    assert pick(found, "a.mean10_rise_180")[204] == pytest.approx(3.0)  # five of the ten windows
    assert pick(found, "a.spread30")[199] == 0.0
    assert np.isnan(pick(found, "lacking.mean")).all()


@settings(max_examples=8, deadline=None)
@given(at=st.integers(1, 74), seed=st.integers(0, 9), jump=st.sampled_from([np.nan, -40.0, 5.0, 1e6]))
def test_no_look_knows_what_comes_after_its_window(at: int, seed: int, jump: float) -> None:
    n_windows = 75
    courses = noisy((*HEAT_CHANNELS, *CONTEXT, *SMOKE), n_windows, seed)
    picture = scene(n_windows, seed)
    before = looks_at(signals(courses, picture))
    for course in courses.values():
        course[at * TICKS :] += jump
    picture[at:, 3:9, 3:9] += np.nan_to_num(jump, nan=1.0)
    after = looks_at(signals(courses, picture))
    np.testing.assert_array_equal(before.values[:at], after.values[:at])
    assert not np.array_equal(before.values[at:], after.values[at:], equal_nan=True)


def test_each_half_reads_its_own_looks_and_the_weather() -> None:
    looks = looks_at(signals(noisy((*HEAT_CHANNELS, *CONTEXT, *SMOKE), 25), scene(25)))
    n_smoke = sum(name.startswith("smoke.") for name in looks.names)
    n_weather = 2 * len(CONTEXT)
    assert len(set(looks.names)) == looks.values.shape[1]
    assert looks.smoke().shape == (25, n_smoke + n_weather)
    unread = 6 * len(CONTEXT)  # of the weather only its level and its rise
    assert looks.heat().shape == (25, len(looks.names) - n_smoke - unread)


def test_an_episode_shorter_than_a_window_has_no_looks() -> None:
    none = looks_at(signals({FINE: np.zeros(TICKS - 1)}))
    assert len(none.values) == 0
    assert none.names == looks_at(signals({FINE: np.zeros(30 * TICKS)})).names


def camera(ticks: list[int], levels: list[int]) -> TableStream:
    """Stream of frames of one count each."""
    layout = FrameLayout(2, 3)
    shape = (len(ticks), 2, 3)
    frames = np.broadcast_to(np.array(levels, dtype=np.uint16)[:, None, None], shape)
    facts = {**layout.metadata, "unit": "K"}
    fields = [pa.field(name, pa.binary(6), metadata=facts) for name in (LOW_PLANE, HIGH_PLANE)]
    schema = pa.schema([pa.field("tick", pa.int64()), *fields], metadata={"role": "frames"})
    batch = pa.record_batch([pa.array(ticks, pa.int64()), *split_planes(frames)], schema=schema)
    return TableStream(pa.Table.from_batches([batch]))


def test_window_pictures_are_means_and_hold_the_last_known_one() -> None:
    pictures = window_pictures(camera([0, 5, 7, 19, 40], [15000, 14000, 300, 16000, 9]), 5, TICKS)
    assert pictures.shape == (5, 2, 3)
    assert pictures[:, 1, 2] == pytest.approx([290.0, 6.0, 6.0, 320.0, 320.0])


def test_before_the_first_frame_the_picture_is_unknown_and_no_past() -> None:
    pictures = window_pictures(camera([14, 20], [15000, 14000]), 5, TICKS)
    assert np.isnan(pictures[:2]).all()
    assert pictures[2:, 0, 0] == pytest.approx([300.0, 280.0, 280.0])
    whole, late = scene(90).astype(np.float32), scene(90).astype(np.float32)
    late[:10] = np.nan
    whole_looks, late_looks = picture_history(whole, 90), picture_history(late, 90)
    assert np.isnan(late_looks[0][:10]).all()
    assert np.isfinite(pick(late_looks, "picture.contrast_rise_30")[30:]).all()
    np.testing.assert_array_equal(late_looks[0][40:], picture_history(late[10:], 80)[0][30:])
    np.testing.assert_array_equal(
        pick(late_looks, "picture.contrast")[10:], pick(whole_looks, "picture.contrast")[10:]
    )


def test_no_camera_and_a_camera_without_frames_give_no_pictures() -> None:
    assert len(window_pictures(None, 5, TICKS)) == 0
    assert len(window_pictures(camera([], []), 5, TICKS)) == 0


def test_a_tick_that_does_not_fit_into_a_window_is_refused() -> None:
    for dt_s in (7.0, 90.0, 0.7):
        with pytest.raises(ConfigError, match="whole ticks"):
            episode_signals({}, 100, dt_s)


def test_signals_are_cut_to_whole_windows() -> None:
    stream = camera(list(range(15)), [15000] * 15)
    found = episode_signals({"thermal": stream}, 15, 10.0)
    assert (found.n_windows, found.picture_k.shape) == (2, (2, 2, 3))
    assert found.steps_of("thermal.max") == pytest.approx(np.full((2, TICKS), 300.0))
    assert np.isnan(found.steps_of("none")).all()
    assert replace(found, picture_k=NO_PICTURE).n_windows == 2


def test_a_finer_tick_gives_the_same_looks_where_the_samples_are_the_same() -> None:
    courses = noisy(SMOKE, 200)
    coarse = signals(courses)
    fine = np.full((200 * TICKS * 10, len(SMOKE)), np.nan, dtype=np.float32)
    fine[::10] = coarse.channels.values  # one sample in ten ticks of a second
    stepped = _stepped(Channels(tuple(courses), ("",) * len(courses), fine), 1.0)
    np.testing.assert_array_equal(stepped.values, coarse.channels.values)
    dense = _stepped(Channels(("a",), ("",), np.arange(20.0, dtype=np.float32)[:, None]), 1.0)
    assert dense.values[:, 0] == pytest.approx([4.5, 14.5])


def test_an_outage_of_hours_does_not_make_the_array_look_quiet() -> None:
    n, rng = 300 * TICKS, np.random.default_rng(4)
    courses = {name: 10.0 * rng.standard_normal(n) for name in (FINE, *VAPOURS)}
    whole = pick(gust_history(signals(courses)), "smoke.gust.sigmas60")
    gone = {name: np.where(np.arange(n) % 3 == 0, course, np.nan) for name, course in courses.items()}
    sparse = pick(gust_history(signals(gone)), "smoke.gust.sigmas60")
    assert np.std(sparse[200:]) < 2.0 * np.std(whole[200:])


def test_looks_are_single_precision() -> None:
    looks = looks_at(signals(noisy((FINE,), 12)))
    assert isinstance(looks, Looks)
    assert looks.values.dtype == np.float32


def test_vapours_that_follow_the_gusts_of_smoke_are_weighed_by_them() -> None:
    n_ticks, rng = 240 * TICKS, np.random.default_rng(12)
    course, noise = gusts(n_ticks), rng.standard_normal((len(VAPOURS), n_ticks))
    drift = 200.0 * np.sin(np.arange(n_ticks) / n_ticks * 9.0)
    follows = {name: drift + 2.0 * course + one for name, one in zip(VAPOURS, noise, strict=True)}
    drifts = {name: drift + one for name, one in zip(VAPOURS, noise, strict=True)}
    plume, none = (gust_history(signals({FINE: course, **vapours})) for vapours in (follows, drifts))
    gusty = pick(plume, "smoke.gust.strength20") > 1.0  # of the logarithm: 3 ug/m3
    late = np.arange(240) >= 60
    slope, drifted = (
        pick(found, "smoke.gust.aldehydes_ppb_per_ug20")[gusty & late] for found in (plume, none)
    )
    assert np.median(slope) == pytest.approx(2.0, abs=0.1)
    assert abs(np.median(drifted)) < 0.1
    assert np.median(pick(plume, "smoke.gust.least_sigmas20")[gusty & late]) > 20.0
    assert np.abs(np.median(pick(none, "smoke.gust.least_sigmas20")[gusty & late])) < 5.0


def test_only_minutes_that_follow_one_another_become_signals() -> None:
    spec = PoleTwin().draw(
        "normal/diurnal_cycle", EpisodeRequest(1, 0, 1, 240.0, 10.0, {"sensors": ["barometer"]})
    )
    sink = MemorySink(spec)
    PoleTwin().simulate(spec, sink)
    found = window_signals(windows_of_episode(sink), memory_streams(sink))
    whole = episode_signals(memory_streams(sink), spec.grid.n, spec.grid.dt_s)
    np.testing.assert_array_equal(found.channels.values, whole.channels.values)
    for length_s, stride_s in ((60.0, 30.0), (120.0, 120.0)):
        with pytest.raises(ConfigError, match="60 s long and apart"):
            window_signals(windows_of_episode(sink, length_s, stride_s), memory_streams(sink))
