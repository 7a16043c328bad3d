"""Versions and what serves, mirrored into the model registry of MLflow.

The mirror is for looking at: MLflow keeps no history of its aliases, so ours stays the one that decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from envirosense.core.errors import DatasetError, MissingExtraError
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.log import PRODUCTION
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.deployment.version import ModelVersion

_MODEL_ID: Final = "envirosense.model_id"  # tag of a version


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a mirroring changed.

    Attributes:
        added: Labels of versions that were not there yet.
        aliases: MLflow's `NAME@ALIAS` to our label, as they stand now.
    """

    added: tuple[str, ...]
    aliases: dict[str, str]


def mirror_to_mlflow(
    registry: ModelRegistry, uri: str, *, targets: Sequence[str] = (PRODUCTION,)
) -> Mirrored:
    """What was mirrored; mirroring again changes only what changed here.

    Args:
        registry: of the versions.
        uri: of MLflow's registry, such as `sqlite:////data/mlflow.sqlite`.
        targets: each becomes an alias, and `TARGET-trial` where a trial runs.

    Raises:
        MissingExtraError: without MLflow.
        DatasetError: if MLflow numbers a version differently, because others wrote there.
    """
    client = _client(uri)
    added: list[str] = []
    aliases: dict[str, str] = {}
    for task in dict.fromkeys(one.name for one in registry.versions()):
        _require_model(client, task)
        found = client.search_model_versions(f"name='{task}'")
        known = {int(one.version): one.tags.get(_MODEL_ID) for one in found}
        for one in registry.versions(task):
            if one.number not in known:
                _add(client, one)
                added.append(one.label)
            elif known[one.number] != one.model_id:
                raise _foreign(one, one.number)
        for target in targets:
            aliases |= _point(client, ModelDeployment(registry, task, target))
    return Mirrored(tuple(added), aliases)


def _client(uri: str) -> Any:
    try:
        from mlflow import MlflowClient
    except ImportError:
        raise MissingExtraError("mlflow-skinny", "mlflow") from None
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _require_model(client: Any, task: str) -> None:
    if not client.search_registered_models(f"name='{task}'"):
        client.create_registered_model(task)


def _add(client: Any, one: ModelVersion) -> None:
    tags = {_MODEL_ID: one.model_id, "envirosense.created_utc": one.created_utc}
    tags |= {"envirosense.parent": one.parent} if one.parent else {}
    made = client.create_model_version(one.name, one.path.as_uri(), tags=tags)
    if int(made.version) != one.number:
        client.delete_model_version(one.name, made.version)
        raise _foreign(one, int(made.version))


def _foreign(one: ModelVersion, number: int) -> DatasetError:
    return DatasetError(
        f"{one}: MLflow has versions of that name that are not ours (version {number}); "
        "mirror into a registry of its own"
    )


def _point(client: Any, deployment: ModelDeployment) -> dict[str, str]:
    """Set the aliases of a target, and take away that of a trial that ended."""
    task, serving, trial = deployment.task, deployment.serving(), deployment.canary()
    wanted = {deployment.target: serving, f"{deployment.target}-trial": trial.version if trial else None}
    held = client.get_registered_model(task).aliases
    for alias, version in wanted.items():
        if version is not None:
            client.set_registered_model_alias(task, alias, str(version.number))
        elif alias in held:
            client.delete_registered_model_alias(task, alias)
    return {f"{task}@{alias}": one.label for alias, one in wanted.items() if one is not None}
