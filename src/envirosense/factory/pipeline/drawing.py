"""Every episode of a manifest before it is simulated: specs, and the split of every group."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from sys import intern

from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec
from envirosense.core.protocols import Twin
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.splits import assign_splits
from envirosense.factory.edge_cases import EdgeCases, draw_edge_cases
from envirosense.factory.imperfections import Imperfections
from envirosense.factory.job import Draws
from envirosense.factory.pipeline.manifest import DrawnEpisodes, EdgeCaseRequest, PipelineManifest
from envirosense.factory.planning import Estimate, dealt, draw_spec, estimate, known_scenarios
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS

DELIVERY = ("formats", "target", "card", "alerts")  # fields of a manifest that change no episode


def part_starts(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """First index of each part, given its episodes and scenarios.

    Neither an index nor a round of a design (index // scenarios) is used by two parts; the first part has
    the indices of a request of its own.
    """
    starts: list[int] = []
    next_index = next_round = 0
    for episodes, n_scenarios in sizes:
        start = max(-(-next_index // n_scenarios), next_round) * n_scenarios
        starts.append(start)
        next_index = start + episodes
        next_round = (next_index - 1) // n_scenarios + 1
    return starts


class Drawing:
    """Draws the episodes of a manifest; only what is asked for is in memory."""

    def __init__(self, manifest: PipelineManifest) -> None:
        self.manifest = manifest
        self.twin: Twin = TWINS[manifest.twin]()

    def imperfections(self, asked: DrawnEpisodes) -> Imperfections:
        """How the sensors of some episodes are set."""
        return Imperfections.of(asked.imperfections, self.twin)

    def request(self, asked: DrawnEpisodes, episodes: int) -> GenerationRequest:
        """Request of some episodes, with their sensing."""
        return self.manifest.request(asked, episodes, self.imperfections(asked).options)

    def cost(self, asked: DrawnEpisodes, episodes: int) -> Estimate:
        """Hours, gigabytes and minutes on one core of some episodes."""
        return estimate(self.request(asked, episodes), self.twin)

    def first_spec(self, asked: DrawnEpisodes) -> EpisodeSpec:
        """An early spec, to see whether the twin takes what is asked."""
        draws = self.draws(asked, 1)
        return draws.spec(draws.ids[0], 0)

    def specs(self, first: int = 0, last: int | None = None) -> Iterator[EpisodeSpec]:
        """Specs of the parts, in dataset order, from one position to before another."""
        parts = self.manifest.parts
        requests = [self.request(part, part.episodes) for part in parts]
        ids = [known_scenarios(request, self.twin) for request in requests]
        starts = part_starts(_sizes(requests, ids))
        place, end = 0, self.manifest.episodes if last is None else last
        for part, request, names, start in zip(parts, requests, ids, starts, strict=True):
            sensing = self.imperfections(part)
            for turn in range(max(first - place, 0), min(end - place, part.episodes)):
                index = start + turn
                scenario = dealt(names, request.seed, index)
                yield sensing.applied(self.twin, draw_spec(request, self.twin, scenario, index, len(names)))
            place += part.episodes

    def next_turn(self, n_scenarios: int) -> int:
        """First turn of further draws of so many scenarios, which no part uses."""
        requests = [self.request(part, part.episodes) for part in self.manifest.parts]
        ids = [known_scenarios(request, self.twin) for request in requests]
        return part_starts([*_sizes(requests, ids), (1, n_scenarios)])[-1] // n_scenarios

    def draws(self, asked: DrawnEpisodes, episodes: int) -> Draws:
        """Draws of some scenarios, by turn."""
        request = self.request(asked, episodes)
        return Draws(self.twin, known_scenarios(request, self.twin), request, self.imperfections(asked))

    def edge_cases(self, asked: EdgeCaseRequest) -> EdgeCases:
        """Edge cases, exactly as many as asked for."""
        return draw_edge_cases(self.draws(asked, asked.count), asked.strategies, asked.count)

    @cached_property
    def splits(self) -> dict[str, str]:
        """Split of every group that the parts and edge cases stand on."""
        groups, kinds = [], []
        for spec in self.specs():
            groups.append(intern(spec.group))
            kinds.append(intern(spec.scenario.partition("/")[0]))
        if self.manifest.edge_cases is not None:
            cases = self.edge_cases(self.manifest.edge_cases).specs
            groups += cases.groups
            kinds += cases.categories
        return self._assigned(groups, kinds)

    def splits_of(self, groups: Sequence[str], kinds: Sequence[str]) -> list[str]:
        """Split of each episode; groups that no part stands on are split among themselves by kind."""
        known = self.splits if self.manifest.parts or self.manifest.edge_cases else {}
        new = [place for place, group in enumerate(groups) if group not in known]
        if new:
            known = known | self._assigned([groups[i] for i in new], [kinds[i] for i in new])
        return [known[group] for group in groups]

    def _assigned(self, groups: Sequence[str], kinds: Sequence[str]) -> dict[str, str]:
        shares = self.manifest.splits.shares
        return assign_splits(groups, shares, seed=self.manifest.seed, categories=kinds)

    def plan(
        self,
        episodes: PlannedEpisodes,
        settings: Mapping[str, JsonValue],
        bytes_per_episode: int,
        workers: int,
    ) -> Plan:
        """Plan of some episodes of the run."""
        manifest = self.manifest
        return Plan.build(
            name=manifest.name,
            twin=manifest.twin,
            seed=manifest.seed,
            episodes=episodes,
            settings={
                **manifest.whole_request.model_dump(mode="json"),
                "pipeline": asked_of_episodes(manifest),
                **settings,
            },
            code_version=version("envirosense"),
            physics_version=self.physics_version,
            bytes_per_episode=bytes_per_episode,
            workers=workers,
        )

    @property
    def physics_version(self) -> str:
        """Version of the twin's physics."""
        return str(self.twin.describe().get("physics_version", ""))


def _sizes(requests: Sequence[GenerationRequest], ids: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    return [(request.episodes, len(names)) for request, names in zip(requests, ids, strict=True)]


def asked_of_episodes(manifest: PipelineManifest) -> dict[str, JsonValue]:
    """The manifest as plain data without what only concerns its delivery."""
    return {name: value for name, value in manifest.plain.items() if name not in DELIVERY}
