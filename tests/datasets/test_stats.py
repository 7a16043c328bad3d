import json
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.errors import DatasetError
from envirosense.datasets.coverage import Coverage
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import finish
from envirosense.datasets.moments import CodeSummary, NumberSummary, TextSummary
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.shard import write_shard
from envirosense.datasets.stats import dataset_stats, read_stats, write_stats
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.testing.twins import CoinTwin


def make_coins(folder: Path) -> Dataset:
    request = GenerationRequest(twin="coin", episodes=4, duration_s=600, seed=3, n_groups=4)
    specs = draw_specs(request, CoinTwin())
    groups = sorted({spec.group for spec in specs})
    split = {group: "train" if i else "validation" for i, group in enumerate(groups)}
    episodes = [(spec, split[spec.group]) for spec in specs]
    plan = Plan.build(name="coins", twin="coin", seed=3, episodes=episodes, code_version="test")
    with prepare_output(plan, folder) as output:
        for shard in output.pending:
            write_shard(output.folder, shard, CoinTwin().simulate)
        finish(output)
    return Dataset.open(folder)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_coins(tmp_path_factory.mktemp("clean") / "coins").folder


@pytest.fixture
def coins(clean: Path, tmp_path: Path) -> Dataset:
    return Dataset.open(shutil.copytree(clean, tmp_path / "coins"))


@pytest.fixture
def values() -> np.ndarray:
    found = np.random.default_rng(5).gamma(2.0, 3.0, 200_001)
    found[::7] = np.nan
    return found


def test_moments_equal_those_of_the_whole(values: np.ndarray) -> None:
    summary = NumberSummary()
    for piece in np.array_split(values, 13):
        summary.update(piece)
    result, known = summary.result(), values[np.isfinite(values)]
    assert result["count"] == known.size
    assert result["null_share"] == pytest.approx(1 - known.size / values.size)
    assert (result["min"], result["max"]) == (known.min(), known.max())
    assert result["mean"] == pytest.approx(known.mean(), rel=1e-12)
    assert result["std"] == pytest.approx(known.std(), rel=1e-12)
    # at least 32768 kept samples: standard error of a quantile's rank is at most 0.5 / sqrt(n) = 0.28 %
    ranks = [np.mean(known <= level) for level in result["quantiles"].values()]
    assert ranks == pytest.approx([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99], abs=5 * 0.0028)


def test_quantiles_do_not_depend_on_the_cut(values: np.ndarray) -> None:
    results = []
    for n_pieces in (1, 3, 100):
        summary = NumberSummary()
        for piece in np.array_split(values, n_pieces):
            summary.update(piece)
        results.append(summary.result()["quantiles"])
    assert results[0] == results[1] == results[2]


def test_short_columns_have_exact_quantiles() -> None:
    summary = NumberSummary()
    summary.update(np.arange(101.0))
    assert summary.result()["quantiles"]["p25"] == 25.0


def test_column_without_values_has_counts_only() -> None:
    summary = NumberSummary()
    summary.update(np.full(5, np.nan))
    assert summary.result() == {"rows": 5, "count": 0, "null_share": 1.0}


def test_frame_summary_is_that_of_the_pixels() -> None:
    counts = np.random.default_rng(1).integers(14_000, 16_000, (50, 6, 8)).astype(np.uint16)
    summary = CodeSummary(0.02, 1.0)
    summary.update(counts[:20])
    summary.update(counts[20:])
    result, kelvin = summary.result(), 1.0 + 0.02 * counts
    assert result["count"] == counts.size
    assert result["mean"] == pytest.approx(kelvin.mean())
    assert result["std"] == pytest.approx(kelvin.std())
    assert result["quantiles"]["p50"] == pytest.approx(np.quantile(kelvin, 0.5, method="inverted_cdf"))
    assert CodeSummary(1.0, 0.0).result()["rows"] == 0


def test_a_summary_holds_no_more_than_its_samples() -> None:
    summary, rng = NumberSummary(), np.random.default_rng(4)
    tracemalloc.start()
    try:
        for _ in range(900):
            summary.update(rng.normal(size=3600))
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 1.5 * 65_536 * 8  # bytes; what was fed is 26 MB


