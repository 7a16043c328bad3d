"""Chains of three: an action that follows what has itself followed something."""

from collections import defaultdict

import numpy as np

from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.pair_candidates import clock_spread, delay_of, under
from envirosense.home.detectors.pair_counts import since
from envirosense.home.patterns.observed import Change


def sequences(pairs: tuple[Candidate, ...], config: DetectorConfig) -> tuple[Candidate, ...]:
    """Chains of two pairs whose confidence is the share of the rarer pair that the whole chain makes."""
    first_by_end: dict[Change, list[Candidate]] = defaultdict(list)
    for one in pairs:
        first_by_end[one.changes[1]].append(one)
    found = [
        _chain(first, second, config)
        for second in pairs
        for first in first_by_end.get(second.changes[0], ())
        if first.changes[0].entity != second.changes[1].entity
    ]
    return tuple(one for one in found if one is not None)


def _chain(first: Candidate, second: Candidate, config: DetectorConfig) -> Candidate | None:
    """The chain, where it comes often enough; `first.t_us` are the middle ones that had the first before."""
    wait_us = since(first.t_us, second.t_us)
    is_whole = wait_us <= config.window_s * 1e6
    done = int(np.count_nonzero(is_whole))
    confidence = done / max(1, min(first.occurrences, second.occurrences))
    if done < config.least_count or confidence < config.least_confidence:
        return None
    return under(
        second,
        is_whole,
        kind=DetectorKind.SEQUENCE,
        changes=(first.changes[0], *second.changes),
        confidence=min(1.0, confidence),
        n_triggers=first.n_triggers,
        n_followed=done,
        n_explained=done,
        lift=min(first.lift, second.lift),
        hour_lift=min(first.hour_lift, second.hour_lift),
        open_share=first.open_share * second.open_share,
        delay_s=first.delay_s,
        delay_spread=max(first.delay_spread, delay_of(wait_us[is_whole] / 1e6)[1]),
        clock_spread_s=clock_spread(second.t_us[is_whole]),
    )
