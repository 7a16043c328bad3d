import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import finish
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.quality import REJECTED, read_quality, validate
from envirosense.datasets.rule_checks import Outcome, check_rule
from envirosense.datasets.rules import RULES, Rule, load_rules, rules_of
from envirosense.datasets.shard import write_shard
from envirosense.datasets.structure_checks import check_keys, check_ticks
from envirosense.datasets.tally import Tally
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.testing.twins import CoinTwin

TWIN = CoinTwin()
COIN_RULES = (
    Rule(name="near_in_range", kind="range", stream="readings", columns=("near",), bounds=(-50, 50)),
    Rule(name="frames_in_range", kind="range", stream="images", columns=("frame",), bounds=(250, 400)),
    Rule(name="truth_known", kind="null", stream="truth", columns=("level",)),
    Rule(name="order", kind="le", stream="events", columns=("onset_s", "ignition_s")),
    Rule(name="unique_events", kind="unique", stream="events", columns=("event_id",)),
)


def specs(n: int = 4) -> list[EpisodeSpec]:
    request = GenerationRequest(twin="coin", episodes=n, duration_s=600, seed=3, n_groups=n)
    return draw_specs(request, TWIN)


def make_dataset(folder: Path, episodes: list[tuple[EpisodeSpec, str]]) -> Dataset:
    plan = Plan.build(name="coins", twin="coin", seed=3, episodes=episodes, code_version="test")
    with prepare_output(plan, folder) as output:
        for shard in output.pending:
            write_shard(output.folder, shard, TWIN.simulate)
        finish(output)
    return Dataset.open(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quality") / "coins"
    return make_dataset(folder, [(spec, "train") for spec in specs()]).folder


@pytest.fixture
def dataset(clean: Path, tmp_path: Path) -> Dataset:
    return Dataset.open(shutil.copytree(clean, tmp_path / "coins"))


def rewrite(dataset: Dataset, stream: str, change: Callable[[pa.Table], pa.Table]) -> Dataset:
    """Change every row group of a stream on disk, keeping their number."""
    for path in (dataset.folder / stream).glob("*.parquet"):
        with pq.ParquetFile(path) as opened:
            groups = [opened.read_row_group(i) for i in range(opened.num_row_groups)]
            empty = opened.schema_arrow.empty_table()
        changed = [change(group) for group in groups]
        schema = (changed or [change(empty)])[0].schema
        with pq.ParquetWriter(path, schema) as writer:
            for group in changed:
                writer.write_table(group, row_group_size=max(group.num_rows, 1))
    return Dataset.open(dataset.folder)


def with_column(table: pa.Table, name: str, values: object, field: pa.Field | None = None) -> pa.Table:
    at = table.schema.get_field_index(name)
    kept = (field or table.schema.field(name)).with_nullable(True)
    return table.set_column(at, kept, pa.array(values, kept.type))


def edited(name: str, edit: Callable[[list[object]], object]) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values = table[name].to_pylist()
        if len(values) > 20 or name in {"onset_s", "event_id"}:
            edit(values)
        return with_column(table, name, values)

    return change


def put(row: int, value: object) -> Callable[[list[object]], object]:
    return lambda values: values.__setitem__(row, value)


def swap(values: list[object]) -> None:
    values[3], values[4] = values[4], values[3]


def hold(values: list[object]) -> None:
    values[200:380] = [values[200]] * 180  # a value inside the channel's range, so no floor


def fill(values: list[object]) -> None:
    values[:] = [1.5] * len(values)


def without_row(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(0, 7), table.slice(8)])


def with_row_twice(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table.slice(0, 7), table.slice(6)])


def with_unit(name: str, unit: str | None) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        field = table.schema.field(name)
        facts = {k: v for k, v in field.metadata.items() if k != b"unit"}
        new = field.with_metadata(facts | ({b"unit": unit.encode()} if unit else {}))
        return table.cast(table.schema.set(table.schema.get_field_index(name), new))

    return change


def with_answers(table: pa.Table) -> pa.Table:
    field = pa.field("severity", pa.float32(), metadata={"unit": "1", "description": "leaked"})
    return table.append_column(field, pa.array(np.arange(table.num_rows) / 1e4, pa.float32()))


def with_hot_pixel(table: pa.Table) -> pa.Table:
    planes = table["frame_hi"].to_pylist()
    planes[5] = b"\xff" + planes[5][1:]
    return with_column(table, "frame_hi", planes)


def later(table: pa.Table) -> pa.Table:
    moved = pc.add(table["time_utc"], pa.scalar(1_000_000, pa.duration("us")))
    return with_column(table, "time_utc", moved.combine_chunks())


