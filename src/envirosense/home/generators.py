"""Homes on demand: a single one in memory, whole or in parts."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed
from envirosense.home.building.home_generator import SyntheticHomeGenerator
from envirosense.home.history import HomeHistory, lived
from envirosense.home.model import Home
from envirosense.home.options import Level
from envirosense.home.surroundings.calendar_days import first_day
from envirosense.home.validation import require_valid

FIRST_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday


@dataclass(frozen=True, slots=True)
class SyntheticEventGenerator:
    """Lets people live in a home that is given: one of ours or one written by hand.

    Attributes:
        level: How hard its patterns are to find.
        faults_per_month: Failures of its devices.
    """

    level: Level = "standard"
    faults_per_month: float = 1.0

    def generate(self, home: Home, days: int, seed: int, start_utc: datetime = FIRST_DAY) -> HomeHistory:
        """History of the home from the local midnight nearest to `start_utc` on, always the same.

        Raises:
            ConfigError: for fewer days than one, or a home without people.
            EpisodeError: if the home or what came of it breaks a rule that every home keeps.
        """
        if days < 1:
            raise ConfigError("days", days, "must be 1 or more")
        if not home.residents:
            raise ConfigError("home", home.home_id, "needs a resident at least")
        midnight = datetime.combine(first_day(home, start_utc), time.min, UTC)
        start_utc = midnight - timedelta(hours=home.utc_offset_h)
        world, sensing = (derived_seed(seed, "home", name) for name in ("world", "sensing"))
        made = lived(home, start_utc, days, world, sensing, self.level, self.faults_per_month)
        require_valid(made)
        return made


@dataclass(frozen=True, slots=True)
class HomeGenerator:
    """A single home and its history, without a dataset on disk."""

    homes: SyntheticHomeGenerator
    events: SyntheticEventGenerator

    def __init__(
        self, homes: SyntheticHomeGenerator | None = None, events: SyntheticEventGenerator | None = None
    ) -> None:
        object.__setattr__(self, "homes", homes or SyntheticHomeGenerator())
        object.__setattr__(self, "events", events or SyntheticEventGenerator())

    def generate(
        self,
        home_type: str = "apartment",
        size: str = "medium",
        region: str = "temperate",
        days: int = 30,
        seed: int = 0,
    ) -> HomeHistory:
        """Home of a type, size and region, and what happens in it for some days.

        Raises:
            UnknownNameError: for a type, size or region that the catalogue does not have.
            ConfigError: for fewer days than one.
        """
        home = self.homes.draw(home_type, size, region, derived_seed(seed, "home", "furniture"))
        return self.events.generate(home, days, seed)
