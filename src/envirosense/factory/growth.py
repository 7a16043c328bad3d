"""One extension of a dataset, drawn and split before anything is simulated."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from itertools import count
from typing import Any, Final

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, DatasetError
from envirosense.core.protocols import Twin
from envirosense.core.rng import stream
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.manifest import Manifest, StreamFacts, schema_metadata
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.datasets.plan import Plan
from envirosense.datasets.planned_episodes import PlannedEpisodes
from envirosense.datasets.schema import describe_columns
from envirosense.datasets.splits import DEFAULT_FRACTIONS
from envirosense.datasets.union import check_columns
from envirosense.factory.planning import dealt, draw_spec, estimate, known_scenarios
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.factory.weak_spots import Extension, WeakSpot, deal_spots, require_within

type Spot = tuple[str, WeakSpot]

GROWING: Final = ".extend"  # unfinished work, inside the dataset
_MOST_USED_UP: Final = 1000  # draws passed over for one episode, beside those of the dataset


def place_name(number: int) -> str:
    """Folder of the work on a version, inside `GROWING`."""
    return f"{number:05d}"


class Growth:
    """One extension, drawn and split before anything is simulated."""

    def __init__(self, old: Dataset, asked: Extension, workers: int) -> None:
        self.old, self.asked, self.workers = old, asked, workers
        self.version = old.manifest.version + 1
        self.place = old.folder / GROWING / place_name(self.version)
        self.first_index = max(old.short["index"].to_pylist()) + 1
        self.base = _base_request(old.manifest)
        self.request = asked.request(self.base)
        twin = TWINS[old.manifest.twin]()
        _check_physics(old.manifest, twin)
        self.specs = self._draw(twin)
        self._check_ticks()
        self.splits = split_new_groups(old, self.specs.groups, self.request.seed)
        self.plan = self._plan(twin)

    def _draw(self, twin: Twin) -> PackedSpecs:
        """Specs of the new episodes, from the first index on whose world no stored episode has.

        A balanced set holds some draws out of many, and an edge case the world of the draw it modifies: the
        positions of their episodes do not tell which draws are used up.
        """
        known = set(self.old.short["world_seed"].to_pylist())
        specs, found = PackedSpecs(), self._candidates(twin)
        for spot in self._spots(known_scenarios(self.request, twin)):
            for _ in range(_MOST_USED_UP + len(known)):
                spec = found(spot)
                if spec.world_seed not in known:
                    break
            else:
                fix = "its draws are used up; take another seed"
                raise ConfigError("seed", self.request.seed, fix)
            if spot is not None:
                require_within(spec, spot[1])
            specs.append(spec)
        return specs

    def _spots(self, ids: Sequence[str]) -> Sequence[Spot | None]:
        """Scenario and weak spot of every episode; None where scenarios are dealt in rounds."""
        n, seed = self.request.episodes, self.request.seed
        if not self.asked.weak_spots:
            return [None] * n
        return deal_spots(self.asked.weak_spots, ids, n, seed, self.first_index)

    def _candidates(self, twin: Twin) -> Callable[[Spot | None], EpisodeSpec]:
        """Gives the next draw, of what is dealt or of a weak spot."""
        ids, indices = known_scenarios(self.request, twin), count(self.first_index)
        # The turn of a scenario is its place in the twin's design: it must not meet the old ones again.
        n_scenarios = len(ids) if ids == known_scenarios(self.base, twin) else 1

        def candidate(spot: Spot | None) -> EpisodeSpec:
            index, request = next(indices), self.request
            if spot is None:
                return draw_spec(request, twin, dealt(ids, request.seed, index), index, n_scenarios)
            scenario, wanted = spot
            if wanted.parameters:
                ranges = {scenario: wanted.spreads()}
                request = request.model_copy(update={"options": {**request.options, "ranges": ranges}})
            return draw_spec(request, twin, scenario, index)

        return candidate

    def _check_ticks(self) -> None:
        ticks_s = {self.request.dt_s} | set(self.old.short["dt_s"].to_pylist())
        if len(ticks_s) > 1:
            raise ConfigError("dt_s", max(ticks_s), "all episodes of a dataset have one tick")

    def _plan(self, twin: Twin) -> Plan:
        gigabytes = estimate(self.request, twin).gigabytes
        return Plan.build(
            name=self.old.manifest.name,
            twin=self.old.manifest.twin,
            seed=self.request.seed,
            episodes=PlannedEpisodes(self.specs, [self.splits[group] for group in self.specs.groups]),
            settings={
                **self.request.model_dump(mode="json"),
                "extended_from": self.old.logical_hash,
                "version": self.version,
                "first_index": self.first_index,
                "weak_spots": [spot.model_dump(mode="json") for spot in self.asked.weak_spots or ()],
            },
            code_version=version("envirosense"),
            physics_version=self.old.manifest.physics_version,
            bytes_per_episode=int(gigabytes * 1e9 / self.request.episodes),
            workers=self.workers,
        )

    def check_columns(self) -> None:
        """Refuse episodes whose streams have other columns than the stored ones; simulates the first."""
        first = self.specs[0]
        sink = MemorySink(first)
        with suppress(Exception):  # an episode that fails is an outcome, recorded by the run
            TWINS[first.twin]().simulate(first, sink)
        for name in sorted(self.old.manifest.streams.keys() & set(sink.streams)):
            schema = sink.table(name).schema
            columns = tuple(describe_columns(schema))
            found = StreamFacts(rows=0, bytes=0, columns=columns, metadata=schema_metadata(schema))
            check_columns(name, self.old.manifest.streams[name], found, "new episodes")


def _base_request(manifest: Manifest) -> GenerationRequest:
    """What the dataset was asked for.

    Raises:
        ConfigError: if it was not generated from a request.
    """
    settings: Mapping[str, Any] = manifest.settings
    while isinstance(merged := settings.get("merged"), list):
        settings = merged[0]["settings"]
    if manifest.origin == "real":
        fix = "is recorded, not simulated; import the new logs and merge the two"
        raise ConfigError("dataset", manifest.name, fix)
    derived = {name for name in settings if name.endswith("_from")} - {"extended_from"}
    if derived or "twin" not in settings:
        fix = "was made from another dataset; extend that one and make this one again"
        raise ConfigError("dataset", manifest.name, fix)
    own = {name: settings[name] for name in GenerationRequest.model_fields if name in settings}
    return GenerationRequest.parse(own, "settings")


def _check_physics(manifest: Manifest, twin: Twin) -> None:
    now = str(twin.describe().get("physics_version", ""))
    if now != manifest.physics_version:
        raise DatasetError(
            f"{manifest.name}: made with physics version {manifest.physics_version!r}, this is {now!r}; "
            "a dataset has one physics: generate it anew"
        )


def split_new_groups(old: Dataset, groups: Sequence[str], seed: int) -> dict[str, str]:
    """Split of every group of new episodes: its own where the dataset knows it, else the one most in need.

    The shares aimed at are those that the dataset was asked for; where it does not say, those of a new
    dataset, or the present ones where its splits have other names.
    """
    known = dict(zip(*(old.short[name].to_pylist() for name in ("group", "split")), strict=True))
    held = Counter(old.short["split"].to_pylist())
    shares = _shares(old.manifest.settings, held)
    sizes = Counter(groups)
    assigned = {group: known[group] for group in sizes if group in known}
    for group, split in assigned.items():
        held[split] += sizes[group]
    fresh = sorted(sizes.keys() - known.keys())
    rank = stream(seed, "splits", "new groups").permutation(len(fresh))
    for place in sorted(range(len(fresh)), key=lambda place: (-sizes[fresh[place]], rank[place])):
        group = fresh[place]
        total = held.total() + sizes[group]
        split = max(shares, key=lambda name: shares[name] * total - held[name])
        held[split] += sizes[group]
        assigned[group] = split
    return assigned


def _shares(settings: Mapping[str, Any], held: Counter[str]) -> dict[str, float]:
    """Share of each split, in sum 1."""
    asked: Mapping[str, float] = {}
    while not asked:
        if isinstance(pipeline := settings.get("pipeline"), Mapping):
            asked = pipeline.get("splits", {}).get("shares", DEFAULT_FRACTIONS)
        elif isinstance(merged := settings.get("merged"), list):
            settings = merged[0]["settings"]
        else:
            is_usual = set(held) <= set(DEFAULT_FRACTIONS) and len(held) > 1
            asked = DEFAULT_FRACTIONS if is_usual else held
    return {name: share / sum(asked.values()) for name, share in asked.items()}