PLANTED: dict[str, tuple[str, Callable[[pa.Table], pa.Table]]] = {
    "near_in_range": ("readings", edited("near", put(5, 1e4))),
    "finite": ("readings", edited("near", put(5, float("nan")))),
    "frames_in_range": ("images", with_hot_pixel),
    "truth_known": ("truth", edited("level", put(5, None))),
    "keys null": ("labels", edited("event_id", put(-1, None))),
    "keys repeated": ("truth", with_row_twice),
    "ticks falling": ("truth", edited("tick", swap)),
    "ticks outside": ("truth", edited("tick", put(-1, 10**6))),
    "ticks off the grid": ("truth", later),
    "gaps": ("readings", without_row),
    "schema wrong unit": ("labels", with_unit("time_to_ignition_s", "min")),
    "schema no unit": ("readings", with_unit("near", None)),
    "empty_episode": ("readings", lambda table: table.slice(0, 0)),
    "label_columns": ("readings", with_answers),
    "label_truth value": ("labels", edited("severity", put(3, 0.123))),
    "label_truth stage": ("labels", edited("stage", put(3, "settled"))),
    "label_truth missing": ("labels", without_row),
    "label_events early": ("events", edited("onset_s", put(0, 599.0))),
    "label_events unknown": ("events", edited("event_id", put(0, 7))),
    "order": ("events", edited("onset_s", put(0, 599.0))),
    "stuck_channel": ("readings", edited("near", hold)),
    "constant_column": ("readings", edited("near", fill)),
}


def test_clean_data_break_no_rule(dataset: Dataset) -> None:
    report = validate(dataset, COIN_RULES, TWIN.relabel)
    assert report.is_ok
    assert not report.warnings
    assert report.episode_pass_rate == 1.0
    assert all(result.n_checked for result in report.results)


@pytest.mark.parametrize("defect", PLANTED)
def test_planted_defect_is_found(dataset: Dataset, defect: str) -> None:
    stream, change = PLANTED[defect]
    report = validate(rewrite(dataset, stream, change), COIN_RULES, TWIN.relabel)
    result = report[defect.partition(" ")[0]]
    assert not result.is_passed
    assert result.reasons
    assert result.examples
    assert result.pass_rate < 1.0


def test_group_in_two_splits_is_found(tmp_path: Path) -> None:
    first, second, *_ = specs()
    same = second.model_copy(update={"group": first.group})
    dataset = make_dataset(tmp_path / "overlap", [(first, "train"), (same, "validation")])
    report = validate(dataset, (), TWIN.relabel)
    assert [result.name for result in report.errors] == ["split_overlap"]
    assert dict(report["split_overlap"].reasons) == {"group_in_two": 1}


def test_world_in_two_splits_is_found_though_the_groups_differ(tmp_path: Path) -> None:
    first, second, *_ = specs()
    same = second.model_copy(update={"world_seed": first.world_seed, "group": "another"})
    dataset = make_dataset(tmp_path / "overlap", [(first, "train"), (same, "validation")])
    report = validate(dataset, (), TWIN.relabel)
    assert dict(report["split_overlap"].reasons) == {"world_in_two": 1}


def test_copied_episode_is_found(tmp_path: Path) -> None:
    first = specs()[0]
    copy = first.model_copy(update={"group": "site-900"})
    dataset = make_dataset(tmp_path / "copy", [(first, "train"), (copy, "train")])
    report = validate(dataset, (), TWIN.relabel)
    assert [result.name for result in report.errors] == ["duplicate_episode"]


def test_report_counts_and_names_the_rows(dataset: Dataset) -> None:
    report = validate(rewrite(dataset, "readings", PLANTED["near_in_range"][1]), COIN_RULES, TWIN.relabel)
    result = report["near_in_range"]
    assert (result.n_checked, result.n_failed) == (2400, 4)
    assert dict(result.reasons) == {"above": 4}
    assert "tick 5" in result.examples[0]
    assert report.episode_pass_rate == 0.0
    assert set(report.failed_rules) == set(dataset.episodes["episode_id"].to_pylist())


def test_report_survives_its_file(dataset: Dataset) -> None:
    report = validate(dataset, COIN_RULES, TWIN.relabel)
    report.write(dataset.folder)
    assert read_quality(dataset.folder) == report
    assert "near_in_range" in str(report)
    (dataset.folder / "quality.json").write_text("{")
    with pytest.raises(DatasetError, match="validate"):
        read_quality(dataset.folder)


def rows(**columns: list[float | None]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.float64()) for name, values in columns.items()})


