"""What a training set holds: episodes and labelled ticks per class, scenario and strategy."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from envirosense.datasets.dataset import DatasetView
from envirosense.datasets.episode import Episode
from envirosense.factory.balance_note import FACT as BALANCE
from envirosense.factory.balance_note import STREAM
from envirosense.factory.classes import ClassDefinitions, episode_type, tick_types
from envirosense.factory.edge_cases import FACT as EDGE_CASE

UNMODIFIED: Final = "none"  # strategy of an episode that is no edge case
UNCLAIMED: Final = "other"  # what the classes of a balanced set do not name


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is of something."""

    episodes: int
    samples: int  # labelled ticks


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts by class, scenario and strategy.

    Classes are those of a balanced set, of others the event types and `normal`. An episode counts for the
    class of its most severe event, a sample for that of its tick.
    """

    by_class: Mapping[str, Amount]
    by_scenario: Mapping[str, Amount]
    by_strategy: Mapping[str, Amount]

    def to_json(self) -> dict[str, dict[str, dict[str, int]]]:
        """The same as plain data."""
        return {
            name: {key: {"episodes": one.episodes, "samples": one.samples} for key, one in found.items()}
            for name, found in (
                ("class", self.by_class), ("scenario", self.by_scenario), ("strategy", self.by_strategy)
            )
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [
            f"{name:<9} {key:<32} {one['episodes']:>8,} episodes {one['samples']:>12,} samples"
            for name, found in self.to_json().items()
            for key, one in found.items()
        ]
        return "\n".join(lines)


def amounts_of(view: DatasetView) -> Amounts:
    """What the usable episodes of a dataset hold, counted from its labels; of a balanced set, its samples."""
    written = view.manifest.settings.get("class_label_definitions")
    definitions = ClassDefinitions.of(written) if isinstance(written, dict) else None  # type: ignore[arg-type]
    counts = {name: (Counter[str](), Counter[str]()) for name in ("class", "scenario", "strategy")}
    for episode in view:
        kind, classes = _classes(episode, definitions)
        facts: dict[str, Any] = episode.summary["facts"]
        strategy = facts.get(EDGE_CASE, {}).get("strategy", UNMODIFIED)
        for name, key in (("class", kind), ("scenario", episode.scenario), ("strategy", strategy)):
            counts[name][0][key] += 1
            counts[name][1].update(classes if name == "class" else {key: classes.total()})
    return Amounts(*(_by_name(*counts[name]) for name in ("class", "scenario", "strategy")))


def _classes(episode: Episode, definitions: ClassDefinitions | None) -> tuple[str, Counter[str]]:
    """Class of an episode, and how many samples of which class it holds."""
    labels = episode.table("labels") if "labels" in episode.streams else None
    if definitions is None:
        return episode_type(labels), Counter(tick_types(labels, episode.spec.grid.n).tolist())
    told = episode.summary["facts"].get(BALANCE)  # missing where the set was extended or augmented
    kind = str(told["class"] if told else definitions.of_episode(labels, episode.scenario) or UNCLAIMED)
    if STREAM in episode.streams:
        return kind, Counter(episode.table(STREAM, ["class_label"])["class_label"].to_pylist())
    places: Iterable[int] = definitions.of_ticks(labels, episode.scenario, episode.spec.grid.n).tolist()
    return kind, Counter(definitions.names[place] if place >= 0 else UNCLAIMED for place in places)


def _by_name(episodes: Counter[str], samples: Counter[str]) -> dict[str, Amount]:
    return {key: Amount(episodes[key], samples[key]) for key in sorted({*episodes, *samples})}
