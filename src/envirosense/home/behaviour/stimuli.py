"""What happens to entities from outside the engine: hands, feet, and what sensors see of them."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Stimuli:
    """Wishes to put entities into states, in order of time, (stimulus,) each; one already there is no event.

    Attributes:
        t_us: Microseconds since the episode's start.
        entity: Number of the entity.
        code: State that it is to have.
        value: Brightness or set point that goes with it, NaN for none.
        origin: `log.Origin`.
        person: Number of the resident, -1 for nobody.
    """

    t_us: npt.NDArray[np.int64]
    entity: npt.NDArray[np.int32]
    code: npt.NDArray[np.int16]
    value: npt.NDArray[np.float32]
    origin: npt.NDArray[np.int8]
    person: npt.NDArray[np.int16]

    def __len__(self) -> int:
        """Number of stimuli."""
        return self.t_us.size

    def between(self, low: int, high: int) -> "Stimuli":
        """Those from one row up to another."""
        return Stimuli(*(getattr(self, one.name)[low:high] for one in fields(self)))

    def without(self, entities: frozenset[int]) -> "Stimuli":
        """Those of other entities."""
        if not entities:
            return self
        stays = ~np.isin(self.entity, list(entities))
        return Stimuli(*(getattr(self, one.name)[stays] for one in fields(self)))

    @classmethod
    def of(
        cls,
        t_us: npt.ArrayLike,
        entity: npt.ArrayLike,
        code: npt.ArrayLike,
        origin: npt.ArrayLike,
        person: npt.ArrayLike = -1,
        value: npt.ArrayLike = np.nan,
    ) -> "Stimuli":
        """From columns in any order of time, each of which may be one number for all."""
        times = np.atleast_1d(np.asarray(t_us))
        order = np.argsort(times, kind="stable")
        given = (t_us, entity, code, value, origin, person)
        types = (np.int64, np.int32, np.int16, np.float32, np.int8, np.int16)
        return cls(
            *(
                np.broadcast_to(np.asarray(one), times.shape)[order].astype(kind, copy=False)
                for one, kind in zip(given, types, strict=True)
            )
        )

    @classmethod
    def merged(cls, *parts: "Stimuli") -> "Stimuli":
        """All of them in order of time; of those of one moment the first part's come first."""
        columns = [np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)]
        order = np.argsort(columns[0], kind="stable")
        return cls(*(column[order] for column in columns))
