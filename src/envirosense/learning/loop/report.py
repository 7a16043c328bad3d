"""What a loop did so far: its cycles, what serves, and the learning curve against even draws."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envirosense.datasets.files import write_whole
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.intervals import Estimate
from envirosense.learning.loop.folder import LoopFolder, read_config
from envirosense.learning.loop.subject import LoopSubject
from envirosense.learning.tasks import Metric

type Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """A metric of a learning curve after so many episodes."""

    episodes: int
    found: Estimate


@dataclass(frozen=True, slots=True)
class LoopReport:
    """A loop after some cycles.

    Attributes:
        task: Name of the models.
        serving: Label of the version that serves; None before the first.
        cycles: What each cycle left, oldest first.
        deployments: Rows of the deployment log, oldest first.
        episodes: Of a cycle.
    """

    subject: str
    task: str
    seed: int
    episodes: int
    serving: str | None
    cycles: tuple[Facts, ...]
    deployments: tuple[Facts, ...]

    def curve(self, arm: str, metric: Metric) -> tuple[Point, ...]:
        """Learning curve of the arm `asked` or `even`; cycles without a model are left out."""
        found = []
        for one in self.cycles:
            overall = (one["even"] if arm == "even" else one["judged"].get("evaluation") or {}).get("overall")
            if overall:
                found.append(Point(one["cycle"] * self.episodes, Estimate(**overall[metric])))
        return tuple(found)

    def to_json(self) -> Facts:
        """All of it as plain data."""
        return {
            "schema_version": 1, "subject": self.subject, "task": self.task, "seed": self.seed,
            "episodes": self.episodes, "serving": self.serving, "cycles": list(self.cycles),
            "deployments": list(self.deployments),
        }  # fmt: skip

    def rows(self) -> list[Facts]:
        """A line for each cycle, for a table."""
        found = []
        for one in self.cycles:
            overall = (one["judged"].get("evaluation") or {}).get("overall", {})
            even = one["even"].get("overall", {})
            verdict = one["judged"].get("verdict")
            outcome = "no new version" if one["trained"]["version"] is None else "serves already"
            if verdict is not None:
                outcome = "promoted" if verdict["promote"] else "stays challenger"
            found.append({
                "cycle": one["cycle"],
                "episodes": one["cycle"] * self.episodes,
                "version": one["trained"]["version"],
                "pr_auc": _value(overall, "pr_auc"),
                "even pr_auc": _value(even, "pr_auc"),
                "recall": _value(overall, "recall"),
                "false alarms": _value(overall, "false_alarms"),
                "outcome": outcome,
                "serving": one["judged"]["serving"],
            })  # fmt: skip
        return found

    def write(self, folder: Path) -> Path:
        """Path of the page, after writing `report.json` and `report.html`."""
        from envirosense.learning.loop.page import render

        text = json.dumps(self.to_json(), indent=1, allow_nan=False, default=str) + "\n"
        write_whole(folder / "report.json", text.encode())
        write_whole(folder / "report.html", render(self).encode())
        return folder / "report.html"


def report_of(folder: LoopFolder, subject: LoopSubject, cycles: int) -> LoopReport:
    """Report of the cycles that are done, of `cycles`."""
    config = read_config(folder.root)
    deployment = ModelDeployment(ModelRegistry(folder.url), subject.task.name)
    serving = deployment.serving()
    done = [folder.cycle(number) / "cycle.json" for number in range(1, cycles + 1)]
    return LoopReport(
        subject=subject.name,
        task=subject.task.name,
        seed=config.seed,
        episodes=config.episodes,
        serving=serving.label if serving else None,
        cycles=tuple(json.loads(path.read_text(encoding="utf-8")) for path in done if path.exists()),
        deployments=tuple(one.to_json() for one in deployment.history()),
    )


def _value(overall: Facts, metric: Metric) -> float | None:
    found = overall.get(metric)
    return None if found is None else found["value"]
