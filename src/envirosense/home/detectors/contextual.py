"""Pairs that happen under a state of something else: the sun, somebody at home, music."""

from collections.abc import Iterator

import numpy as np

from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.pair_candidates import clock_spread, delay_of, under
from envirosense.home.detectors.pair_counts import Deeds, since
from envirosense.home.detectors.seen import CONDITION_DOMAINS, SeenHome
from envirosense.home.engine.rules import Condition
from envirosense.home.patterns.observed import Bools, Codes, ObservedEvents


def contextuals(
    pairs: tuple[Candidate, ...], events: ObservedEvents, home: SeenHome, deeds: Deeds, config: DetectorConfig
) -> tuple[Candidate, ...]:
    """Pairs whose occurrences keep to a state that their triggers do not keep to, one for each such state."""
    numbers = [at for at, one in enumerate(home.entities) if one.domain in CONDITION_DOMAINS]
    at_trigger = {
        trigger: {number: events.state_before(number, deeds.times[trigger]) for number in numbers}
        for trigger in dict.fromkeys(pair.changes[0] for pair in pairs)
    }
    found: list[Candidate] = []
    for pair in pairs:
        before = at_trigger[pair.changes[0]]
        for number in numbers:
            if number not in pair.devices:
                here = events.state_before(number, pair.t_us)
                n_states = len(home.entities[number].states)
                found += _under_states(pair, number, n_states, here, before[number], deeds, config)
    return tuple(found)


def _under_states(
    pair: Candidate, number: int, n_states: int, at_action: Codes, at_trigger: Codes, deeds: Deeds,
    config: DetectorConfig,
) -> Iterator[Candidate]:  # fmt: skip
    met = np.bincount(at_action, minlength=n_states)
    open_ = np.bincount(at_trigger, minlength=n_states)
    for code in range(n_states):
        n, n_open = int(met[code]), int(open_[code])
        share, base = n / max(at_action.size, 1), n_open / max(at_trigger.size, 1)
        confidence = min(1.0, n / max(1, min(n_open, pair.n_actions)))
        if share < config.condition_share or share < config.condition_contrast * base:
            continue
        if n >= config.least_count and confidence >= config.least_confidence:
            holds = at_action == code
            yield _restricted(pair, holds, Condition(number, code), n_open, confidence, deeds)


def _restricted(
    pair: Candidate, holds: Bools, condition: Condition, n_open: int, confidence: float, deeds: Deeds
) -> Candidate:
    """The pair under one condition."""
    done = pair.t_us[holds]
    delay_s, spread = delay_of(since(deeds.times[pair.changes[0]], done) / 1e6)
    contrast = float(holds.mean()) / max(n_open, 1) * pair.n_triggers
    return under(
        pair,
        holds,
        kind=DetectorKind.CONTEXTUAL,
        confidence=confidence,
        n_triggers=n_open,
        n_followed=min(done.size, n_open),
        n_explained=done.size,
        open_share=min(1.0, pair.open_share * contrast),
        delay_s=delay_s,
        delay_spread=spread,
        clock_spread_s=clock_spread(done),
        condition=condition,
        condition_contrast=contrast,
    )
