"""One person's word on one alarm, or on an event without one."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, NonNegativeFloat, PositiveFloat, model_validator

from envirosense.core.config import FrozenModel

type Verdict = Literal["confirmed", "false", "missed"]
type Place = tuple[str, float | None, float | None, str]


class FeedbackRecord(FrozenModel):
    """What was found where an alarm was raised, or where one should have been.

    Attributes:
        episode_id: of a dataset of recorded logs, whole.
        verdict: `confirmed`: there was something; `false`: nothing; `missed`: something, and no alarm.
        event_type: class of what was there; of a false alarm, what it said.
        said: class that a confirmed alarm said, where it was another one.
        start_s: of the alarm or of what was missed, since the start of the episode [s].
        end_s: of the same [s].
        name: of what was judged, where that has a name and no time, such as a pattern.
        sensors: that showed it, or should have; the part of a channel's name before the dot.
        score: alarm score of the model, 0..1.
        model: that raised the alarm, such as `NAME@VERSION`.
        reported_utc: when it was said.
        by: who said so.
    """

    schema_version: Literal[1] = 1
    episode_id: Annotated[str, Field(min_length=1)]
    verdict: Verdict
    event_type: Annotated[str, Field(min_length=1)]
    said: str | None = None
    start_s: NonNegativeFloat | None = None
    end_s: PositiveFloat | None = None
    name: str = ""
    sensors: tuple[str, ...] = ()
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    model: str = ""
    reported_utc: AwareDatetime | None = None
    by: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        is_span = self.start_s is not None and self.end_s is not None
        if is_span == bool(self.name) or (self.start_s is None) != (self.end_s is None):
            raise ValueError("give start_s and end_s, or the name of what was judged")
        if self.start_s is not None and self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError("end_s must lie after start_s")
        if self.said is not None and self.verdict != "confirmed":
            raise ValueError("said belongs to a confirmed alarm; event_type of a false one is what it said")
        return self

    @property
    def place(self) -> Place:
        """What it is about: episode, span and name."""
        return self.episode_id, self.start_s, self.end_s, self.name

    @property
    def is_misclassified(self) -> bool:
        """Whether there was an event, and the alarm said another class."""
        return self.said is not None and self.said != self.event_type

    @property
    def is_error(self) -> bool:
        """Whether the model was wrong."""
        return self.verdict != "confirmed" or self.is_misclassified


def latest(records: Iterable[FeedbackRecord]) -> list[FeedbackRecord]:
    """The last word on each place, in the order in which places first came up."""
    return list({record.place: record for record in records}.values())
