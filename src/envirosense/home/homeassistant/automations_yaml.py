"""Automations, scripts and scenes of a home as the files that Home Assistant reads."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import yaml


class Configured(Protocol):
    """An automation that knows how Home Assistant writes it."""

    def config(self) -> Mapping[str, object]:
        """Its keys: `id`, `alias`, `triggers`, `conditions`, `actions`, `mode`."""

    def script_configs(self) -> Mapping[str, Mapping[str, object]]:
        """Its scripts by object id."""

    def scene_configs(self) -> Sequence[Mapping[str, object]]:
        """Its scenes."""


def automation_files(automations: Sequence[Configured]) -> dict[str, str]:
    """Texts of `automations.yaml`, `scripts.yaml` and `scenes.yaml` by name.

    Raises:
        ValueError: if two automations have one id: Home Assistant would leave one out.
    """
    configs = [one.config() for one in automations]
    ids = [str(one.get("id")) for one in configs]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ValueError(f"more than one automation has the id {', '.join(twice)}")
    scripts = {name: script for one in automations for name, script in one.script_configs().items()}
    scenes = [scene for one in automations for scene in one.scene_configs()]
    return {
        "automations.yaml": _yaml(configs),
        "scripts.yaml": _yaml(scripts),
        "scenes.yaml": _yaml(scenes),
    }


def configured_ids(automations: Sequence[Configured]) -> frozenset[str]:
    """Unique ids of all automations, scripts and scenes."""
    ids = [str(one.config().get("id")) for one in automations]
    ids += [name for one in automations for name in one.script_configs()]
    ids += [str(scene.get("id")) for one in automations for scene in one.scene_configs()]
    return frozenset(ids)


def _yaml(value: object) -> str:
    return yaml.safe_dump(_plain(value), sort_keys=False, allow_unicode=True, width=100)


def _plain(value: object) -> object:
    """The same in dicts and lists, which are all that YAML knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
