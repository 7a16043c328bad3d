"""Windows: what they hold, and what can never get in."""

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.frame_kernels import SUMMARY, TRAILING_S, fresh_memory, summarise_frames
from envirosense.datasets.frames import FrameLayout, frame_columns, split_planes
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.schema import TICK, Column, stream_schema
from envirosense.datasets.window_features import FEATURES, nan_median
from envirosense.datasets.windows import Windows, windows_of_episode
from envirosense.factory.planning import draw_spec
from envirosense.factory.request import GenerationRequest
from envirosense.testing.twins import CoinTwin


def coin_spec(scenario="toss/heads", *, seed=3, duration_s=900.0, dt_s=1.0):
    request = GenerationRequest(twin="coin", episodes=1, seed=seed, duration_s=duration_s, dt_s=dt_s)
    return draw_spec(request, CoinTwin(), scenario, 0)


def coin_episode(scenario="toss/heads", **changes):
    spec = coin_spec(scenario, **changes)
    sink = MemorySink(spec)
    CoinTwin().simulate(spec, sink)
    return sink


@pytest.fixture(scope="module")
def heads():
    return coin_episode()


def test_a_window_holds_the_readings_of_its_ticks(heads):
    windows = windows_of_episode(heads, length_s=60, stride_s=30)
    near = heads.table("readings")["near"].to_numpy()
    at = windows.channels.index("near")
    for window in range(len(windows)):
        start = windows.start_tick[window]
        assert np.array_equal(windows.x[window, :, at], near[start : start + 60])
    assert windows.units[at] == "V"


def test_nulls_are_nan(heads):
    windows = windows_of_episode(heads)
    far = windows.x[:, :, windows.channels.index("far")]
    assert np.array_equal(np.isfinite(far[0]), np.arange(60) % 5 == 0)


def test_only_readings_and_frames_become_channels(heads):
    windows = windows_of_episode(heads)
    assert set(windows.channels) == {"near", "far", *(f"images.{name}" for name, _ in SUMMARY)}


def test_windows_never_depend_on_labels_or_truth(heads):
    spec = heads.spec
    blind = MemorySink(spec)
    for stream in ("readings", "images"):
        for batch in heads.table(stream).drop_columns(["episode_id", "time_utc"]).to_batches():
            blind.write(stream, batch)
    with_truth, without = windows_of_episode(heads), windows_of_episode(blind)
    assert np.array_equal(with_truth.x, without.x, equal_nan=True)
    assert np.array_equal(with_truth.features(), without.features(), equal_nan=True)
    assert set(without.y) == {"normal"}


def test_a_window_takes_the_class_of_its_event_from_onset_on(heads):
    windows = windows_of_episode(heads)
    onset_s = float(heads.table("events")["onset_s"][0].as_py())
    assert np.array_equal(windows.is_event, windows.end_s > onset_s)
    assert set(windows.y) == {"normal", "heads"}
    assert np.array_equal(windows.event_id >= 0, windows.is_event)


def test_a_window_is_detectable_once_a_sensor_could_see_the_event(heads):
    windows = windows_of_episode(heads)
    first_s = float(heads.table("observability")["first_detectable_s"][0].as_py())
    assert np.array_equal(windows.detectable, windows.is_event & (windows.end_s > first_s))


def test_the_most_severe_event_names_the_window():
    schema = stream_schema([TICK, Column("v", pa.float32(), "V", "reading")], {"role": "reading"})
    labels = stream_schema(
        [
            TICK,
            Column("event_id", pa.int32(), "1", "event"),
            Column("event_type", pa.string(), "", "class"),
            Column("severity", pa.float32(), "1", "0..1"),
            Column("time_to_ignition_s", pa.float64(), "s", "left"),
        ],
        {"role": "label"},
    )
    sink = MemorySink(coin_spec(duration_s=20.0))
    sink.write(
        "readings",
        pa.RecordBatch.from_arrays([pa.array(range(20)), pa.array([0.0] * 20, pa.float32())], schema=schema),
    )
    rows = [
        (1, 0, "mild", 0.2, 9.0),
        (1, 1, "grave", 0.9, 5.0),
        (2, 1, "grave", 0.1, 4.0),
        (12, 0, "mild", 0.3, 1),
    ]
    columns = [
        pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), labels, strict=True)
    ]
    sink.write("labels", pa.RecordBatch.from_arrays(columns, schema=labels))
    windows = windows_of_episode(sink, length_s=10, stride_s=10)
    assert windows.y.tolist() == ["grave", "mild"]
    assert windows.severity.tolist() == pytest.approx([0.9, 0.3])
    assert windows.time_to_ignition_s.tolist() == [4.0, 1.0]


