"""What is watched and who is told, from a YAML file."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, model_validator

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.factory.monitoring.rules import AlertRule
from envirosense.factory.monitoring.sinks import AlertSink


class MonitoringConfig(FrozenModel):
    """Metrics, alert rules and sinks of a run; everything is optional."""

    textfile: Path | None = None  # metrics for the textfile collector, NAME.prom
    port: Annotated[int, Field(ge=0, le=65535)] | None = None  # metrics over HTTP on loopback; 0 is any
    check_every_s: PositiveFloat = 5.0
    rules: tuple[AlertRule, ...] = ()
    sinks: tuple[AlertSink, ...] = ()

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = sorted(rule.name for rule in self.rules)
        for one, other in pairwise(names):
            if one == other:
                raise ValueError(f"two rules are called {one}; rename one")
        return self

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Configuration in a YAML file; its relative paths start at the file's folder.

        Raises:
            ConfigError: for what does not fit, naming the field.
        """
        file = Path(path).expanduser().absolute()
        return cls.parse(_anchored(load_yaml(file), file.parent))


def _anchored(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    found = dict(data)
    if isinstance(found.get("textfile"), str):
        found["textfile"] = folder / found["textfile"]
    if isinstance(found.get("sinks"), list):
        found["sinks"] = [
            {**sink, "path": folder / sink["path"]}
            if isinstance(sink, dict) and isinstance(sink.get("path"), str)
            else sink
            for sink in found["sinks"]
        ]
    return found