XY = rows(**{"x.a": [-1, 10], "y.a": [0, 20]})


@pytest.mark.parametrize(
    ("rule", "table", "failed"),
    [
        ({"kind": "le", "columns": ["dew_k", "air_k"]}, rows(dew_k=[280, 291, None], air_k=[290, 290, 1]), 1),
        ({"kind": "le", "columns": ["a", "b", "c"]}, rows(a=[1, 1, 1], b=[2, None, 0], c=[3, 0, 5]), 1),
        ({"kind": "monotone", "columns": ["a"]}, rows(a=[1, 1, None, 2, 1.5]), 1),
        ({"kind": "monotone", "columns": ["a"], "bounds": [1, None]}, rows(a=[0, 1, 1, 2]), 1),
        ({"kind": "unique", "columns": ["a", "b"]}, rows(a=[1, 1, 1, None], b=[1, 2, 1, None]), 1),
        ({"kind": "null", "columns": ["a"]}, rows(a=[1, None, float("nan"), 2]), 2),
        ({"kind": "null", "columns": ["a"], "bounds": [None, 0.5]}, rows(a=[1, None, float("nan"), 2]), 0),
        ({"kind": "range", "columns": ["*.a"], "bounds": [0, 9]}, XY, 3),
        (
            {"kind": "relation", "relation": "sum", "columns": ["a", "b", "c"], "bounds": [-0.1, 0.1]},
            rows(a=[1, 1], b=[2, 2], c=[3, 4]),
            1,
        ),
        (
            {"kind": "relation", "relation": "product", "columns": ["a", "b", "c"], "bounds": [-0.1, 0.1]},
            rows(a=[2, 2], b=[3, 3], c=[6, 5]),
            1,
        ),
        (
            {"kind": "relation", "relation": "length", "columns": ["a", "b", "c"], "bounds": [-0.1, 0.1]},
            rows(a=[3, 3], b=[4, 4], c=[5, 7]),
            1,
        ),
        (
            {"kind": "relation", "relation": "difference", "columns": ["a", "b"], "bounds": [0, None]},
            rows(a=[1, 2], b=[2, 1]),
            1,
        ),
        (
            {"kind": "relation", "relation": "dew_point", "columns": ["t", "rh", "d"], "bounds": [-0.1, 0.1]},
            rows(t=[293.15, 293.15], rh=[1.0, 0.5], d=[293.15, 293.15]),
            1,
        ),
    ],
)
def test_each_kind_fails_the_rows_it_should(rule: dict[str, object], table: pa.Table, failed: int) -> None:
    parsed = Rule.parse({"name": "rule", "stream": "any", **rule})
    assert sum(len(outcome.failed) for outcome in check_rule(parsed, table)) == failed


def test_rule_of_one_column_takes_any_pattern_of_names() -> None:
    rule = Rule(name="r", kind="null", stream="readings", columns=("probe*.air_k",))
    assert list(rule.bindings(["probe.air_k", "probe_2.air_k", "other.air_k"])) == [
        ("probe.air_k",),
        ("probe_2.air_k",),
    ]


def test_pattern_binds_the_columns_of_each_sensor() -> None:
    rule = Rule(name="order", kind="le", stream="readings", columns=("*.dew_k", "*.air_k"))
    names = ["a.dew_k", "a.air_k", "b.air_k", "c.dew_k", "c.air_k"]
    assert list(rule.bindings(names)) == [("a.dew_k", "a.air_k"), ("c.dew_k", "c.air_k")]


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("{name: a, kind: rangs, stream: s, columns: [x]}", "rules.0.kind"),
        ("{name: a, kind: range, stream: s, columns: [x], bound: [0, 1]}", "bounds"),
        ("{name: a, kind: range, stream: s, columns: [x]}", "give bounds"),
        ("{name: a, kind: range, stream: s, columns: [x], bounds: [2, 1]}", "lower one first"),
        ("{name: a, kind: le, stream: s, columns: [x]}", "at least two"),
        ("{name: a, kind: relation, stream: s, columns: [x], bounds: [0, 1]}", "relation"),
        ("{name: a, kind: follows, stream: s, columns: [x], bounds: [0, 1]}", "reference"),
        ("{name: A b, kind: null, stream: s, columns: [x]}", "rules.0"),
        ("text", "mapping"),
    ],
)
def test_bad_rule_gives_one_line(tmp_path: Path, entry: str, word: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"rules:\n  - {entry}\n")
    with pytest.raises(ConfigError, match=word) as caught:
        load_rules(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["rule: []", "rules: {}", "rules:\n- &a {name: a, kind: unique, stream: s, columns: [x]}\n- *a"]
)
def test_bad_rules_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        load_rules(path)


