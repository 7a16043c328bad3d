"""Training data by the sample: exact, in any format, under any sensors."""

from itertools import pairwise

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.datasets import verify
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.formats import FORMATS, Export, FileFormat
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.training_data import MLDataGenerator
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin


@pytest.fixture
def generator(tmp_path):
    def make(out="set", twin="coin", **changes):
        given = {"seed": 2, "duration_s": 60.0, "executor": InlineExecutor(), "workers": 1, **changes}
        return MLDataGenerator(twin, tmp_path / out, **given)

    return make


@pytest.fixture
def refuses_to_simulate(monkeypatch):
    def simulate(*_):
        raise AssertionError("nothing may be simulated")

    monkeypatch.setattr(CoinTwin, "simulate", simulate)


def truth(folder):
    return [episode.table("truth") for episode in Dataset.open(folder)]


def near(folder):
    return np.concatenate([episode.table("readings")["near"].to_numpy() for episode in Dataset.open(folder)])


@pytest.mark.parametrize("n_samples", [1, 59, 60, 61, 150])
def test_every_scenario_has_the_samples_asked_for(generator, n_samples):
    folder = generator().generate_training_dataset(["*"], n_samples)
    ticks = {"normal/tails": 0, "toss/heads": 0}
    for episode in Dataset.open(folder):
        assert episode.spec.grid.n <= 60
        ticks[episode.scenario] += episode.table("readings").num_rows
    assert ticks == dict.fromkeys(ticks, n_samples)


@pytest.mark.parametrize("name", [name for name, kind in FORMATS.items() if issubclass(kind, FileFormat)])
def test_every_format_on_disk_is_delivered_and_the_dataset_kept(generator, tmp_path, name):
    path = generator().generate_training_dataset(["toss/*"], 70, name)
    dataset = Dataset.open(tmp_path / "set")
    assert verify(dataset.folder).is_ok
    if name == "parquet":
        assert path == dataset.folder
        return
    assert path == tmp_path / f"set-{name}"
    export = Export.open(path)
    assert export.facts.format == name
    assert export.recompute_logical_hash() == dataset.logical_hash


def test_a_finished_export_is_kept_and_another_refused(generator, tmp_path):
    path = generator().generate_training_dataset(["toss/*"], 70, "csv")
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*") if file.is_file()}
    assert generator().generate_training_dataset(["toss/*"], 70, "csv") == path
    assert before == {file: file.stat().st_mtime_ns for file in path.rglob("*") if file.is_file()}
    (tmp_path / "set").rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="holds an export of another dataset"):
        generator().generate_training_dataset(["toss/*"], 71, "csv")


def test_the_place_of_an_episode_does_not_name_its_scenario(generator):
    scenarios = [one.scenario for one in Dataset.open(generator().generate_training_dataset(["*"], 1200))]
    changes = sum(a != b for a, b in pairwise(scenarios))
    assert 8 < changes < 32  # of 39; the mean is 20 and 5 standard errors are 16, in turns it would be 39