def test_texts_are_counted_until_they_are_too_many() -> None:
    few, many = TextSummary(), TextSummary()
    few.update([("a", 2), (True, 1)], 4)
    many.update([(str(i), 1) for i in range(200)], 200)
    assert few.result() == {"rows": 4, "count": 3, "null_share": 0.25, "values": {"a": 2, "true": 1}}
    assert "values" not in many.result()


def test_stats_cover_every_stream_and_agree_with_the_rows(coins: Dataset) -> None:
    stats = dataset_stats(coins)
    assert set(stats["streams"]) == set(coins.streams)
    near = np.concatenate([table["near"].to_numpy() for table in coins.tables("readings")])
    found = stats["streams"]["readings"]["columns"]["near"]
    assert found["unit"] == "V"
    assert found["mean"] == pytest.approx(near.mean(dtype=np.float64), rel=1e-9)
    far = stats["streams"]["readings"]["columns"]["far"]
    assert far["null_share"] == pytest.approx(0.8)
    coverage = stats["coverage"]
    assert coverage["exposure_device_days"] == pytest.approx(4 * 600 / 86_400)
    assert coverage["episodes_by"]["scenario"] == {"normal/tails": 2, "toss/heads": 2}
    assert coverage["events"] == coverage["events_by"]["event_type"]["heads"] == 2
    assert sum(coverage["observability"].values()) == 2
    assert sum(coverage["start_hour_utc"].values()) == sum(coverage["quarter"].values()) == 4


def test_stored_stats_belong_to_one_dataset(coins: Dataset) -> None:
    assert read_stats(coins) is None
    written = write_stats(coins)
    assert read_stats(coins) == json.loads(json.dumps(written))
    path = coins.folder / "stats.json"
    path.write_text(path.read_text().replace(coins.logical_hash, "0" * 64))
    assert read_stats(coins) is None
    path.write_text("{")
    with pytest.raises(DatasetError, match="card"):
        read_stats(coins)


class OneEpisode:
    """An episode whose regimes are written once a minute."""

    split, group, scenario, category = "train", "site-000", "normal/tails", "normal"
    streams = ("regimes",)

    def __init__(self, coins: Dataset) -> None:
        self.spec = next(iter(coins)).spec

    def table(self, stream: str, columns: object = None) -> pa.Table:
        ticks = list(range(0, 600, 60))
        return pa.table(
            {"tick": ticks, "sky": ["clear"] * 4 + ["rain"] * 6, "hour_local": [23.9] * 5 + [0.1] * 5}
        )


def test_regime_hours_add_up_to_the_exposure(coins: Dataset) -> None:
    coverage = Coverage()
    coverage.update(OneEpisode(coins))
    hours = coverage.result({})["regime_hours"]
    assert hours["sky"] == {"clear": pytest.approx(4 / 60, abs=1e-6), "rain": pytest.approx(6 / 60, abs=1e-6)}
    assert list(hours["hour_local"]) == ["0", "23"]


def test_histogram_counts_the_samples_of_the_quantiles(values: np.ndarray) -> None:
    summary = NumberSummary()
    summary.update(values)
    result = summary.result()
    histogram = result["histogram"]
    assert sum(histogram["counts"]) == result["quantile_samples"]
    assert (histogram["edges"][0], histogram["edges"][-1]) == (result["min"], result["max"])
    known = values[np.isfinite(values)]
    shares = np.histogram(known, histogram["edges"])[0] / known.size
    n = result["quantile_samples"]
    assert np.array(histogram["counts"]) / n == pytest.approx(shares, abs=5 * np.sqrt(0.25 / n))


def test_histogram_of_one_value_has_one_bar_and_frames_count_every_pixel() -> None:
    summary = NumberSummary()
    summary.update(np.full(7, 3.0))
    assert summary.result()["histogram"] == {"edges": [3.0, 3.0], "counts": [7]}
    codes = CodeSummary(0.5, 10.0)
    codes.update(np.array([[0, 0], [20, 10]], dtype=np.uint16))
    histogram = codes.result()["histogram"]
    assert (histogram["edges"][0], histogram["edges"][-1]) == (10.0, 20.0)
    assert [histogram["counts"][i] for i in (0, 10, 19)] == [2, 1, 1]
