"""The checks of whole datasets on small tables: what is a hit, and what must never be one."""

import tracemalloc
from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.drift_checks import ShardMeans, _Means, ks_bound, ks_distance, stability_index
from envirosense.datasets.duplicate_checks import Signatures
from envirosense.datasets.episode import Episode
from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.follow_checks import check_across
from envirosense.datasets.label_checks import check_event_links
from envirosense.datasets.leakage_checks import leaks
from envirosense.datasets.near_duplicates import NearDuplicates, chance, nearest_across
from envirosense.datasets.provenance_checks import Worlds
from envirosense.datasets.rules import Reference, Rule
from envirosense.datasets.scratch_rows import ScratchRows
from envirosense.datasets.stuck_checks import StuckRuns
from envirosense.datasets.swap_checks import ChannelSpans, _Extremes

N = 400


def table(columns: Mapping[str, Any], role: str, units: Mapping[str, str] | None = None) -> pa.Table:
    fields = [pa.field("tick", pa.int64())]
    arrays = [pa.array(np.arange(len(next(iter(columns.values())))))]
    for name, values in columns.items():
        array = pa.array(values, from_pandas=True)
        fields.append(pa.field(name, array.type, metadata={"unit": (units or {}).get(name, "1")}))
        arrays.append(array)
    return pa.table(arrays, pa.schema(fields, {"role": role}))


def episode(name: str = "a", split: str = "train", world_seed: int = 1, **tables: pa.Table) -> EpisodeTables:
    spec = SimpleNamespace(world_seed=world_seed, grid=SimpleNamespace(dt_s=1.0, n=N))
    fake = SimpleNamespace(episode_id=name, split=split, group=name, spec=cast(EpisodeSpec, spec))
    return EpisodeTables(cast(Episode, fake), tables)


def noise(seed: int, n: int = N) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n).astype(np.float32)


def stuck(*runs: EpisodeTables) -> list[str]:
    state = StuckRuns()
    for one in runs:
        state.update(one, "readings")
    return [failure.example for failure in state.failures()]


