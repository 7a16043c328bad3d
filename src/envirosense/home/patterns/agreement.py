"""Whether the written truth and the stream say the same: kind, devices, trigger, delay and probability.

Everything is measured from changes of state again, as somebody with the stream and the truth's file alone
would do it; no occurrence, cause or rule is looked at. Each check allows for chance at the number of triggers
that there were.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from envirosense.home.model import Home
from envirosense.home.patterns.observed import ObservedEvents
from envirosense.home.patterns.stream_checks import (
    Stream,
    Trouble,
    can_be_told,
    change,
    is_undone_in_time,
    measured,
)
from envirosense.home.patterns.truth_records import GroundTruth, PatternRecord

LEAST_JUDGED: Final = 8  # triggers of the truth from which anything can be said


@dataclass(frozen=True, slots=True)
class Checked:
    """One pattern against the stream; all must hold for it to agree.

    Attributes:
        is_judged: Whether the truth has triggers enough to tell it from chance; in a short episode some
            have not.
    """

    pattern_id: str
    is_judged: bool
    kind: bool
    devices: bool
    trigger: bool
    delay: bool
    probability: bool

    @property
    def agrees(self) -> bool:
        """Whether every part agrees."""
        return self.kind and self.devices and self.trigger and self.delay and self.probability


@dataclass(frozen=True, slots=True)
class Agreement:
    """All patterns of a home against its stream."""

    patterns: tuple[Checked, ...]

    @property
    def n(self) -> int:
        """Number of patterns that are judged."""
        return sum(one.is_judged for one in self.patterns)

    @property
    def n_agreed(self) -> int:
        """Number of those that agree."""
        return sum(one.agrees for one in self.patterns if one.is_judged)

    @property
    def share(self) -> float:
        """Share of the judged patterns that agrees; 1 without one."""
        return self.n_agreed / self.n if self.n else 1.0


def agreement(
    truth: GroundTruth, events: ObservedEvents, home: Home, troubles: Iterable[Trouble] = ()
) -> Agreement:
    """Each pattern of the truth, checked against the stream.

    Args:
        truth: What is said of the home.
        events: What was seen of it.
        home: Its registry.
        troubles: Known failures: triggers that come while one of a pattern's entities fails are left out.
    """
    stream = Stream(truth, events, home, tuple(troubles))
    return Agreement(tuple(_checked(one, stream) for one in truth.patterns))


def _checked(pattern: PatternRecord, stream: Stream) -> Checked:
    events, home = stream.events, stream.home
    known = all(entity_id in home.entity_index for entity_id in pattern.devices)
    if not known:
        return Checked(pattern.pattern_id, True, False, False, False, False, False)
    sound = stream.sound_share(pattern)
    counts = [int(link.n_triggers * sound) for link in pattern.links]
    is_judged = all(
        n >= LEAST_JUDGED and can_be_told(link, n) for link, n in zip(pattern.links, counts, strict=True)
    )
    has_moved = all(events.times(change(home, link.action)).size > 0 for link in pattern.links)
    parts = [measured(pattern, link, stream) for link in pattern.links]
    return Checked(
        pattern.pattern_id,
        is_judged,
        all(part.is_kind for part in parts) and is_undone_in_time(pattern, stream),
        has_moved,
        all(part.is_triggered for part in parts),
        all(part.is_in_time for part in parts),
        all(part.is_as_often for part in parts),
    )
