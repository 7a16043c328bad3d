"""Thirteen kinds of planted defects are found, each at its place, and clean data break nothing."""

import shutil
from pathlib import Path

import pytest

from envirosense.datasets.dataset import Dataset
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.quality import QualityReport, validate
from envirosense.datasets.rules import Reference, Rule, rules_of
from envirosense.datasets.structure_checks import role_of
from envirosense.datasets.verify import verify
from envirosense.factory.generator import generate
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.testing.dataset_editing import DatasetEditor
from envirosense.testing.defects import KINDS, NoPlaceError, Planted, plant
from envirosense.testing.twins import CoinTwin

if "coin" not in TWINS:
    TWINS.register("coin")(CoinTwin)

COIN_RULES = (
    Rule(name="probes_in_range", kind="range", stream="readings", columns=("near", "far"), bounds=(-50, 50)),
    Rule(
        name="near_follows",
        kind="follows",
        stream="readings",
        columns=("near",),
        bounds=(-2, 2),
        reference=Reference(stream="truth", columns=("level",)),
    ),
)
# The check that must find a kind; other rules may find it as well
FINDERS = {
    "shifted_clock": {"ticks"},
    "nan_run": {"finite"},
    "stuck_channel": {"stuck_channel"},
    "duplicated_block": {"duplicate_block"},
    "label_off_by_one": {"label_truth"},
    "leaked_truth": {"label_leak"},
    "truncated_shard": {"files"},
    "split_overlap": {"split_overlap"},
    "empty_episode": {"empty_episode"},
    "sensed_again": {"near_duplicate"},
}
POLE_FAMILIES = (
    "fire/cellulose_pyrolysis,normal/diurnal_cycle,electrical/equipment_overheat,system/sensor_fault"
)


def found(report: QualityReport, planted: Planted) -> bool:
    """Whether the report is an error that names the defect's check, and its episode where it has one."""
    names = {result.name for result in report.errors}
    is_named = names & FINDERS.get(planted.kind, names)
    anywhere = planted.kind in {"split_overlap", "truncated_shard"}
    return bool(is_named) and (anywhere or planted.episode_id in report.failed_rules)


@pytest.fixture(scope="module")
def coins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    request = GenerationRequest(twin="coin", episodes=8, duration_s=600, seed=3, n_groups=4)
    return generate(request, tmp_path_factory.mktemp("clean") / "coins", workers=1).folder


@pytest.fixture(scope="module")
def poles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    request = GenerationRequest.parse({
        "twin": "pole", "scenarios": POLE_FAMILIES, "episodes": 8, "duration_s": 1200, "dt_s": 10, "seed": 3,
        "n_groups": 4, "options": {"frame_interval_s": 300},
    })  # fmt: skip
    return generate(request, tmp_path_factory.mktemp("clean") / "poles", workers=1).folder


def outcome(folder: Path, out: Path, kind: str, seed: int, rules: tuple[Rule, ...], twin: str) -> bool:
    planted = plant(folder, out, kind, seed, rules)
    assert verify(out).is_ok == (kind != "truncated_shard"), "only the content may tell"
    report = validate(Dataset.open(out), rules, TWINS[twin]().relabel)
    assert report.rejected.num_rows
    shutil.rmtree(out)
    return found(report, planted)


def test_clean_coins_break_nothing(coins: Path) -> None:
    report = validate(Dataset.open(coins), COIN_RULES, CoinTwin().relabel)
    assert not report.errors
    assert not report.warnings
    assert not report.rejected.num_rows


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"sensed_again"}))
def test_every_defect_planted_in_coins_is_found(coins: Path, tmp_path: Path, kind: str) -> None:
    missed = [
        seed for seed in range(3) if not outcome(coins, tmp_path / "one", kind, seed, COIN_RULES, "coin")
    ]
    assert not missed


@pytest.mark.slow
def test_clean_poles_break_nothing(poles: Path) -> None:
    report = validate(Dataset.open(poles), rules_of("pole"), TWINS["pole"]().relabel)
    assert not report.errors
    assert {result.name for result in report.warnings} <= {"constant_column"}  # no rain, no lightning


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_defect_planted_in_poles_is_found(poles: Path, tmp_path: Path, kind: str) -> None:
    rules = rules_of("pole")
    missed = [seed for seed in range(3) if not outcome(poles, tmp_path / "one", kind, seed, rules, "pole")]
    assert not missed


@pytest.mark.slow
def test_a_pole_that_its_twin_senses_again_is_found_by_what_it_reads(poles: Path, tmp_path: Path) -> None:
    for place in range(2):
        editor = DatasetEditor(Path(shutil.copytree(poles, tmp_path / str(place))))
        source = [one for one in editor.dataset if one.split == "train"][place]
        target = next(one for one in editor.dataset if one.split != "train")
        spec = source.spec.model_copy(update={"sensing_seed": source.spec.sensing_seed + 1})
        sink = MemorySink(spec)
        TWINS["pole"]().simulate(spec, sink)
        for stream in target.streams:
            if role_of(editor.dataset.schema(stream)) == "reading" and stream in sink.streams:
                again, stored = sink.table(stream), target.table(stream)
                assert again.num_rows == stored.num_rows
                for column in ("episode_id", "time_utc"):
                    at = again.column_names.index(column)
                    again = again.set_column(at, stored.schema.field(column), stored[column])
                editor.put(target, stream, again.select(stored.column_names).cast(stored.schema))
        editor.save()
        report = validate(Dataset.open(tmp_path / str(place)), ())
        assert report["near_duplicate"].reasons == {"alike": 2}
        flagged = {one for one, names in report.failed_rules.items() if "near_duplicate" in names}
        assert flagged == {source.episode_id, target.episode_id}


def test_planting_is_seeded_and_leaves_the_original_alone(coins: Path, tmp_path: Path) -> None:
    before = Dataset.open(coins).logical_hash
    made = [plant(coins, tmp_path / str(n), "wrong_unit", seed) for n, seed in enumerate((1, 1, 2))]
    hashes = [Dataset.open(one.folder).logical_hash for one in made]
    assert hashes[0] == hashes[1] != before
    assert made[0].what == made[1].what
    assert verify(coins).logical_hash == before


def test_no_place_for_a_defect_is_said(coins: Path, tmp_path: Path) -> None:
    with pytest.raises(NoPlaceError, match="many channels"):  # a coin has two
        plant(coins, tmp_path / "other", "sensed_again", 0, ())
    with pytest.raises(NoPlaceError, match="range"):
        plant(coins, tmp_path / "one", "out_of_range", 0, ())