def held(values: np.ndarray, value: float | None = None) -> np.ndarray:
    values = values.copy()
    values[100:300] = values[np.argsort(values)[N // 3]] if value is None else value
    return values


def test_a_lively_channel_that_holds_a_value_is_stuck() -> None:
    (found,) = stuck(episode(readings=table({"s.x": held(noise(1))}, "reading")))
    assert "200 samples" in found


def test_a_channel_stuck_through_a_whole_episode_shows_against_the_others() -> None:
    whole = table({"s.x": np.full(N, 0.25, np.float32)}, "reading")
    (found,) = stuck(episode("b", readings=whole), episode(readings=table({"s.x": noise(1)}, "reading")))
    assert found.startswith("b ")


def test_a_channel_that_lies_on_the_floor_of_its_unit_in_several_episodes_is_not_stuck() -> None:
    floors = (0.25, 0.5)
    lying = [table({"s.x": np.full(N, floor, np.float32)}, "reading") for floor in floors]
    every = [*lying, table({"s.x": noise(1)}, "reading")]
    assert not stuck(*(episode(str(place), readings=one) for place, one in enumerate(every)))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.zeros(N), id="dry gauge"),
        pytest.param(held(noise(1), 0.0), id="calm"),
        pytest.param(held(noise(1), float(noise(1).max())), id="saturated"),
        pytest.param(np.repeat(noise(1, N // 4), 4), id="sample and hold"),
        pytest.param(np.rint(noise(1) * 0.3), id="coarse"),
    ],
)
def test_what_repeats_for_a_reason_is_not_stuck(values: np.ndarray) -> None:
    assert not stuck(episode(readings=table({"s.x": values}, "reading")))


def test_a_fault_that_the_dataset_tells_is_no_hit() -> None:
    span = pa.table(
        {"sensor_id": ["s"], "begin_s": [100.0], "end_s": pa.array([None], pa.float64())}
    ).replace_schema_metadata({"role": "label"})
    readings = table({"s.x": held(noise(1))}, "reading")
    assert not stuck(episode(readings=readings, faults=span))
    other = table({"t.x": held(noise(1))}, "reading")
    assert stuck(episode(readings=other, faults=span))


def test_rows_stuck_by_chance_are_as_rare_as_the_bound_says() -> None:
    values = [np.random.default_rng(seed).integers(0, 4, N).astype(float) for seed in range(40)]
    assert not stuck(*(episode(str(i), readings=table({"s.x": v}, "reading")) for i, v in enumerate(values)))


def copies(*runs: EpisodeTables, most_kept: int = 2**21) -> list[str]:
    state = Signatures(most_kept)
    for one in runs:
        state.update(one, ["readings"])
    return [failure.reason for failure in state.failures()]


def test_signatures_of_many_episodes_take_the_memory_of_those_kept() -> None:
    runs = [episode(str(i), readings=table(three(i), "reading")) for i in range(60)]
    state = Signatures(most_kept=256)
    tracemalloc.start()
    try:
        for n in range(3000):
            state.update(runs[n % 60], ["readings"])
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert grown / 3000 < 300  # bytes: an episode's own entry; four arrays of each channel would be 1500


def three(seed: int) -> dict[str, np.ndarray]:
    return {f"s.{name}": noise(10 * seed + i) for i, name in enumerate("xyz")}


def test_a_block_moved_and_with_a_column_replaced_is_found_at_both_places() -> None:
    first, second = three(1), three(2)
    for name in ("s.x", "s.y"):
        second[name][250:310] = first[name][20:80] * np.float32(1 + 1e-7)  # a copy through text
    runs = [episode(n, readings=table(c, "reading")) for n, c in (("a", first), ("b", second))]
    runs[1].spec.world_seed = 2  # type: ignore[misc]
    assert copies(*runs) == ["within_split", "within_split"]
    runs[1].split = "test"
    assert copies(*runs) == ["across_splits", "across_splits"]
    assert copies(*runs, most_kept=600)  # a quarter of the signatures tells as well


def test_a_block_twice_in_one_episode_is_found() -> None:
    columns = three(1)
    for values in columns.values():
        values[300:360] = values[10:70]
    assert copies(episode(readings=table(columns, "reading"))) == ["within_episode"] * 2


def test_one_world_told_twice_in_a_split_is_no_copy_but_across_splits_is() -> None:
    again = three(1) | {"s.z": noise(99)}
    runs = [episode(n, readings=table(c, "reading")) for n, c in (("a", three(1)), ("b", again))]
    assert not copies(*runs)
    runs[1].split = "test"
    assert "across_splits" in copies(*runs)


def test_coarse_and_quiet_channels_are_no_copies_of_each_other() -> None:
    def quiet(seed: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        walk = np.cumsum(rng.integers(-1, 2, N)).astype(float)
        return {"s.flat": np.zeros(N), "s.walk": walk, "s.dice": rng.integers(0, 6, N).astype(float)}

    assert not copies(
        *(episode(str(i), world_seed=i, readings=table(quiet(i), "reading")) for i in range(12))
    )


def leak_reasons(readings: Mapping[str, np.ndarray], **answers: pa.Table) -> list[str]:
    tables = episode(readings=table(readings, "reading"), **answers)
    return [outcome.reason for outcome in leaks(tables, "readings") if len(outcome.failed)]


TRUTH = (20 + np.cumsum(np.random.default_rng(7).normal(size=N)) / 10).astype(np.float32)


@pytest.mark.parametrize(
    ("leak", "reason"),
    [
        pytest.param(TRUTH, "function_of_truth.air", id="equal"),
        pytest.param((TRUTH - 273.15).astype(np.float32), "function_of_truth.air", id="other unit"),
        pytest.param(np.log(TRUTH.astype(float)), "function_of_log_of_truth.air", id="logarithm"),
    ],
)
def test_a_truth_among_the_readings_is_a_leak(leak: np.ndarray, reason: str) -> None:
    assert leak_reasons({"s.x": leak}, truth=table({"air": TRUTH}, "truth")) == [reason]


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(np.round(TRUTH, 2), id="rounded to a hundredth"),
        pytest.param(TRUTH + 1e-3 * noise(3), id="noise of a thousandth"),
        pytest.param(np.full(N, 20.0), id="constant"),
    ],
)
def test_an_instrument_is_no_leak_however_good(reading: np.ndarray) -> None:
    assert not leak_reasons({"s.x": reading}, truth=table({"air": TRUTH}, "truth"))


@pytest.mark.parametrize("sigma_pa", [0.03, 0.1])
def test_a_good_barometer_is_no_function_of_the_pressure(sigma_pa: float) -> None:
    """Over an hour a logarithm is a line, and the noise is a few units in the last place of a float."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        truth = (9e4 + rng.uniform(10, 300) * np.linspace(0, 1, N) + np.cumsum(rng.normal(0, 0.1, N))).astype(
            "f4"
        )
        reading = (truth + rng.normal(0, 3) + rng.normal(0, sigma_pa, N)).astype("f4")
        assert not leak_reasons({"s.x": reading}, truth=table({"air": truth}, "truth"))
        shifted = (truth.astype(float) / 100 - 3).astype("f4")
        assert leak_reasons({"s.x": shifted}, truth=table({"air": truth}, "truth")) == [
            "function_of_truth.air"
        ]


def test_time_is_no_answer_and_an_ideal_sensor_no_leak() -> None:
    hour = np.linspace(3.0, 4.0, N)
    assert not leak_reasons({"s.charge": 90 - hour}, regimes=table({"hour": hour}, "label"))
    stages = pa.table({"sensor_id": ["other"]}, pa.schema([("sensor_id", pa.string())], {"role": "stage"}))
    assert not leak_reasons({"s.x": TRUTH}, truth=table({"air": TRUTH}, "truth"), stages=stages)


@pytest.mark.filterwarnings("error")
def test_an_answer_near_nothing_is_looked_at_without_overflow() -> None:
    tiny = 1e-200 * np.linspace(1.0, 9.0, N) ** 2
    truth = table({"air": tiny}, "truth")
    assert not leak_reasons({"s.x": TRUTH}, truth=truth)
    assert leak_reasons({"s.x": 1e200 * tiny}, truth=truth) == ["function_of_truth.air"]


def test_the_severity_of_labels_among_the_readings_is_a_leak() -> None:
    severity = np.linspace(0.01, 1, 200) ** 2
    labels = pa.table(
        {"tick": np.arange(150, 350), "event_id": np.zeros(200, np.int32), "severity": severity}
    ).replace_schema_metadata({"role": "label"})
    spread = np.zeros(N)
    spread[150:350] = severity
    assert leak_reasons({"s.x": 3 * spread + 1}, labels=labels) == ["function_of_labels.severity"]


def test_exchanged_columns_show_against_the_other_episodes() -> None:
    def run(name: str, swap: bool, units: Mapping[str, str]) -> EpisodeTables:
        low, high = noise(1), 100 + noise(2)
        columns = {"s.a": high if swap else low, "s.b": low if swap else high}
        return episode(name, readings=table(columns, "reading", units))

    def exchanged(units: Mapping[str, str]) -> list[str]:
        state = ChannelSpans()
        for i in range(9):
            state.update(run(str(i), i == 4, units), "readings")
        return [failure.example for failure in state.failures()]

    assert exchanged({"s.a": "K", "s.b": "Pa"}) == ["4 readings: s.a and s.b"]
    assert not exchanged({"s.a": "K", "s.b": "K"})


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_extremes_elsewhere_leave_out_the_one_row(sign: float) -> None:
    rng = np.random.default_rng(8)
    values = rng.integers(-3, 4, (12, 40)).astype(np.float32)  # with ties
    values[rng.uniform(size=values.shape) < 0.5] = np.nan
    extremes = _Extremes(40, sign)
    for row in values:
        extremes.update(row)
    for row in range(12):
        others = np.delete(values, row, axis=0)
        expected = (np.fmin if sign > 0 else np.fmax).reduce(others, axis=0)
        np.testing.assert_array_equal(extremes.elsewhere(row), expected)


def test_rows_in_a_temporary_file_come_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envirosense.datasets.scratch_rows._IN_MEMORY", 100)
    monkeypatch.setattr("envirosense.datasets.scratch_rows._BLOCK_BYTES", 90)
    rows = ScratchRows([("name", "S4"), ("means", np.float64, (3,))])
    assert rows.column("means").shape == (0, 3)
    for n in range(20):
        rows.append(b"%d" % n, [n, 2 * n, 3 * n])
    assert len(rows) == 20
    assert rows.column("name").tolist() == [b"%d" % n for n in range(20)]
    np.testing.assert_array_equal(rows.column("means", slice(1, 3)), np.outer(np.arange(20), [2, 3]))


@pytest.mark.parametrize("checked", ["spans", "means"])
def test_spans_and_means_of_many_episodes_take_no_memory(
    checked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("envirosense.datasets.scratch_rows._IN_MEMORY", 1024)
    columns = {f"s.{n}": noise(n, 20) for n in range(40)}
    tables = episode(readings=table(columns, "reading"))
    spans, means = ChannelSpans(), ShardMeans([("readings", name) for name in columns])

    def feed(n: int) -> int:
        for place in range(n):
            tables.group = f"site-{place}"
            if checked == "spans":
                spans.update(tables, "readings")
            else:
                means.update(tables, "readings", "train-00000")
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = feed(50)
        grown = feed(500) - before
    finally:
        tracemalloc.stop()
    assert grown / 500 < 20  # bytes: in memory it were 480 of spans, 640 of means


def across(reading: np.ndarray, truth: pa.Table, **rule: Any) -> int:
    tables = episode(readings=table({"s.x": reading}, "reading"), truth=truth)
    asked = Rule.parse({"name": "r", "stream": "readings", "columns": ["s.*"], **rule})
    return sum(len(outcome.failed) for outcome in check_across(asked, tables))


def test_a_reading_follows_its_truth_in_the_median_of_an_episode() -> None:
    truth = table({"air_k": 290 + TRUTH}, "truth")
    reference = {"stream": "truth", "columns": ["air_k"], "offset": -273.15}
    rule = {"kind": "follows", "bounds": [-1, 1], "reference": reference}
    celsius = 290 + TRUTH - 273.15
    spiky = celsius.copy()
    spiky[:150] += 50
    assert across(celsius, truth, **rule) == across(spiky, truth, **rule) == 0
    assert across(1.8 * celsius + 32, truth, **rule) == N
    assert across(1.02 * celsius, truth, **rule | {"share": 0.03}) == 0


def test_speed_and_bearing_follow_a_vector() -> None:
    truth = table({"east": np.full(N, 3.0), "north": np.full(N, -4.0)}, "truth")
    reference = {"stream": "truth", "columns": ["east", "north"], "form": "length"}
    assert across(np.full(N, 5.1), truth, kind="follows", bounds=[-0.5, 0.5], reference=reference) == 0
    assert across(np.full(N, 18.0), truth, kind="follows", bounds=[-0.5, 0.5], reference=reference) == N
    bearing = reference | {"form": "bearing"}  # from the north-west: 323 degrees
    assert across(np.full(N, 323.0), truth, kind="follows", bounds=[-1, 1], reference=bearing) == 0
    assert across(np.full(N, 143.0), truth, kind="follows", bounds=[-1, 1], reference=bearing) == N
    calm = bearing | {"at_least": 6.0}
    assert across(np.full(N, 143.0), truth, kind="follows", bounds=[-1, 1], reference=calm) == 0


@pytest.mark.parametrize(
    ("values", "reason"),
    [([0.1, 0.25, 9.9], "between_steps"), ([-0.1, 0.1, 0.2], "below"), ([0.1, 10.1, 0.2], "above")],
)
def test_a_value_that_the_converter_cannot_give_is_found(values: list[float], reason: str) -> None:
    stages = pa.table(
        {
            "sensor_id": ["s"] * 3, "stage": ["digital"] * 3, "parameter": ["step", "low", "high"],
            "channel": pa.array([None, 0, 0], pa.int32()), "value_end": [0.1, 0.0, 10.0],
        }
    ).replace_schema_metadata({"role": "stage"})  # fmt: skip
    rule = Rule(name="r", kind="lattice", stream="readings", columns=("*",),
                reference=Reference(stream="stages", columns=("digital",)))  # fmt: skip
    tables = episode(readings=table({"s.x": np.array(values, np.float32)}, "reading"), stages=stages)
    found = [outcome for outcome in check_across(rule, tables) if len(outcome.failed)]
    assert [(outcome.reason, len(outcome.failed)) for outcome in found] == [(reason, 1)]


def drift(shift: float, n_groups: int = 60) -> list[str]:
    state, rng = ShardMeans([("readings", "s.x")]), np.random.default_rng(5)
    for shard in ("train-00000", "train-00001", "train-00002"):
        for group in range(n_groups):
            offset = rng.normal() + (shift if shard == "train-00001" else 0.0)
            tables = episode(f"{shard}{group}", readings=table({"s.x": offset + noise(group, 20)}, "reading"))
            state.update(tables, "readings", shard)
    return [failure.example for failure in state.failures()]


def test_a_shard_that_drifts_is_named_and_equal_ones_are_not() -> None:
    assert not drift(0.0)
    (found,) = [text for text in drift(2.0) if text.startswith("train-00001")]
    assert "PSI" in found


def test_a_shard_is_compared_with_the_groups_elsewhere() -> None:
    rng = np.random.default_rng(11)
    owner = rng.integers(0, 6, 400)
    group = rng.integers(0, 90, 400)
    owner, group = np.unique(np.stack([owner, group]), axis=1)  # one mean a group and shard, many in several
    for means in (rng.normal(size=owner.size), np.round(rng.normal(size=owner.size))):
        told = _Means(means, owner, group)
        for shard in range(6):
            here, rest = told.split(shard)
            distance, n_here, n_rest = told.distance(shard)
            assert (n_here, n_rest) == (len(here), len(rest))
            assert distance == pytest.approx(ks_distance(np.round(here, 9), np.round(rest, 9)), abs=1e-9)


def test_a_constant_channel_of_the_same_groups_everywhere_does_not_drift() -> None:
    owner, group = (side.ravel() for side in np.meshgrid(np.arange(40), np.arange(120)))
    told = _Means(np.full(owner.size, 0.1), owner, group)
    assert {told.distance(shard) for shard in range(40)} == {(0.0, 120, 120)}


def test_the_only_owner_of_all_groups_is_compared_with_nothing() -> None:
    told = _Means(np.arange(4.0), np.zeros(4, int), np.arange(4))
    assert told.distance(0) == (0.0, 4, 0)


def test_few_groups_say_nothing_about_drift() -> None:
    assert not drift(50.0, n_groups=3)


def test_distance_bound_and_index_have_their_known_values() -> None:
    assert ks_distance(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1.0
    assert ks_distance(np.arange(9.0), np.arange(9.0)) == 0.0
    assert ks_bound(100, 100, 0.05) == pytest.approx(np.sqrt(np.log(np.e / 0.05) / 100))
    rng = np.random.default_rng(2)
    draws = [ks_distance(rng.normal(size=30), rng.normal(size=70)) for _ in range(2000)]
    assert np.mean(np.array(draws) > ks_bound(30, 70, 0.05)) < 0.05  # n = 2000, a bound and no estimate
    same = stability_index(rng.normal(size=4000), rng.normal(size=4000))
    assert same < 27.9 * (1 / 4000 + 1 / 4000)  # chi-square of nine degrees, 0.999 quantile
    assert stability_index(1 + rng.normal(size=4000), rng.normal(size=4000)) > 0.5


@pytest.mark.parametrize(("tick", "n_outside"), [(3, 0), (4, 1)])
def test_a_label_half_a_tick_after_its_event_is_inside(tick: int, n_outside: int) -> None:
    labels = pa.table({"tick": [tick], "event_id": [0]})
    events = pa.table({"event_id": [0], "onset_s": [0.1], "clearance_s": [0.25]})
    assert sum(len(one.failed) for one in check_event_links(labels, events, 0.1)) == n_outside


def test_a_run_at_an_end_of_the_range_hides_no_other_of_its_episode() -> None:
    values = noise(1)
    values[:150] = values.max() + 1.0  # saturated, which is no fault
    values[200:320] = np.float32(0.125)
    (found,) = stuck(episode(readings=table({"s.x": values}, "reading")))
    assert "0.125 for 120 samples" in found


def test_two_runs_of_one_episode_do_not_excuse_each_other() -> None:
    values = noise(1)
    values[20:150], values[200:320] = np.float32(0.25), np.float32(0.125)
    found = stuck(episode(readings=table({"s.x": values}, "reading")))
    assert any("for 120 samples" in one for one in found)


def test_many_saturated_episodes_leave_room_for_a_stuck_one() -> None:
    full = [noise(seed) for seed in range(40)]
    for values in full:
        values[:300] = np.float32(9.0)
    one = noise(99)
    one[100:250] = np.float32(0.125)
    every = [episode(str(n), readings=table({"s.x": values}, "reading")) for n, values in enumerate(full)]
    (found,) = stuck(*every, episode("stuck", readings=table({"s.x": one}, "reading")))
    assert found.startswith("stuck ")


NAMES = [f"s.{n:02d}" for n in range(20)]


def sensed(world: int, sensing: int, weather: int | None = None, n_weather: int = 8) -> dict[str, np.ndarray]:
    """Channels that wander with the world, the first ones with the weather, with noise and an offset."""
    own, noisy = np.random.default_rng([1, world]), np.random.default_rng([2, world, sensing])
    sky = np.random.default_rng([3, world if weather is None else weather])
    found = {}
    for place, name in enumerate(NAMES):
        walk = np.cumsum((sky if place < n_weather else own).normal(size=N))
        found[name] = walk + noisy.normal(0.0, 1.0, N) + noisy.normal(0.0, 50.0)
    found[NAMES[-1]][:] = 3.0  # a flat one tells nothing
    return found


def alike(*extra: tuple[int, str, dict[str, np.ndarray]], n: int = 24) -> set[str]:
    state = NearDuplicates([("readings", name) for name in NAMES])
    every = [(one, ("train", "test")[one % 2], sensed(one, 0)) for one in range(n)]
    for number, split, columns in (*every, *extra):
        state.update(episode(f"{number:016x}", split, readings=table(columns, "reading")))
    assert state.n_checked == n + len(extra)
    return {failure.episode_id[-2:] for failure in state.failures()}


def test_an_episode_sensed_again_in_another_split_is_found_by_what_it_reads() -> None:
    assert not alike()
    assert alike((99, "test", sensed(4, 1))) == {"04", "63"}
    assert not alike((99, "train", sensed(4, 1)))  # in its own split it is no leak
    turned = sensed(4, 1)
    for name in NAMES[:3]:
        turned[name] *= -1.0  # the wind turned
    turned[NAMES[5]][:] = np.nan  # a sensor dropped
    turned[NAMES[6]][::3] = np.nan
    assert alike((99, "test", turned)) == {"04", "63"}


def test_the_weather_of_another_episode_is_no_copy_of_it() -> None:
    assert not alike((99, "test", sensed(99, 0, weather=4)))


def test_few_episodes_tell_nothing_about_chance() -> None:
    assert not alike((99, "test", sensed(1, 1)), n=3)


def test_chance_bounds_the_cosines_of_random_directions() -> None:
    drawn = np.random.default_rng(4).normal(size=(20_000, 12))
    cosines = drawn[:, 0] / np.linalg.norm(drawn, axis=1)
    for cosine in (0.3, 0.6, 0.8):
        assert np.mean(cosines > cosine) <= chance(cosine, 12.0)
    assert chance(0.9, 1.0) == chance(-0.5, 12.0) == 1.0


def test_the_nearest_of_another_split_is_found_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    sketches = rng.integers(-60, 60, (90, 256)).astype(np.int8)
    sketches[71] = sketches[20] + rng.integers(-5, 5, 256).astype(np.int8)
    splits = (np.arange(90) % 3).astype(np.uint8)
    monkeypatch.setattr("envirosense.datasets.near_duplicates._BLOCK", 7)
    splits[71] = (splits[20] + 1) % 3
    assert nearest_across(sketches, splits) == [(20, 71)]
    splits[71] = splits[20]
    assert nearest_across(sketches, splits) == []


def told(number: int, split: str, world_seed: int, parent: int | None = None) -> Episode:
    grid = SimpleNamespace(start_utc=datetime(2020, 1, 1, tzinfo=UTC))
    spec = SimpleNamespace(scenario="a/b", world_seed=world_seed, params={"x": 1}, site={}, grid=grid)
    facts = {} if parent is None else {"made": {"parent_episode_id": f"{parent:016x}"}}
    summary = {"facts": facts | {"max_level": 1.0}}
    fake = SimpleNamespace(episode_id=f"{number:016x}", split=split, spec=spec, summary=summary)
    return cast(Episode, fake)


def origins(*episodes: Episode, has_worlds: bool = True) -> set[tuple[str, str]]:
    state = Worlds(has_worlds)
    for one in episodes:
        state.update(one)
    return {(failure.episode_id[-1], failure.reason) for failure in state.failures()}


def test_one_world_in_two_splits_is_told_by_its_specification() -> None:
    apart = [told(1, "train", 7), told(2, "test", 8), told(3, "train", 7)]
    assert not origins()
    assert not origins(*apart)
    assert origins(*apart, told(4, "test", 7)) == {(one, "same_world") for one in "134"}
    assert not origins(*apart, told(4, "test", 7), has_worlds=False)


def test_copies_of_copies_lead_to_one_origin_also_where_it_is_elsewhere() -> None:
    chain = [told(1, "train", 1), told(2, "train", 2, parent=1), told(3, "test", 3, parent=2)]
    assert origins(*chain) == {(one, "same_origin") for one in "123"}
    assert origins(told(4, "train", 4, parent=9), told(5, "test", 5, parent=9)) == {
        ("4", "same_origin"),
        ("5", "same_origin"),
    }
    assert not origins(told(4, "test", 4, parent=9), told(5, "test", 5, parent=9))
