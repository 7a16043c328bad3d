"""Stages of a balanced set: the search for episodes, then their simulation."""

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import DatasetError
from envirosense.datasets.files import write_whole
from envirosense.datasets.packed_specs import PackedSpecs
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
from envirosense.factory.twins import TWINS

BALANCED: Final = "balanced"
_CHOOSE: Final = "choose-balanced"
_CHOSEN: Final = "chosen.json"


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
    title = "candidates for the classes"

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
                lambda specs: executor.map(look, specs),
            )
        rows = [
            {"spec": c.spec.model_dump(mode="json"), "class": c.kind, "samples": dict(c.samples)}
            for c in chosen
        ]
        write_whole(_chosen_path(job), json.dumps(rows).encode())
        return {"candidates": search.n_candidates, "episodes": len(chosen)}

    def is_there(self, job: Job, facts: Facts) -> bool:
        """Whether the list of what was chosen is there."""
        return _chosen_path(job).exists()


def _chosen_path(job: Job) -> Path:
    return job.folder / WORK / _CHOSEN


def _chosen(job: Job) -> list[Chosen]:
    path = _chosen_path(job)
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_bytes())
        return [Chosen(EpisodeSpec.model_validate(r["spec"]), r["class"], r["samples"]) for r in rows]
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
        specs = PackedSpecs(one.spec for one in chosen)
        splits = job.drawing.splits_of(specs.groups, [one.kind for one in chosen])
        wanted = {specs.fingerprint(n)[:16]: (one.kind, one.samples) for n, one in enumerate(chosen)}
        note = BalanceNote(balance.definitions, wanted, self._asked.unit)
        settings: JsonObject = {"classes": {name: list(balance.definitions.claims_of(name))
                                            for name in balance.definitions.names}}  # fmt: skip
        gigabytes = job.drawing.cost(self._asked, len(specs)).gigabytes
        return self.made(job, gigabytes, specs, splits, settings, Noting(TWINS[job.manifest.twin], note))