def test_the_baseline_is_causal(heads):
    windows = windows_of_episode(heads)
    at = windows.channels.index("near")
    level = windows.x[:, :, at].mean(axis=1)
    assert np.isnan(windows.baseline[0]).all()
    for window in range(1, len(windows)):
        assert windows.baseline[window, at] == pytest.approx(np.median(level[:window]), rel=1e-5)


def test_a_baseline_forgets_what_is_older_than_asked(heads):
    windows = windows_of_episode(heads, baseline_s=120)
    at = windows.channels.index("near")
    level = windows.x[:, :, at].mean(axis=1)
    assert windows.baseline[10, at] == pytest.approx(np.median(level[8:10]), rel=1e-5)


def test_windows_do_not_span_episodes():
    pair = [coin_episode(seed=1, duration_s=90.0), coin_episode("normal/tails", seed=2, duration_s=90.0)]
    windows = Windows.concat([windows_of_episode(one) for one in pair])
    assert windows.start_tick.tolist() == [0, 0]
    assert windows.episode_id.tolist() == [one.spec.episode_id for one in pair]
    assert windows.category.tolist() == ["toss", "normal"]


def test_selecting_windows_keeps_the_events_of_their_episodes():
    pair = [coin_episode(seed=1), coin_episode("normal/tails", seed=2)]
    windows = Windows.concat([windows_of_episode(one) for one in pair])
    assert len(windows.events) == 1
    assert len(windows.select(windows.scenario == "normal/tails").events) == 0
    assert len(windows.select(windows.scenario == "toss/heads").events) == 1


def test_relabelling_moves_labels_and_leaves_readings(heads):
    windows = windows_of_episode(heads)
    turned = windows.relabelled(np.arange(len(windows))[::-1])
    assert turned.y.tolist() == windows.y[::-1].tolist()
    assert turned.x is windows.x


def test_features_match_their_definitions(heads):
    windows = windows_of_episode(heads)
    x = windows.x[5, :, windows.channels.index("near")].astype(float)
    base = windows.baseline[5, windows.channels.index("near")]
    found = dict(zip(windows.feature_names(), windows.features()[5], strict=True))
    expected = {
        "mean": x.mean(),
        "std": x.std(),
        "min": x.min(),
        "max": x.max(),
        "change": x[-1] - x[0],
        "slope_per_s": np.polyfit(np.arange(60), x, 1)[0],
        "mean_rise": x.mean() - base,
        "max_rise": x.max() - base,
    }
    assert tuple(expected) == FEATURES
    for name, value in expected.items():
        assert found[f"near.{name}"] == pytest.approx(value, rel=1e-4, abs=1e-6)


def test_features_of_gaps_use_what_is_there(heads):
    windows = windows_of_episode(heads)
    far = windows.x[5, ::5, windows.channels.index("far")].astype(float)
    found = dict(zip(windows.feature_names(), windows.features()[5], strict=True))
    assert found["far.mean"] == pytest.approx(far.mean(), rel=1e-5)
    assert found["far.slope_per_s"] == pytest.approx(np.polyfit(np.arange(0, 60, 5), far, 1)[0], rel=1e-4)


def test_flatten_gives_the_samples(heads):
    windows = windows_of_episode(heads)
    assert windows.flatten().shape == (15, 60 * len(windows.channels))


def test_nan_median_ignores_gaps():
    values = np.array([[1, np.nan, np.nan], [5, 2, np.nan], [3, 4, np.nan]], dtype=np.float32)
    assert np.array_equal(nan_median(values), np.array([3, 3, np.nan], np.float32), equal_nan=True)


