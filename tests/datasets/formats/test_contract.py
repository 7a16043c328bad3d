"""What every registered format keeps."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.datasets import Dataset, DatasetView
from envirosense.datasets.formats import FORMATS, Export, FileFormat, check_export, select
from envirosense.datasets.formats.columns import plain_schema
from envirosense.datasets.hashing import logical_hash

IDS = tuple(FORMATS)
ON_DISK = tuple(name for name, kind in FORMATS.items() if issubclass(kind, FileFormat))
DATED = {"run.json"}  # says when it was written

type Take = Callable[..., Export]
type Whole = Callable[[str], Export]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Write a view in a format and read it back."""

    def run(name: str, view: DatasetView, **options: Any) -> Export:
        found: Any = FORMATS[name]()
        if isinstance(found, FileFormat):
            found.write(view, tmp_path / name, **options)
            return found.read(tmp_path / name)
        return found.read(found.write(view, **options))

    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, dataset: Dataset) -> Callable[[str], Export]:
    """The whole dataset in a format, written once."""
    folder = tmp_path_factory.mktemp("whole")

    @cache
    def run(name: str) -> Export:
        found: Any = FORMATS[name]()
        if not isinstance(found, FileFormat):
            return found.read(found.write(dataset))
        found.write(dataset, folder / name)
        return found.read(folder / name)

    return run


@pytest.mark.parametrize("name", IDS)
def test_it_is_read_back_to_the_same_hash(name: str, whole: Whole, dataset: Dataset) -> None:
    found = whole(name)
    assert found.facts.is_whole
    assert found.recompute_logical_hash() == dataset.logical_hash
    assert check_export(found).is_ok


@pytest.mark.parametrize("name", IDS)
def test_schemas_specs_and_summaries_are_the_same(name: str, whole: Whole, dataset: Dataset) -> None:
    found = whole(name)
    assert found.streams == dataset.streams
    for stream in dataset.streams:
        assert found.schema(stream).equals(plain_schema(dataset.schema(stream)), check_metadata=True)
    for one, theirs in zip(found, dataset, strict=True):
        assert one.spec == theirs.spec
        assert one.spec.importance_weight == theirs.spec.importance_weight
        assert one.summary == theirs.summary
        assert (one.split, one.scenario) == (theirs.split, theirs.scenario)
        assert one.streams == theirs.streams
        for stream in one.streams:
            table = one.table(stream)
            assert table.schema.equals(found.schema(stream), check_metadata=True)
            assert table.num_rows == theirs.row_count(stream)
            assert table.cast(plain_schema(theirs.schema(stream))).validate(full=True) is None
    assert [one.reason for one in found.failed] == [one.reason for one in dataset.failed]


@pytest.mark.parametrize("name", IDS)
def test_frames_texts_and_lists_come_back(name: str, whole: Whole, dataset: Dataset) -> None:
    found = whole(name)
    for one, theirs in zip(found, dataset, strict=True):
        assert np.array_equal(one.frames(), theirs.frames())
        assert np.array_equal(one.frame_values(), theirs.frame_values())
        mine, said = one.table("values"), theirs.table("values")
        for column in ("text, with comma", "blob", "even", "plane", "words", "flag", "at_utc", "episode_id"):
            assert mine[column].to_pylist() == said[column].to_pylist()


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("column", ["x64", "x32"])
def test_nan_and_null_are_kept_apart(name: str, column: str, whole: Whole, dataset: Dataset) -> None:
    for one, theirs in zip(whole(name), dataset, strict=True):
        mine, said = (found.table("values")[column].combine_chunks() for found in (one, theirs))
        assert mine.null_count == said.null_count == 2
        assert mine.is_null().equals(said.is_null())
        valid = said.drop_null().to_numpy()
        assert np.isnan(valid).sum() >= 2
        assert mine.drop_null().to_numpy().tobytes() == valid.tobytes()


@pytest.mark.parametrize("name", IDS)
def test_one_split_is_a_part(name: str, take: Take, dataset: Dataset) -> None:
    found = take(name, dataset["train"])
    expected = [
        (one.episode_id, stream, one.content_hashes[stream])
        for one in dataset["train"]
        for stream in one.streams
    ]
    assert not found.facts.is_whole
    assert found.facts.part_hash == found.recompute_logical_hash() == logical_hash(expected)
    assert set(found.facts.splits) == {"train"}
    assert "train" in found.facts.part


@pytest.mark.parametrize("name", IDS)
def test_some_streams_are_a_part(name: str, take: Take, dataset: Dataset) -> None:
    found = take(name, dataset, streams=["events", "thermal"])
    assert found.streams == ("events", "thermal")
    assert not found.facts.is_whole
    assert found.recompute_logical_hash() == found.facts.part_hash
    assert check_export(found).is_ok
    assert len(found.failed) == 1  # a failed episode belongs to every part
    with pytest.raises(UnknownNameError):
        next(iter(found)).table("values")


