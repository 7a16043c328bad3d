"""Stages of a balanced set: the search for episodes, then their simulation."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import DatasetError
from envirosense.datasets.files import write_whole
from envirosense.factory.balance import Chosen, Search, default_candidates, look_at, require_reachable
from envirosense.factory.balance_note import BalanceNote
from envirosense.factory.classes import ClassDefinitions
from envirosense.factory.job import Job as Work
from envirosense.factory.noted import Noting
from envirosense.factory.pipeline.drawing import Drawing
from envirosense.factory.pipeline.manifest import BalanceRequest
from envirosense.factory.pipeline.sources import Source
from envirosense.factory.pipeline.stage import WORK, Facts, Job, Stage
from envirosense.factory.quotas import Unit, most_of_one, quotas
from envirosense.factory.retrying import results_of
from envirosense.factory.twins import TWINS

BALANCED: Final = "balanced"
_CHOOSE: Final = "choose-balanced"
_CHOSEN: Final = "chosen.jsonl"


class Balance:
    """What is asked of a balanced set, worked out."""

    def __init__(self, asked: BalanceRequest, drawing: Drawing) -> None:
        """Work it out.

        Raises:
            ConfigError: for a class that cannot be met, or a target that makes no numbers.
        """
        self.wanted = quotas(asked.target, asked.total)
        self.definitions = ClassDefinitions.of(asked.classes, self.wanted)
        self.draws = drawing.draws(asked, sum(self.wanted.values()))
        require_reachable(self.definitions, self.wanted, self.draws.ids)

    def search(self, asked: BalanceRequest) -> Search:
        """A search that has looked at nothing yet."""
        most = asked.max_candidates or default_candidates(self.wanted, asked.unit, len(self.draws.ids))
        return Search(self.draws.ids, self.definitions, self.wanted, asked.unit, most)

    def most_episodes(self, unit: Unit) -> int:
        """Episodes that the set takes at most, about."""
        most = most_of_one(self.wanted, unit)
        return sum(-(-n // most[name]) for name, n in self.wanted.items() if n)


class ChooseBalanced(Stage):
    """The search for episodes that hold every class exactly as often as wanted."""

    name = _CHOOSE
    title = "search for episodes of every class"

    def __init__(self, asked: BalanceRequest) -> None:
        self._asked = asked

    def run(self, job: Job) -> Facts:
        """Draw and label candidates until every class has its number."""
        balance, make_twin = Balance(self._asked, job.drawing), TWINS[job.manifest.twin]
        search, draws = balance.search(self._asked), balance.draws
        first = job.drawing.next_turn(len(draws.ids))
        work = Work(make_twin, draws.request, job.folder, job.workers, job.executor, None)
        with work.at_work() as executor:
            look = partial(look_at, make_twin, balance.definitions)
            chosen = search.run(
                lambda scenario, turn: draws.spec(scenario, first + turn),
                lambda specs: results_of(executor, look, specs),
                job.report.counted(f"{self._asked.unit} found"),
            )
        write_whole(_chosen_path(job), _lines(chosen))
        return {"candidates": search.n_candidates, "episodes": len(chosen)}

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether the list of what was chosen is there."""
        return _chosen_path(job).exists()


def _chosen_path(job: Job) -> Path:
    return job.folder / WORK / _CHOSEN


def _lines(chosen: Chosen) -> Iterator[bytes]:
    """A line for each episode, its facts and its spec, then one with their number."""
    for place, episode_id in enumerate(chosen.facts):
        facts = json.dumps(chosen.facts[episode_id]).encode()
        yield b"[" + facts + b", " + chosen.specs.text(place) + b"]\n"
    yield b"%d\n" % len(chosen)


def _chosen(job: Job) -> Chosen:
    path, found = _chosen_path(job), Chosen()
    try:
        with path.open("rb") as lines:
            for row in map(json.loads, lines):
                if row == len(found):
                    return found
                facts, spec = row
                found.add(EpisodeSpec.model_validate(spec), facts["class"], facts["samples"])
        raise ValueError("its end is missing")
    except (OSError, ValueError, KeyError, TypeError):
        raise DatasetError(f"{path}: damaged; delete it and run the same command again") from None


class MakeBalanced(Source):
    """The episodes that were chosen, each with its class."""

    name = BALANCED
    title = "balanced episodes"
    needs = (_CHOOSE,)

    def __init__(self, asked: BalanceRequest) -> None:
        self._asked = asked

    def run(self, job: Job) -> Facts:
        """Simulate them."""
        balance, chosen = Balance(self._asked, job.drawing), _chosen(job)
        splits = job.drawing.splits_of(chosen.specs.groups, chosen.kinds)
        note = BalanceNote(balance.definitions, chosen.facts, self._asked.unit)
        settings: JsonObject = {"classes": {name: list(balance.definitions.claims_of(name))
                                            for name in balance.definitions.names}}  # fmt: skip
        gigabytes = job.drawing.cost(self._asked, len(chosen)).gigabytes
        return self.made(
            job, gigabytes, chosen.specs, splits, settings, Noting(TWINS[job.manifest.twin], note)
        )