def test_frame_summaries_match_numpy():
    rng = np.random.default_rng(4)
    frames = rng.integers(14_000, 16_000, (3, 12, 9)).astype(np.uint16)
    flat = frames.reshape(3, -1)
    low, high = (flat & 255).astype(np.uint8), (flat >> 8).astype(np.uint8)
    found, carry = summarise_frames(low, high, 12, 9, np.arange(3.0), fresh_memory(108))
    ordered = np.sort(flat, axis=1)
    assert np.array_equal(found[:, 0], ordered[:, 0])
    assert np.array_equal(found[:, 1], ordered[:, 54])
    assert np.array_equal(found[:, 2], ordered[:, 106])
    assert np.array_equal(found[:, 3], ordered[:, -1])
    assert found[:, 4] == pytest.approx(flat.std(axis=1))
    steps = np.diff(flat.astype(int), axis=0).max(axis=1)
    assert np.isnan(found[0, 6])
    assert np.array_equal(found[1:, 6], steps)
    assert np.array_equal(carry.previous, flat[-1])


def test_a_hot_spot_stands_out_from_its_ring():
    frame = np.full((9, 9), 1000, np.uint16)
    frame[3:6, 3:6] = 1500
    frame[4, 4] = 2000
    flat = frame.reshape(1, -1)
    found, _ = summarise_frames(
        (flat & 255).astype(np.uint8), (flat >> 8).astype(np.uint8), 9, 9, np.zeros(1), fresh_memory(81)
    )
    assert found[0, 5] == 1000


def test_a_warming_patch_stands_out_from_the_trailing_picture_and_a_warming_scene_does_not():
    frames = np.full((40, 9, 9), 1000, np.uint16) + np.arange(40, dtype=np.uint16)[:, None, None]
    frames[30:, 3:6, 3:6] += 90
    flat = frames.reshape(40, -1)
    low, high = (flat & 255).astype(np.uint8), (flat >> 8).astype(np.uint8)
    found, _ = summarise_frames(low, high, 9, 9, np.arange(40.0), fresh_memory(81))
    assert found[:30, 7] == pytest.approx(0.0, abs=1e-3)
    assert found[30, 7] == pytest.approx(90.0 - 90.0 * 9 / 81, abs=1e-3)


def test_the_trailing_picture_forgets_in_physical_time():
    frames = np.full((2, 5, 5), 1000, np.uint16)
    frames[1, 1:4, 1:4] += 100
    flat = np.repeat(frames, (400, 400), axis=0).reshape(800, -1)
    low, high = (flat & 255).astype(np.uint8), (flat >> 8).astype(np.uint8)
    for every_s in (10.0, 20.0):
        found, _ = summarise_frames(low, high, 5, 5, every_s * np.arange(800), fresh_memory(25))
        later = 400 + round(TRAILING_S / every_s)
        expected = 64.0 * np.exp(-(later - 400) * every_s / TRAILING_S)
        assert found[later, 7] == pytest.approx(expected, rel=0.01)


def test_frames_in_pieces_are_summarised_as_in_one():
    rng = np.random.default_rng(5)
    flat = rng.integers(0, 65_536, (8, 20)).astype(np.uint16)
    low, high = (flat & 255).astype(np.uint8), (flat >> 8).astype(np.uint8)
    whole, _ = summarise_frames(low, high, 4, 5, np.arange(8.0), fresh_memory(20))
    first, carry = summarise_frames(low[:3], high[:3], 4, 5, np.arange(3.0), fresh_memory(20))
    second, _ = summarise_frames(low[3:], high[3:], 4, 5, np.arange(3.0, 8.0), carry)
    assert np.array_equal(whole, np.concatenate([first, second]), equal_nan=True)


def test_frame_channels_are_in_the_unit_of_the_frame():
    layout = FrameLayout(4, 5, scale=0.5, offset=-10.0)
    schema = stream_schema([TICK, *frame_columns(layout, "camera")], {"role": "frames"})
    sink = MemorySink(coin_spec(duration_s=2.0))
    frames = np.full((1, 4, 5), 600, np.uint16)
    frames[0, 1, 1] = 620
    sink.write("cam", pa.RecordBatch.from_arrays([pa.array([1]), *split_planes(frames)], schema=schema))
    windows = windows_of_episode(sink, length_s=2, stride_s=2)
    found = dict(zip(windows.channels, windows.x[0].T, strict=True))
    assert found["cam.median"].tolist()[1] == 290.0
    assert np.isnan(found["cam.median"][0])
    assert found["cam.max"][1] == 300.0
    assert found["cam.hot_spot"][1] == 10.0


