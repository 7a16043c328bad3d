"""Who put which version in service, when and why: rows are added and never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from envirosense.core.errors import StorageError
from envirosense.datasets.catalog import Catalog, recorded_utc
from envirosense.datasets.catalog_tables import deployments
from envirosense.learning.deployment.registry import is_there
from envirosense.learning.deployment.version import ModelVersion

type Kind = Literal["promote", "rollback", "canary", "ab", "refused"]

PRODUCTION: Final = "production"  # where models serve unless told otherwise


@dataclass(frozen=True, slots=True)
class Deployment:
    """One row of the log.

    Attributes:
        step: 1, 2, ... of its task and target.
        kind: `refused` is a target that did not load; it changed nothing.
        from_version: What served before; of a canary or A/B test what goes on serving the rest.
        to_version: What serves from then on; of a canary or A/B test what serves `share` of the groups.
        verdict: What was found before; None where a person decided.
    """

    task: str
    target: str
    step: int
    kind: Kind
    at_utc: str
    who: str
    reason: str
    from_version: str | None
    to_version: str
    share: float = 1.0
    verdict: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        change = f"{self.from_version or 'nothing'} -> {self.to_version}"
        part = f" for {self.share:.0%} of groups" if self.share < 1 else ""
        return f"{self.at_utc[:19]} {self.kind} {change}{part} by {self.who}: {self.reason}"


@dataclass(frozen=True, slots=True)
class State:
    """What serves after some rows of the log.

    Attributes:
        serving: Label; None before the first promotion.
        trial: Label of a canary or A/B challenger beside it, and its share of groups.
        earlier: What served before and was not rolled back from, oldest first.
    """

    serving: str | None = None
    trial: str | None = None
    kind: Kind | None = None
    share: float = 0.0
    earlier: tuple[str, ...] = ()

    def after(self, one: Deployment) -> "State":
        """What serves after one more row."""
        if one.kind == "refused":
            return self
        if one.kind in ("canary", "ab"):
            return State(self.serving, one.to_version, one.kind, one.share, self.earlier)
        if one.to_version == self.serving:  # a trial ended
            return State(self.serving, earlier=self.earlier)
        earlier = self.earlier
        if one.kind == "promote" and self.serving is not None:
            earlier = (*earlier, self.serving)
        elif one.kind == "rollback" and one.to_version in earlier:
            earlier = earlier[: len(earlier) - 1 - earlier[::-1].index(one.to_version)]
        return State(one.to_version, earlier=earlier)


def state_of(rows: Iterable[Deployment]) -> State:
    """What serves after the rows."""
    state = State()
    for one in rows:
        state = state.after(one)
    return state


def targets_in(url: str) -> tuple[str, ...]:
    """Targets on which anything ever served, and `production`, by name."""
    if not is_there(url):
        return (PRODUCTION,)
    with Catalog(url) as catalog:
        rows = catalog.rows(deployments, deployments.c.kind != "refused")
    return tuple(sorted({PRODUCTION, *(str(row["target"]) for row in rows)}))


class DeploymentLog:
    """The rows of one task and target."""

    def __init__(self, url: str, task: str, target: str) -> None:
        self._url = url
        self.task, self.target = task, target

    def rows(self, until: datetime | None = None) -> tuple[Deployment, ...]:
        """All rows in order, or those up to a time."""
        if not is_there(self._url):
            return ()
        ours = (deployments.c.task == self.task, deployments.c.target == self.target)
        with Catalog(self._url) as catalog:
            found = catalog.rows(deployments, *ours)
        last = recorded_utc(until) if until else None
        rows = [
            Deployment(**{name: row[name] for name in Deployment.__slots__})
            for row in sorted(found, key=lambda row: int(row["step"]))
        ]
        return tuple(one for one in rows if last is None or one.at_utc <= last)

    def append(
        self,
        kind: Kind,
        to: ModelVersion,
        *,
        seen: tuple[Deployment, ...],
        who: str,
        reason: str,
        share: float = 1.0,
        verdict: Mapping[str, Any] | None = None,
        before: str | None = None,
        now: datetime | None = None,
    ) -> Deployment:
        """The row that one transaction added after those that were `seen`.

        Raises:
            StorageError: if somebody else added one in between; nothing is changed then.
        """
        last = seen[-1].at_utc if seen else ""
        one = Deployment(
            task=self.task,
            target=self.target,
            step=len(seen) + 1,
            kind=kind,
            at_utc=max(recorded_utc(now), last),  # a clock that was set back does not reorder history
            who=who,
            reason=reason,
            from_version=before or state_of(seen).serving,
            to_version=to.label,
            share=share,
            verdict=verdict,
        )
        with Catalog(self._url) as catalog:
            added = catalog.change(deployments.insert().values(**one.to_json(), model_id=to.model_id))
        if not added:
            raise StorageError(
                f"{self.task} on {self.target}: somebody else deployed at the same moment; "
                "look at the history and decide again"
            )
        return one
