"""Model files: what is stored scores the same, and nothing dangerous or damaged is loaded."""

import hashlib
import json

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.learning.models.bundle import ModelBundle, alarm_score, bundle_of, load_bundle
from envirosense.learning.models.card import ModelFile
from envirosense.testing.toy_samples import toy_samples


@pytest.fixture(scope="module")
def bundle():
    from sklearn.ensemble import ExtraTreesClassifier

    samples = toy_samples(1, 6, 10)
    forest = ExtraTreesClassifier(5, random_state=0).fit(samples.x, samples.y)
    return bundle_of(
        forest, task="toy", negative="normal", features=samples.features, threshold=0.4, trainer="forest@1"
    )


def test_a_stored_model_scores_the_same(bundle, tmp_path):
    held_out = toy_samples(2, 2, 10)
    again = load_bundle(bundle.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.score(held_out), bundle.score(held_out))
    assert again.model_id == bundle.model_id
    assert (again.threshold, again.negative, again.classes) == (0.4, "normal", ("event", "normal"))
    np.testing.assert_allclose(alarm_score(again, held_out), again.score(held_out)[:, 0])


def test_members_average_to_the_score(bundle):
    held_out = toy_samples(2, 2, 10)
    members = bundle.score_members(held_out)
    assert members.shape == (5, len(held_out), 2)
    np.testing.assert_allclose(members.mean(axis=0), bundle.score(held_out), atol=1e-12)


def test_nothing_to_score_gives_nothing(bundle):
    empty = toy_samples(2, 2, 10).select(np.zeros(60, dtype=bool))
    assert bundle.score(empty).shape == (0, 2)
    assert bundle.score_members(empty).shape == (1, 0, 2)


def test_the_id_is_that_of_what_the_model_says(bundle):
    other = bundle.card.model_copy(update={"threshold": 0.5})
    told = bundle.card.model_copy(update={"facts": {"seed": 5}})
    assert other.model_id != bundle.card.model_id
    assert told.model_id == bundle.card.model_id


def test_other_features_are_refused(bundle):
    from dataclasses import replace

    samples = replace(toy_samples(2, 2, 10), features=("a.mean", "b.mean", "d.mean"))
    with pytest.raises(DatasetError, match=r"missing \['c.mean'\], new \['d.mean'\]"):
        bundle.score(samples)


def test_a_damaged_file_is_refused(bundle, tmp_path):
    folder = bundle.save(tmp_path / "model")
    (folder / "model.skops").write_bytes(bundle.data[:-1] + b"x")
    with pytest.raises(DatasetError, match="checksum differs"):
        load_bundle(folder)
    (folder / "model.skops").unlink()
    with pytest.raises(DatasetError, match="missing"):
        load_bundle(folder)


def test_a_file_of_a_type_that_is_not_on_the_list_is_refused(bundle, tmp_path):
    from sklearn.base import BaseEstimator, ClassifierMixin
    from skops import io

    global Sly  # a type must be found by its module to be stored

    class Sly(ClassifierMixin, BaseEstimator):
        classes_ = np.array(["event", "normal"])

    Sly.__qualname__ = "Sly"
    with pytest.raises(ConfigError, match="may not be in a model file"):
        bundle_of(Sly(), task="toy", negative="normal", features=("a",), threshold=0.4, trainer="x@1")
    data = io.dumps(Sly())
    file = ModelFile(
        name="model.skops", format="skops", sha256=hashlib.sha256(data).hexdigest(), n_bytes=len(data)
    )
    sly = ModelBundle(bundle.card.model_copy(update={"file": file}), data, None)
    with pytest.raises(DatasetError, match="which a model file may not"):
        load_bundle(sly.save(tmp_path / "sly"))


def test_an_imputer_and_a_line_are_a_model(tmp_path):
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    samples = toy_samples(1, 6, 10)
    samples.x[::7, 0] = np.nan
    line = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(samples.x, samples.y)
    made = bundle_of(
        line, task="toy", negative="normal", features=samples.features, threshold=0.5, trainer="line@1"
    )
    again = load_bundle(made.save(tmp_path / "line"))
    np.testing.assert_allclose(again.score(samples), line.predict_proba(samples.x))


def test_cards_of_others_are_refused(bundle, tmp_path):
    folder = bundle.save(tmp_path / "model")
    card = folder / "model.json"
    told = json.loads(card.read_text())
    for change, error, said in [
        ({"schema_version": 9}, SchemaVersionError, "newer"),
        ({"surprise": 1}, ConfigError, "unknown field"),
        ({"file": {**told["file"], "name": "../model.skops"}}, DatasetError, "beside it"),
    ]:
        card.write_text(json.dumps({**told, **change}))
        with pytest.raises(error, match=said):
            load_bundle(folder)
    card.write_text("{")
    with pytest.raises(DatasetError, match="not the card"):
        load_bundle(folder)
    with pytest.raises(DatasetError, match="give the folder of a model"):
        load_bundle(tmp_path / "nowhere")


def test_a_model_that_cannot_stay_quiet_is_refused(bundle):
    with pytest.raises(ConfigError, match="is not among the classes"):
        bundle_of(bundle.estimator, task="toy", negative="calm", features=("a",), threshold=0, trainer="x@1")
    with pytest.raises(ConfigError, match="must be finite"):
        bundle_of(
            bundle.estimator, task="toy", negative="normal", features=("a",), threshold=np.nan, trainer="x@1"
        )
