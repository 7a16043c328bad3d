"""What a run that was begun before does not try again, and what it still refuses."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.pipeline import MLTrainingPipeline
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin

type Asked = Callable[..., dict[str, Any]]

PARTS = [
    {"scenarios": "toss/heads", "episodes": 3, "duration": "1m"},
    {"scenarios": "normal/*", "episodes": 3, "duration": "1m", "options": {"sensing": {"noise": 0.7}}},
]
BARE = [PARTS[0], {**PARTS[1], "options": {"sensing": {"noise": 0.7, "near_only": True}}}]


class TriedTwin(CoinTwin):
    """A coin twin that remembers the ticks of every simulation, and may lack its far probe."""

    name = "tried"
    ticks: ClassVar[list[int]] = []

    def simulate(self, spec: Any, out: Any) -> Any:
        self.ticks.append(spec.grid.n)
        return super().simulate(spec, _NearOnly(out) if spec.sensing.get("near_only") else out)


class _NearOnly:
    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        self._out.write(stream, batch.drop_columns(["far"]) if stream == "readings" else batch)


@pytest.fixture
def ticks() -> Iterator[list[int]]:
    if "tried" not in TWINS:
        TWINS.register("tried")(TriedTwin)
    TriedTwin.ticks.clear()
    yield TriedTwin.ticks
    TriedTwin.ticks.clear()


def deliver(manifest: dict[str, Any], out: Path) -> None:
    MLTrainingPipeline(manifest, out).run(workers=1, executor=InlineExecutor())


def test_a_run_that_was_begun_simulates_no_first_ticks_again(
    tmp_path: Path, asked: Asked, ticks: list[int]
) -> None:
    manifest, out = asked(twin="tried", parts=PARTS), tmp_path / "run"
    deliver(manifest, out)
    assert sorted(ticks) == [2, 2] + [60] * 6
    ticks.clear()
    deliver({**manifest, "alerts": {"textfile": str(tmp_path / "metrics.prom")}}, out)
    MLTrainingPipeline(manifest, out).cost()
    assert ticks == []


def test_another_folder_or_request_is_tried(tmp_path: Path, asked: Asked, ticks: list[int]) -> None:
    manifest, out = asked(twin="tried", parts=PARTS), tmp_path / "run"
    deliver(manifest, out)
    for changed, folder in ((manifest, tmp_path / "other"), ({**manifest, "seed": 6}, out)):
        ticks.clear()
        MLTrainingPipeline(changed, folder)
        assert ticks == [2, 2]


def test_a_damaged_record_proves_nothing(tmp_path: Path, asked: Asked, ticks: list[int]) -> None:
    (tmp_path / "pipeline.json").write_text("{")
    MLTrainingPipeline(asked(twin="tried", parts=PARTS), tmp_path)
    assert ticks == [2, 2]


def test_parts_with_other_columns_are_refused_where_another_run_was_begun(
    tmp_path: Path, asked: Asked, ticks: list[int]
) -> None:
    out = tmp_path / "run"
    deliver(asked(twin="tried", parts=PARTS), out)
    with pytest.raises(ConfigError, match=r"parts\.1=.readings.: this stream differs .*two datasets"):
        MLTrainingPipeline(asked(twin="tried", parts=BARE), out)
