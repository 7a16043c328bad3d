"""The episodes of a plan: packed specs, each with its index and split."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt
from pydantic import Field, GetCoreSchemaHandler, NonNegativeInt
from pydantic_core import CoreSchema, core_schema

from envirosense.core.config import FrozenModel
from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError
from envirosense.datasets.packed_specs import PackedSpecs

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"

type Places = npt.NDArray[np.int64]


class PlannedEpisode(FrozenModel):
    """One episode and its place in the dataset."""

    index: NonNegativeInt
    split: str = Field(pattern=NAME_PATTERN)
    spec: EpisodeSpec

    @cached_property
    def episode_id(self) -> str:
        """Id of the spec, computed once; it travels with the episode to a worker."""
        return self.spec.episode_id


class PlannedEpisodes(Sequence[PlannedEpisode]):
    """Episodes in order of split and index, each made from its packed spec when it is asked for.

    A slice shares the specs; pickled, it is a plain tuple of its own episodes.
    """

    def __init__(
        self, specs: PackedSpecs, splits: Sequence[str], indices: Sequence[int] | Places | None = None
    ) -> None:
        """Episodes of specs.

        Args:
            specs: in any order.
            splits: split of each.
            indices: position of each in the dataset; by default that among the specs.

        Raises:
            ConfigError: for a name that no split can have, or a position below 0.
        """
        names = sorted(set(splits))
        numbers = np.arange(len(specs)) if indices is None else np.asarray(indices, np.int64)
        for name in names:  # what the model of one episode asks of its fields
            _Place.parse({"index": 0, "split": name}, f"episodes.{[*splits].index(name)}")
        _Place.parse({"index": int(numbers.min(initial=0)), "split": "any"}, "episodes")
        codes = np.array([names.index(split) for split in splits], np.int16)
        order = np.lexsort((numbers, codes)).astype(np.int64)
        self._set(specs, order, numbers[order], codes[order], names)

    def _set(
        self,
        specs: PackedSpecs,
        places: Places,
        indices: Places,
        codes: npt.NDArray[np.int16],
        names: list[str],
    ) -> None:
        self._specs, self._places = specs, places
        self._indices, self._codes, self._names = indices, codes, names

    @classmethod
    def of(cls, episodes: "Iterable[tuple[EpisodeSpec, str]] | PlannedEpisodes") -> "PlannedEpisodes":
        """Episodes of (spec, split) pairs in dataset order."""
        if isinstance(episodes, PlannedEpisodes):
            return episodes
        specs, splits = PackedSpecs(), []
        for spec, split in episodes:
            specs.append(spec)
            splits.append(split)
        return cls(specs, splits)

    @classmethod
    def packed(cls, episodes: Iterable[PlannedEpisode]) -> "PlannedEpisodes":
        """Given episodes, in order of split and index."""
        if isinstance(episodes, PlannedEpisodes):
            return episodes
        specs, splits, indices = PackedSpecs(), [], []
        for one in episodes:
            specs.append(one.spec)
            splits.append(one.split)
            indices.append(one.index)
        return cls(specs, splits, indices)

    def _part(self, part: slice) -> Self:
        found = type(self).__new__(type(self))
        found._set(self._specs, self._places[part], self._indices[part], self._codes[part], self._names)
        return found

    def runs(self) -> Iterator[tuple[str, range]]:
        """Each split with the places of its episodes."""
        first = 0
        for code, run in groupby(self._codes.tolist()):
            last = first + sum(1 for _ in run)
            yield self._names[code], range(first, last)
            first = last

    @property
    def splits(self) -> Iterator[str]:
        """Split of each."""
        return (self._names[code] for code in self._codes.tolist())

    @property
    def indices(self) -> Places:
        """Position of each in the dataset."""
        return self._indices

    @property
    def groups(self) -> Iterator[str]:
        """Group of each."""
        return (self._specs.groups[place] for place in self._places.tolist())

    @property
    def duration_s(self) -> float:
        """Length of all together [s]."""
        return float(np.array(self._specs.durations_s)[self._places].sum())

    @property
    def fingerprints(self) -> Iterator[str]:
        """Fingerprint of each spec, in order."""
        return map(self._specs.fingerprint, self._places.tolist())

    def by_id(self) -> Iterator[tuple[str, str, int]]:
        """Id, split and index of each, in order of the ids."""
        starts = self._specs.digests[self._places, :8].copy()
        for row in np.argsort(starts.view(">u8").ravel(), kind="stable").tolist():
            yield starts[row].tobytes().hex(), self._names[self._codes[row]], int(self._indices[row])

    def check_distinct(self) -> None:
        """Refuse none at all, and two with the same spec.

        Raises:
            ConfigError: naming it.
        """
        if not len(self):
            raise ConfigError("episodes", 0, "a plan needs at least one episode")
        last = ""
        for one, _, _ in self.by_id():
            if one == last:
                raise ConfigError("episodes", one, "two episodes have the same spec; give each its own seed")
            last = one

    def spec_text(self, place: int) -> str:
        """Spec of one as JSON."""
        return self._specs.text(int(self._places[place])).decode()

    def _episode(self, place: int) -> PlannedEpisode:
        at = int(self._places[place])
        made = PlannedEpisode.model_construct(
            index=int(self._indices[place]), split=self._names[self._codes[place]], spec=self._specs[at]
        )
        made.__dict__["episode_id"] = self._specs.fingerprint(at)[:16]
        return made

    @overload
    def __getitem__(self, place: int) -> PlannedEpisode: ...
    @overload
    def __getitem__(self, place: slice) -> "PlannedEpisodes": ...
    def __getitem__(self, place: int | slice) -> "PlannedEpisode | PlannedEpisodes":
        return self._part(place) if isinstance(place, slice) else self._episode(range(len(self))[place])

    def __iter__(self) -> Iterator[PlannedEpisode]:
        return map(self._episode, range(len(self)))

    def __len__(self) -> int:
        return len(self._places)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as of any other mutable sequence

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (list(self),)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As a field: made from episodes or from plain data, written as a list."""
        plain = handler(tuple[PlannedEpisode, ...])
        return core_schema.union_schema(
            [
                core_schema.is_instance_schema(cls),
                core_schema.no_info_after_validator_function(cls.packed, plain),
            ],
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda found: [one.model_dump(mode="json") for one in found]
            ),
        )


class _Place(FrozenModel):
    """What is asked of the place of an episode."""

    index: NonNegativeInt
    split: str = Field(pattern=NAME_PATTERN)
