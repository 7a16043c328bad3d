import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.core.settings import settings
from envirosense.factory.lineage import LineageTracker
from envirosense.learning.deployment.probe import Probe
from envirosense.learning.deployment.registry import ModelRegistry
from tests.learning.deployment.conftest import bundle, fitted, samples


def test_versions_count_up_within_a_task(registry):
    labels = [
        registry.add(bundle(threshold, task=task)).label
        for task, threshold in (("pump-window", 0.2), ("gate-window", 0.2), ("pump-window", 0.4))
    ]
    assert labels == ["pump-window@1", "gate-window@1", "pump-window@2"]
    assert [one.label for one in registry.versions()] == ["gate-window@1", "pump-window@1", "pump-window@2"]
    assert [one.number for one in registry.versions("pump-window")] == [1, 2]


def test_the_same_bytes_are_the_same_version(registry):
    first = registry.add(bundle(), facts={"cycle": 1})
    again = registry.add(bundle(), parent=first.label, facts={"cycle": 2})
    assert again == first
    assert len(list(registry.folder.iterdir())) == 1


def test_a_version_reads_back_and_scores_the_same(registry):
    made = bundle()
    version = registry.add(made, facts={"seed": 3})
    found = registry.tested(registry.version(version.label))
    np.testing.assert_array_equal(found.score(samples()), made.score(samples()))
    assert registry.version("model:pump-window@1").facts == {"seed": 3}


def test_versions_entered_at_once_get_a_number_each(registry):
    made = [bundle(threshold) for threshold in np.linspace(0.1, 0.9, 6)]
    with ThreadPoolExecutor(6) as pool:
        numbers = [one.number for one in pool.map(registry.add, made)]
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]


def test_one_model_entered_at_once_by_several_is_one_version(registry):
    with ThreadPoolExecutor(4) as pool:
        assert {one.label for one in pool.map(registry.add, [bundle()] * 4)} == {"pump-window@1"}
    assert [one.name for one in registry.folder.iterdir()] == [bundle().model_id]


def test_the_folder_of_a_faster_process_is_left_where_it_is(registry, monkeypatch):
    one, faster, save = bundle(), [], Probe.save

    def save_last(probe, staged):
        save(probe, staged)
        final = shutil.copytree(staged, registry.folder / one.model_id)
        faster.append(final.stat().st_ino)

    monkeypatch.setattr(Probe, "save", save_last)
    version = registry.add(one)
    assert [version.path.stat().st_ino] == faster
    assert list(registry.folder.iterdir()) == [version.path]


def test_a_damaged_file_is_refused(registry):
    version = registry.add(bundle())
    path = version.path / "model.skops"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="damaged"):
        registry.load(version)
    assert registry.add(bundle()) == version  # the same bytes again mend it
    assert registry.tested(version).model_id == version.model_id


def test_a_changed_card_is_refused(registry):
    version = registry.add(bundle())
    card = json.loads((version.path / "model.json").read_text())
    (version.path / "model.json").write_text(json.dumps({**card, "threshold": 0.9}))
    with pytest.raises(DatasetError, match="its card was changed"):
        registry.load(version)


def test_a_model_that_says_something_else_fails_the_smoke_test(registry):
    version = registry.add(bundle())
    path = version.path / "probe.json"
    told = json.loads(path.read_text())
    told["score"][0] = [0.123, 0.877]
    path.write_text(json.dumps(told))
    registry.load(version)
    with pytest.raises(DatasetError, match="probe rows differ"):
        registry.tested(version)
    path.unlink()
    with pytest.raises(DatasetError, match=r"probe\.json: cannot be read"):
        registry.tested(version)


class Rubbish(DecisionTreeClassifier):
    """Scores that are no probabilities."""

    def predict_proba(self, x):
        return np.full((len(x), 2), np.nan)


@pytest.mark.parametrize("scores", [np.nan, 0.4])
def test_a_model_with_rubbish_scores_gets_no_number(registry, scores):
    odd = bundle()
    rubbish = Rubbish(max_depth=3).fit(samples().x, samples().y)
    rubbish.predict_proba = lambda x: np.full((len(x), 2), scores)
    with pytest.raises(DatasetError, match="no probabilities"):
        registry.add(type(odd)(odd.card, odd.data, rubbish))
    assert registry.versions() == ()
    assert not registry.folder.exists() or not list(registry.folder.iterdir())


def test_a_file_that_reads_back_as_another_model_gets_no_number(registry):
    odd = bundle()
    with pytest.raises(DatasetError, match="probe rows differ"):
        registry.add(type(odd)(odd.card, odd.data, fitted(seed=2)))
    assert registry.versions() == ()


def test_what_a_killed_process_left_is_no_version_and_no_obstacle(registry):
    (registry.folder / bundle().model_id).mkdir(parents=True)
    (registry.folder / bundle().model_id / "model.skops").write_bytes(b"half")
    assert registry.versions() == ()
    assert registry.tested(registry.add(bundle())).model_id == bundle().model_id


def test_a_probe_may_be_real_rows_with_gaps(registry):
    rows = samples(20)
    rows.x[0] = np.nan
    version = registry.add(bundle(), probe=rows)
    assert None in json.loads((version.path / "probe.json").read_text())["x"][0]
    registry.tested(version)


def test_the_catalogue_moves_with_its_models(registry, tmp_path):
    registry.add(bundle())
    shutil.move(tmp_path / "home", tmp_path / "moved")
    moved = ModelRegistry(f"sqlite:///{tmp_path / 'moved' / 'catalog.sqlite'}")
    assert moved.tested("pump-window@1").model_id == bundle().model_id


def test_what_is_not_there_is_named(registry, tmp_path):
    assert registry.versions() == ()
    assert not (tmp_path / "home").exists()  # a question makes no file
    registry.add(bundle())
    with pytest.raises(UnknownNameError, match="did you mean 'pump-window@1'"):
        registry.version("pump-window@7")
    with pytest.raises(ConfigError, match="must be NAME@NUMBER"):
        registry.version("pump-window")


def test_a_catalogue_without_a_folder_needs_one(monkeypatch, tmp_path):
    monkeypatch.delenv("ENVIROSENSE_HOME", raising=False)
    settings.cache_clear()
    with pytest.raises(ConfigError, match="set ENVIROSENSE_HOME"):
        ModelRegistry("postgresql://host/db")
    monkeypatch.setenv("ENVIROSENSE_HOME", str(tmp_path))
    settings.cache_clear()
    assert ModelRegistry("postgresql://host/db").folder == tmp_path / "models"
    settings.cache_clear()


def test_lineage_finds_a_version_and_what_trained_it(registry):
    tracker = LineageTracker(registry.url)
    with tracker.activity("train", facts={"seed": 4}) as recording:
        version = registry.add(bundle(), facts={"cycle": 1})
        recording.generated("model", version.label, version.path, version.model_id, version.facts)
    graph = tracker.upstream("model:pump-window@1")
    assert graph.focus == version.artifact.artifact_id
    assert [one.kind for one in graph.activities.values()] == ["train"]
    with tracker.activity("deploy-report", used=[version.artifact]) as recording:
        recording.generated("report", "r", "r.html", "ab" * 32)
    assert [one.kind for one in tracker.downstream("pump-window@1").artifacts.values()] == ["model", "report"]


def test_a_version_that_nobody_recorded_is_found_too(registry):
    registry.add(bundle())
    graph = LineageTracker(registry.url).upstream("model:pump-window@1")
    assert [one.name for one in graph.artifacts.values()] == ["pump-window@1"]
