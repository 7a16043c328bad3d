"""The Croissant file, judged by the reference implementation: valid, and its records are the stored rows."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet as pq
import pytest

from envirosense.datasets import Dataset
from envirosense.datasets.card import write_card
from envirosense.datasets.frames import frame_planes
from envirosense.factory import TWINS, GenerationRequest, generate
from envirosense.factory.executors import InlineExecutor
from envirosense.testing.twins import CoinTwin

# its own calls of pandas and of rdflib, which both are about to change
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(mlcroissant|rdflib)")

type Damage = Callable[[Path, dict[str, Any]], None]


@pytest.fixture
def coins(tmp_path: Path) -> Dataset:
    """Four episodes, a shard for each, with their card."""
    if "coin" not in TWINS:
        TWINS.register("coin")(CoinTwin)
    request = GenerationRequest(twin="coin", episodes=4, duration_s=300, seed=3, n_groups=4)
    made = generate(request, tmp_path / "coins", workers=2, executor=InlineExecutor())
    write_card(made, CoinTwin().describe())
    return made


def opened(dataset: Dataset) -> mlcroissant.Dataset:
    return mlcroissant.Dataset(jsonld=dataset.folder / "croissant.json")


def plain(value: Any) -> Any:
    """A value as Croissant or pyarrow give it, in one form."""
    if isinstance(value, bytes):
        return value.decode()
    return None if value != value else value  # NaN and NaT of pandas are our null


def counted(rows: Iterable[dict[str, Any]], columns: list[str]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(plain(row[name]) for name in columns) for row in rows)


def test_it_is_valid_without_a_remark(coins: Dataset) -> None:
    issues = opened(coins).metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings


def test_its_records_are_the_stored_rows(coins: Dataset) -> None:
    found = opened(coins)
    assert {one.id for one in found.metadata.record_sets} == {*coins.streams, "episodes"}
    for stream in coins.streams:
        planes = frame_planes(coins.schema(stream))
        columns = [name for name in coins.schema(stream).names if name not in planes]
        places = [place for place in coins.manifest.files if place.startswith(f"{stream}/")]
        stored = [row for place in places for row in pq.read_table(coins.folder / place).to_pylist()]
        assert len(stored) == coins.manifest.streams[stream].rows
        records = counted(found.records(stream), [f"{stream}/{name}" for name in columns])
        assert records == counted(stored, columns)
    ids = [record["episodes/episode_id"].decode() for record in found.records("episodes")]
    assert sorted(ids) == sorted(coins.episodes["episode_id"].to_pylist())


def unknown_file_set(folder: Path, document: dict[str, Any]) -> None:
    document["recordSet"][0]["field"][0]["source"]["fileSet"] = {"@id": "nothing"}


def unknown_type(folder: Path, document: dict[str, Any]) -> None:
    document["recordSet"][0]["field"][0]["dataType"] = "sc:Nothing"


@pytest.mark.parametrize("damage", [unknown_file_set, unknown_type])
def test_a_damaged_file_is_not_valid(coins: Dataset, damage: Damage) -> None:
    rewrite(coins, damage)
    with pytest.raises(mlcroissant.ValidationError):
        opened(coins)


def unknown_column(folder: Path, document: dict[str, Any]) -> None:
    episodes = next(one for one in document["recordSet"] if one["@id"] == "episodes")
    episodes["field"][0]["source"]["extract"]["column"] = "nothing"


def other_rows(folder: Path, document: dict[str, Any]) -> None:
    table = pq.read_table(folder / "episodes.parquet")
    pq.write_table(table.slice(1), folder / "episodes.parquet")


def cut_off(folder: Path, document: dict[str, Any]) -> None:
    path = folder / "episodes.parquet"
    os.truncate(path, path.stat().st_size - 50)


@pytest.mark.parametrize("damage", [unknown_column, other_rows, cut_off])
def test_a_file_that_does_not_fit_its_data_gives_no_records(coins: Dataset, damage: Damage) -> None:
    rewrite(coins, damage)
    with pytest.raises(mlcroissant.GenerationError):
        list(opened(coins).records("episodes"))


def rewrite(dataset: Dataset, damage: Damage) -> None:
    """Damage the data or the Croissant file of a dataset."""
    path = dataset.folder / "croissant.json"
    document = json.loads(path.read_bytes())
    damage(dataset.folder, document)
    path.write_text(json.dumps(document))