def test_the_same_samples_come_with_the_same_seed_alone(generator):
    same, again, other = (
        Dataset.open(generator(name, seed=seed).generate_training_dataset(["*"], 80)).logical_hash
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert same == again != other


def test_imperfections_change_readings_and_no_truth(generator):
    clean = generator("clean").generate_training_dataset(["*"], 90, imperfection_settings={"noise": 0.01})
    noisy = generator("noisy").generate_training_dataset(["*"], 90, imperfection_settings={"noise": 2.0})
    worlds = [[one.spec.world_seed for one in Dataset.open(folder)] for folder in (clean, noisy)]
    assert worlds[0] == worlds[1]
    levels = [np.concatenate([one["level"].to_numpy() for one in truth(folder)]) for folder in (clean, noisy)]
    assert np.array_equal(levels[0], levels[1])
    spread = [np.std(near(folder) - levels[0]) for folder in (clean, noisy)]
    assert spread == pytest.approx([0.01, 2.0], rel=5 / np.sqrt(2 * 180))  # 5 standard errors, n = 180


def test_changes_need_a_twin_that_can_make_them(generator):
    changes = {"changes": [{"set": {"age_days": 9.0}}]}
    with pytest.raises(ConfigError, match="cannot change its sensing"):
        generator().generate_training_dataset(["*"], 9, imperfection_settings=changes)
    with pytest.raises(ConfigError, match="cannot stand beside `changes`"):
        generator().generate_training_dataset(["*"], 9, imperfection_settings={**changes, "noise": 1.0})


@pytest.mark.usefixtures("refuses_to_simulate")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output_format": "xml"}, "unknown output_format; .*arrow.*parquet"),
        ({"output_format": "cvs"}, "did you mean 'csv'"),
        ({"output_format": "pandas"}, "is a form in memory"),
        ({"num_samples_per_scenario": 0}, "at least one"),
        ({"num_samples_per_scenario": 2.5}, "at least one"),
        ({"list_of_scenarios": []}, "at least one scenario"),
        ({"list_of_scenarios": "toss/heads"}, "in a list"),
        ({"list_of_scenarios": ["toss/tails"]}, "did you mean"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_simulated(generator, tmp_path, changes, message):
    arguments = {"list_of_scenarios": ["*"], "num_samples_per_scenario": 10, **changes}
    with pytest.raises(ConfigError, match=message):
        generator().generate_training_dataset(**arguments)
    assert not (tmp_path / "set").exists()


@pytest.mark.usefixtures("refuses_to_simulate")
def test_a_target_of_the_export_that_holds_something_is_refused_first(generator, tmp_path):
    (tmp_path / "set-csv").mkdir()
    (tmp_path / "set-csv" / "thesis.tex").write_text("")
    with pytest.raises(ConfigError, match="is not a finished export"):
        generator().generate_training_dataset(["*"], 10, "csv")


def test_an_unknown_twin_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'coin'"):
        MLDataGenerator("coim", tmp_path)


def test_statistics_count_episodes_and_samples(generator):
    made = generator()
    folder = made.generate_training_dataset(["*"], 150)
    found = made.statistics()
    dataset = Dataset.open(folder)
    labelled = sum(episode.table("labels").num_rows for episode in dataset)
    assert 0 < labelled < 150
    assert {name: one.samples for name, one in found.by_class.items()} == {
        "heads": labelled,
        "normal": 300 - labelled,
    }
    assert found.by_scenario["toss/heads"].episodes == sum(one.scenario == "toss/heads" for one in dataset)
    assert found.to_json()["scenario"]["toss/heads"]["samples"] == 150
    assert found.to_json()["strategy"] == {"none": {"episodes": len(dataset), "samples": 300}}
    assert "toss/heads" in str(found)


def test_statistics_follow_the_most_severe_event(generator):
    """A coin that lands late has no event: its episodes are normal ones, whatever the scenario is called."""
    made = generator(twin=late_coin())
    made.generate_training_dataset(["toss/heads"], 120)
    assert {name: one.episodes for name, one in made.statistics().by_class.items()} == {"normal": 2}


def late_coin():
    class LateCoin(CoinTwin):
        def draw(self, scenario, request):
            spec = super().draw(scenario, request)
            return spec.model_copy(update={"params": {**spec.params, "onset_s": 1e6}})

    if "late_coin" not in TWINS:
        TWINS.register("late_coin")(LateCoin)
    return "late_coin"


def test_the_pole_keeps_its_world_under_other_imperfections(generator):
    """A dirtier sensor reads otherwise; truth, events and labels are the same rows."""
    given = {"duration_s": 60.0, "dt_s": 10.0, "twin": "pole", "seed": 5}
    options = {"frame_interval_s": 10, "sensors": ["temperature_humidity", "barometer"]}
    noisy = {"changes": [{"sensors": ["*"], "set": {"age_days": 3000.0}}]}
    plain = generator("plain", options=options, **given).generate_training_dataset(["fire/pole_top_fire"], 6)
    other = generator("other", options=options, **given).generate_training_dataset(
        ["fire/pole_top_fire"], 6, imperfection_settings=noisy
    )
    (one,), (two,) = Dataset.open(plain), Dataset.open(other)
    assert one.spec.world_fingerprint == two.spec.world_fingerprint
    keyless = [name for name in one.schema("truth").names if name != "episode_id"]
    assert one.table("truth", keyless).equals(two.table("truth", keyless))
    for stream in ("events", "labels"):
        names = [name for name in one.schema(stream).names if name != "episode_id"]
        assert one.table(stream, names).equals(two.table(stream, names))
    pressure = "barometer.pressure_pa"
    assert not one.table("readings", [pressure]).equals(two.table("readings", [pressure]))