def angle_windows(values):
    schema = stream_schema([TICK, Column("aim_deg", pa.float32(), "deg", "from north")], {"role": "reading"})
    sink = MemorySink(coin_spec(duration_s=float(len(values))))
    columns = [pa.array(range(len(values))), pa.array(values, pa.float32())]
    sink.write("readings", pa.RecordBatch.from_arrays(columns, schema=schema))
    return windows_of_episode(sink, length_s=len(values), stride_s=len(values))


def test_an_angle_becomes_an_east_and_a_north_part():
    windows = angle_windows([0.0, 90.0, 180.0, 270.0, None])
    assert windows.channels == ("aim_east", "aim_north")
    assert windows.units == ("1", "1")
    assert windows.x[0, :4, 0] == pytest.approx([0, 1, 0, -1], abs=1e-6)
    assert windows.x[0, :4, 1] == pytest.approx([1, 0, -1, 0], abs=1e-6)
    assert np.isnan(windows.x[0, 4]).all()


def test_angles_around_north_average_to_north():
    around = angle_windows([350.0, 10.0])
    mean = dict(zip(around.feature_names(), around.features()[0], strict=True))
    assert mean["aim_east.mean"] == pytest.approx(0.0, abs=1e-6)
    assert mean["aim_north.mean"] == pytest.approx(np.cos(np.radians(10.0)))


def test_a_difference_of_celsius_is_in_kelvin():
    layout = FrameLayout(4, 5, unit="degC")
    schema = stream_schema([TICK, *frame_columns(layout, "camera")], {"role": "frames"})
    sink = MemorySink(coin_spec(duration_s=1.0))
    planes = split_planes(np.full((1, 4, 5), 600, np.uint16))
    sink.write("cam", pa.RecordBatch.from_arrays([pa.array([0]), *planes], schema=schema))
    windows = windows_of_episode(sink, length_s=1, stride_s=1)
    units = dict(zip(windows.channels, windows.units, strict=True))
    assert units["cam.max"] == "degC"
    assert units["cam.hot_spot"] == units["cam.std"] == "K"


def test_windows_show_their_size_and_classes(heads):
    windows = windows_of_episode(heads)
    size = f"15 of 60 s, {len(windows.channels)} channels"
    assert repr(windows) == f"Windows({size}, classes: heads, normal)"


def test_a_window_shorter_than_a_tick_is_refused(heads):
    with pytest.raises(ConfigError, match=r"length_s=0\.5: must be at least one tick"):
        windows_of_episode(heads, length_s=0.5)


def test_no_episode_is_an_error():
    with pytest.raises(DatasetError, match="no windows"):
        Windows.concat([])


def test_other_channels_do_not_mix(heads):
    windows = windows_of_episode(heads)
    fewer = Windows.concat([windows])
    object.__setattr__(fewer, "channels", fewer.channels[1:])
    with pytest.raises(DatasetError, match="differ in channels"):
        Windows.concat([windows, fewer])


def test_an_episode_without_readings_is_refused():
    sink = MemorySink(coin_spec())
    with pytest.raises(DatasetError, match="no readings"):
        windows_of_episode(sink)


def test_an_episode_shorter_than_a_window_gives_none():
    short, whole = coin_episode(duration_s=50.0), coin_episode(duration_s=120.0)
    windows = windows_of_episode(short)
    assert windows.x.shape == (0, 60, len(windows.channels))
    assert windows.features().shape == (0, len(windows.feature_names()))
    assert len(Windows.concat([windows, windows_of_episode(whole)])) == 2


def test_a_stride_between_two_ticks_is_told_as_cut():
    windows = windows_of_episode(coin_episode(dt_s=40.0), length_s=60.0, stride_s=60.0)
    assert np.diff(windows.start_s).tolist() == [80.0] * (len(windows) - 1)
    assert windows.stride_s == windows.length_s == 80.0


@pytest.mark.parametrize("field", ["length_s", "stride_s", "baseline_s"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_an_impossible_time_is_refused_by_name(heads, field, value):
    with pytest.raises(ConfigError, match=rf"{field}=.*must be .*finite"):
        windows_of_episode(heads, **{field: value})