@pytest.mark.parametrize("name", IDS)
def test_empty_and_absent_streams_stay_what_they_are(name: str, whole: Whole) -> None:
    first, second = list(whole(name))[:2]
    assert first.table("events").num_rows == 0
    assert "events" in first.streams
    assert "seldom" in first.streams
    assert "seldom" not in second.streams
    assert second.table("seldom").num_rows == 0


@pytest.mark.parametrize("name", IDS)
def test_an_unknown_stream_and_an_empty_view_are_refused(name: str, take: Take, dataset: Dataset) -> None:
    with pytest.raises(UnknownNameError, match="thermal"):
        take(name, dataset, streams=["thermals"])
    with pytest.raises(ConfigError, match="no episode"):
        take(name, dataset.where(scenario="none/such"))


@pytest.mark.parametrize("name", IDS)
def test_progress_is_told_episode_by_episode(name: str, take: Take, dataset: Dataset) -> None:
    told: list[tuple[int, int]] = []
    take(name, dataset, on_episode=lambda done, total: told.append((done, total)))
    assert told[-1] == (5, 5)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


@pytest.mark.parametrize("name", ON_DISK)
def test_writing_twice_gives_the_same_bytes(name: str, tmp_path: Path, dataset: Dataset) -> None:
    kind: Any = FORMATS[name]()
    for folder in ("one", "two"):
        kind.write(dataset, tmp_path / folder)
    one, two = (
        {
            path.relative_to(tmp_path / folder): path.read_bytes()
            for path in (tmp_path / folder).rglob("*")
            if path.is_file() and path.name not in DATED
        }
        for folder in ("one", "two")
    )
    assert one == two


@pytest.mark.parametrize("name", ON_DISK)
def test_a_target_that_holds_something_is_left_alone(name: str, tmp_path: Path, dataset: Dataset) -> None:
    kind: Any = FORMATS[name]()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    for target in (tmp_path / "full", tmp_path / "full" / "mine.txt"):
        with pytest.raises(ConfigError, match="choose"):
            kind.write(dataset, target)
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "mine.txt"]


@pytest.mark.parametrize("name", ON_DISK)
def test_an_export_that_fails_leaves_nothing(name: str, tmp_path: Path, dataset: Dataset) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        if done == 2:
            raise Stop

    kind: Any = FORMATS[name]()
    (tmp_path / "there").mkdir()
    with pytest.raises(Stop):
        kind.write(dataset, tmp_path / "new", on_episode=stop)
    with pytest.raises(Stop):
        kind.write(dataset, tmp_path / "there", on_episode=stop)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]
    kind.write(dataset, tmp_path / "there")
    assert check_export(tmp_path / "there").is_ok


@pytest.mark.parametrize("name", ON_DISK)
@pytest.mark.parametrize("patterns", [["fire/*"], ["nothing", "normal/*"]])
def test_a_selection_by_scenario(name: str, patterns: list[str], take: Take, dataset: Dataset) -> None:
    found = take(name, select(dataset, None, patterns))
    assert {one.scenario.partition("/")[0] for one in found} == {patterns[-1].partition("/")[0]}
    assert found.recompute_logical_hash() == found.facts.part_hash


def changed(rows: Any, name: str) -> Any:
    """Rows in memory with one value changed."""
    if name == "dicts":
        return [{**row, "x32": 0.5} if at == 3 else row for at, row in enumerate(rows)]
    if name == "pandas":
        rows = rows.copy()
        rows.loc[3, "x32"] = 0.5
        return rows
    return type(rows)(rows.to_arrow().set_column(rows.columns.index("x32"), "x32", _half(rows)))


def _half(rows: Any) -> pa.Array:
    values = rows["x32"].to_list()
    values[3] = 0.5
    return pa.array(values, pa.float32())


@pytest.mark.parametrize("name", [name for name in IDS if name not in ON_DISK])
def test_a_value_changed_in_memory_is_found(name: str, dataset: Dataset) -> None:
    kind: Any = FORMATS[name]()
    held = kind.write(dataset)
    assert check_export(kind.read(held)).is_ok
    held.streams["values"] = changed(held["values"], name)
    found = check_export(kind.read(held))
    assert [("values" in said, "rows differ" in said) for said in found.findings] == [(True, True)]


@pytest.mark.parametrize("name", [name for name in IDS if name not in ON_DISK])
def test_one_episode_at_a_time_holds_the_same_rows(name: str, dataset: Dataset) -> None:
    kind: Any = FORMATS[name]()
    n_rows = [len(streams["values"]) for _, streams in kind.episodes(dataset, streams=["values"])]
    assert sum(n_rows) == len(kind.write(dataset)["values"])
    assert len(n_rows) == len(dataset)
