"""All detectors of a home, run on what was seen of it."""

from envirosense.home.detectors.candidate import Candidate
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.contextual import contextuals
from envirosense.home.detectors.pair_candidates import PairScan
from envirosense.home.detectors.pair_counts import Deeds
from envirosense.home.detectors.seen import SeenHome, targets, triggers
from envirosense.home.detectors.sequence import sequences
from envirosense.home.detectors.time_of_day import times_of_day
from envirosense.home.patterns.observed import ObservedEvents


def detect(
    events: ObservedEvents, home: SeenHome, config: DetectorConfig | None = None
) -> tuple[Candidate, ...]:
    """Candidates of every detector, in a fixed order; the same events give the same candidates.

    Like the tools that homes run, they report what is regular, whatever made it so: neighbours of a cause,
    daily rounds, coincidences. How good each one is, is for a model to learn.
    """
    config = config or DetectorConfig()
    if not events.t_us.size:
        return ()
    deeds = Deeds.of(events, triggers(home), targets(home), config.least_count, home.n_days)
    clock = times_of_day(deeds, config)
    if not deeds.actions or not deeds.triggers:
        return clock
    scan = PairScan(events, deeds, config)
    pairs = scan.co_occurrences
    return (
        *clock,
        *pairs,
        *sequences(pairs, config),
        *contextuals(pairs, events, home, deeds, config),
        *scan.synergies,
    )
