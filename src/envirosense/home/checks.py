"""What `dataset validate` checks of homes: the written truth against the stream, nothing else looked at."""

from typing import Final

from envirosense.core.protocols import EpisodeReader
from envirosense.datasets.episode_checks import EpisodeCheck
from envirosense.home.model import Home
from envirosense.home.patterns.agreement import Agreement, Checked, agreement
from envirosense.home.patterns.stream_checks import Trouble
from envirosense.home.patterns.truth_records import GroundTruth, PatternRecord
from envirosense.home.people.lives import SECOND_US
from envirosense.home.streams.stored import observed_events
from envirosense.home.twin import home_of

LEAST_AGREEMENT: Final = 0.95


def home_checks() -> tuple[EpisodeCheck, ...]:
    """Checks of every home."""
    note = f"at least {LEAST_AGREEMENT:.0%} of a home's patterns are borne out by its events"
    return (EpisodeCheck("truth_agrees", "error", note, _judge_truth),)


def stored_truth(episode: EpisodeReader) -> GroundTruth:
    """Truth of the planted patterns, as stored."""
    table = episode.table("patterns")
    texts = table.filter(~table["is_distractor"].to_numpy())["definition"].to_pylist()
    first_weekday = int(episode.table("context")["weekday"][0].as_py())
    return GroundTruth(
        home_id=episode.spec.group,
        n_days=round(episode.spec.grid.duration_s / 86_400.0),
        first_weekday=first_weekday,
        patterns=tuple(PatternRecord.model_validate_json(text) for text in texts),
    )


def stored_agreement(episode: EpisodeReader) -> Agreement:
    """Each pattern of a stored home against its stored events."""
    home = home_of(episode.spec)
    events = observed_events(episode, home)
    return agreement(stored_truth(episode), events, home, stored_troubles(episode, home))


def stored_troubles(episode: EpisodeReader, home: Home) -> tuple[Trouble, ...]:
    """Entities that failed, and when: what they were to tell then cannot be held against the truth."""
    found = []
    end_us = round(episode.spec.grid.duration_s * SECOND_US)
    for event in episode.table("events").to_pylist():
        until_s = event["clearance_s"]
        until_us = end_us if until_s is None else round(until_s * SECOND_US)
        numbers = [home.entity_index[name] for name in event["entities"].split(",") if name]
        found += [Trouble(number, round(event["onset_s"] * SECOND_US), until_us) for number in numbers]
    return tuple(found)


def _judge_truth(episode: EpisodeReader) -> tuple[int, tuple[str, ...]]:
    """Patterns looked at, and those that do not agree where these are too many."""
    found = stored_agreement(episode)
    if found.share >= LEAST_AGREEMENT:
        return found.n, ()
    return found.n, tuple(
        f"{one.pattern_id}: {', '.join(_wrong(one))} not as in the events"
        for one in found.patterns
        if one.is_judged and not one.agrees
    )


def _wrong(one: Checked) -> list[str]:
    parts = ("kind", "devices", "trigger", "delay", "probability")
    return [name for name in parts if not getattr(one, name)]
