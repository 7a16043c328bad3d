"""What a cycle collected, point by point, as frozen data that turns into JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from envirosense.factory.collection.records import Collected

type PointStatus = Literal["fed", "waiting", "refused"]


@dataclass(frozen=True, slots=True)
class PointReport:
    """What came in at one point.

    Attributes:
        has_consumer: Whether anything was handed in at all, even nothing.
        n_duplicates: Records that had been handed in before, from the same source; they are not kept.
        reasons: Rejected records by reason code; one record may have several.
        n_sites: Sites that accepted records come from.
        n_episodes: Episodes that they come from.
    """

    point: str
    has_consumer: bool = False
    n_accepted: int = 0
    n_rejected: int = 0
    n_duplicates: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    n_sites: int = 0
    n_episodes: int = 0

    @property
    def status(self) -> PointStatus:
        """`fed`; `waiting` for records; or `refused`: records came and none was good enough."""
        if self.n_accepted:
            return "fed"
        return "refused" if self.n_rejected else "waiting"

    @property
    def accepted_share(self) -> float | None:
        """Share of the records that passed the filters; None without any."""
        n = self.n_accepted + self.n_rejected
        return self.n_accepted / n if n else None

    def __str__(self) -> str:
        if self.status == "waiting":
            why = "its consumer found nothing" if self.has_consumer else "no consumer ran"
            return f"{self.point}: waiting ({why})"
        reasons = ", ".join(f"{code} {n}" for code, n in sorted(self.reasons.items()))
        return (
            f"{self.point}: {self.status}, {self.n_accepted} accepted, {self.n_rejected} rejected"
            + (f" ({reasons})" if reasons else "")
            + (f", {self.n_duplicates} duplicates" if self.n_duplicates else "")
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {"status": self.status, "accepted_share": self.accepted_share, **asdict(self)}


def report_of(point: str, collected: Iterable[Collected], has_consumer: bool) -> PointReport:
    """Counts of some records of a point."""
    found = list(collected)
    accepted = [one for one in found if one.is_accepted]
    rejected = [one for one in found if one.reasons and not one.occurrence]
    reasons = Counter(code for one in rejected for code in one.reasons)
    return PointReport(
        point,
        has_consumer,
        len(accepted),
        len(rejected),
        sum(one.occurrence > 0 for one in found),
        dict(sorted(reasons.items())),
        len({one.source.site for one in accepted}),
        len({one.source.episode_id for one in accepted}),
    )


@dataclass(frozen=True, slots=True)
class CollectionReport:
    """One cycle at all points of a twin."""

    twin: str
    cycle: int
    points: tuple[PointReport, ...]

    def __getitem__(self, point: str) -> PointReport:
        return next(one for one in self.points if one.point == point)

    def __str__(self) -> str:
        return "\n".join(str(one) for one in self.points)

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        points = {one.point: one.to_json() for one in self.points}
        return {"schema_version": 1, "twin": self.twin, "cycle": self.cycle, "points": points}
