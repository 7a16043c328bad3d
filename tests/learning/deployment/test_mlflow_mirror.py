import sys

import pytest

from envirosense.core.errors import DatasetError, MissingExtraError
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.mlflow_mirror import mirror_to_mlflow
from tests.learning.deployment.conftest import bundle


def test_without_mlflow_the_extra_is_named(registry, three, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r"envirosense\[mlflow\]"):
        mirror_to_mlflow(registry, f"sqlite:///{tmp_path / 'm.sqlite'}")


@pytest.mark.filterwarnings("ignore")  # of MLflow's own making
def test_versions_and_aliases_are_mirrored(registry, three, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path / 'm.sqlite'}"
    live = ModelDeployment(registry, "pump-window")
    live.promote(three[0], reason="r", who="ann")
    live.promote(three[1], reason="r", who="ann", share=0.2)
    registry.add(bundle(task="gate-window"))
    found = mirror_to_mlflow(registry, uri)
    assert set(found.added) == {*three, "gate-window@1"}
    assert found.aliases == {"pump-window@production": three[0], "pump-window@production-trial": three[1]}
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    served = client.get_model_version_by_alias("pump-window", "production")
    assert int(served.version) == 1
    assert served.tags["envirosense.model_id"] == live.serving().model_id
    live.promote(three[1], reason="r", who="ann")
    again = mirror_to_mlflow(registry, uri)
    assert again.added == ()
    assert again.aliases == {"pump-window@production": three[1]}
    aliases = client.get_registered_model("pump-window").aliases
    assert {name: int(number) for name, number in aliases.items()} == {"production": 2}


@pytest.mark.filterwarnings("ignore")
def test_a_registry_with_versions_of_others_is_refused(registry, three, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path / 'm.sqlite'}"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    client.create_registered_model("pump-window")
    client.create_model_version("pump-window", "file:///elsewhere")
    with pytest.raises(DatasetError, match="that are not ours"):
        mirror_to_mlflow(registry, uri)