def test_rules_come_from_the_registry() -> None:
    assert rules_of("no_such_twin") == ()
    with pytest.raises(UnknownNameError):
        RULES["no_such_twin"]


def test_report_is_plain_json(dataset: Dataset) -> None:
    data = json.loads(json.dumps(validate(dataset, COIN_RULES, TWIN.relabel).to_json()))
    assert data["is_ok"] is True
    assert {rule["name"] for rule in data["rules"]} >= {"schema", "label_truth", "near_in_range"}


def test_frames_damaged_inside_a_file_are_named(dataset):
    shard = next((dataset.folder / "images").glob("*.parquet"))
    column = pq.ParquetFile(shard).metadata.row_group(0).column(4)
    data = bytearray(shard.read_bytes())
    first, length = column.data_page_offset, min(column.total_compressed_size, 100)
    data[first : first + length] = bytes(length)
    shard.write_bytes(bytes(data))
    report = validate(Dataset.open(dataset.folder), COIN_RULES)
    assert f"{shard.name}: damaged or missing" in report["files"].examples[0]
    assert set(report["files"].reasons) == {"episode_unreadable"}
    assert [result.name for result in report.errors] == ["files"]


def test_every_rejected_row_is_in_the_table(dataset: Dataset) -> None:
    report = validate(rewrite(dataset, "readings", PLANTED["near_in_range"][1]), COIN_RULES, TWIN.relabel)
    rows = report.rejected.filter(pc.equal(report.rejected["rule"], "near_in_range")).to_pylist()
    assert len(rows) == report["near_in_range"].n_failed == 4
    assert {row["episode_id"] for row in rows} == set(dataset.episodes["episode_id"].to_pylist())
    first = rows[0]
    assert (first["stream"], first["row"], first["tick"], first["column"]) == ("readings", 5, 5, "near")
    assert (first["reason"], first["severity"], first["value"]) == ("above", "error", 1e4)


def test_rejected_rows_are_stored_beside_the_report_and_go_when_it_is_clean(dataset: Dataset) -> None:
    bad = validate(rewrite(dataset, "readings", PLANTED["near_in_range"][1]), COIN_RULES, TWIN.relabel)
    bad.write(dataset.folder)
    stored = pq.read_table(dataset.folder / REJECTED)
    assert stored.equals(bad.rejected)
    assert "near_in_range" in stored["rule"].to_pylist()
    replace(bad, rejected=bad.rejected.slice(0, 0)).write(dataset.folder)
    assert not (dataset.folder / REJECTED).exists()


def test_rejected_rows_of_a_rule_are_counted_beyond_those_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envirosense.datasets.rejections.MOST_PER_RULE", 3)
    tally, table = Tally("rule", "error", ""), rows(a=[1.0] * 9)
    tally.add([Outcome(9, np.arange(9), "why", "a")], "e", "readings", table)
    assert (tally.n_failed, tally.rejections.table().num_rows) == (9, 3)


def two_causes(ticks: list[int], owner: list[int], marked: bool = True) -> pa.Table:
    """Rows of two causes at the same ticks, told apart by a column of the twin's own."""
    key = pa.field("cause_id", pa.int32(), metadata={"key": "own"} if marked else {})
    return pa.table([ticks, owner], schema=pa.schema([pa.field("tick", pa.int64()), key]))


def failed_rows(outcomes: Iterable[Outcome]) -> int:
    return sum(outcome.failed.size for outcome in outcomes)


def test_rows_of_one_tick_are_told_apart_by_the_keys_that_a_twin_marks() -> None:
    spec, ticks, owner = specs()[0], [0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1]
    good, plain = two_causes(ticks, owner), two_causes(ticks, owner, marked=False)
    assert failed_rows(check_keys(good)) == failed_rows(check_ticks(good, spec)) == 0
    assert failed_rows(check_keys(plain)) == 3
    assert failed_rows(check_ticks(plain, spec)) == 1
    falling = two_causes([0, 1, 2, 0, 2, 1], owner)
    assert failed_rows(check_ticks(falling, spec)) == 1


def test_what_never_falls_is_followed_within_each_key() -> None:
    rule = Rule(name="up", kind="monotone", stream="response", columns=("tick",))
    ticks = [0, 1, 2, 0, 1, 2]
    marked, plain = (two_causes(ticks, [0, 0, 0, 1, 1, 1], marked) for marked in (True, False))
    assert [failed_rows(check_rule(rule, table)) for table in (marked, plain)] == [0, 1]
