"""What a quality model may know of a candidate: what its detector counted, and the registry.

Nothing here has the truth, the difficulty of the home or its kind as an argument.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.pair_candidates import weeks_with
from envirosense.home.detectors.seen import SeenHome
from envirosense.home.patterns.observed import Change, Times
from envirosense.home.people.lives import DAY_US

type Floats = npt.NDArray[np.float64]

_ACTION_DOMAINS: Final = ("light", "switch", "media_player", "fan", "cover", "lock")
_TRIGGER_DOMAINS: Final = ("binary_sensor", "person", "light")
_WILSON_Z: Final = 1.96
_WEEK: Final = 7

FEATURES: Final = (
    *(f"is_{kind.value}" for kind in DetectorKind),
    "confidence_raw",
    "confidence_calibrated",
    "confidence_rank",
    "n_devices",
    "n_areas",
    "n_conditions",
    "condition_contrast",
    "log_occurrences",
    "occurrences_per_day",
    "trend_per_week",
    "span_share",
    "age_share",
    "recency_share",
    "consistency",
    "day_type_contrast",
    "log_lift",
    "log_hour_lift",
    "followed_share",
    "explained_share",
    "open_share",
    "log_delay_s",
    "delay_spread",
    "clock_spread_h",
    "triggers_per_day",
    "actions_per_day",
    "rival_margin",
    "log_rivals",
    "is_same_area",
    "is_next_area",
    *(f"trigger_is_{domain}" for domain in _TRIGGER_DOMAINS),
    *(f"action_is_{domain}" for domain in _ACTION_DOMAINS),
)


@dataclass(frozen=True, slots=True)
class _Company:
    """What one candidate shares with the others of its home.

    Attributes:
        rank: Share of the candidates of its kind with less confidence.
        margin: Share of the actions that it explains, less the share of the best other one of that action.
        n_rivals: Others of its kind that end with the same change.
    """

    rank: float
    margin: float
    n_rivals: int


def feature_rows(candidates: Sequence[Candidate], home: SeenHome) -> Floats:
    """Features of the candidates of one home, (candidate, feature); NaN where one has no meaning."""
    if not candidates:
        return np.empty((0, len(FEATURES)))
    company = _company(candidates)
    rows = [_row(one, with_, home) for one, with_ in zip(candidates, company, strict=True)]
    return np.array([[row[name] for name in FEATURES] for row in rows])


def _row(one: Candidate, company: _Company, home: SeenHome) -> Mapping[str, float]:
    kinds = {f"is_{kind.value}": float(one.kind is kind) for kind in DetectorKind}
    return kinds | _strength(one, company, home.n_days) | _course(one, home) | _place(one, home)


def _strength(one: Candidate, company: _Company, n_days: int) -> dict[str, float]:
    """How sure and how special it is."""
    return {
        "confidence_raw": one.confidence,
        "confidence_calibrated": wilson_low(one.confidence, max(1, min(one.n_triggers, one.n_actions))),
        "confidence_rank": company.rank,
        "condition_contrast": one.condition_contrast,
        "log_occurrences": float(np.log1p(one.occurrences)),
        "log_lift": float(np.log(max(one.lift, 1e-6))),
        "log_hour_lift": float(np.log(max(one.hour_lift, 1e-6))),
        "followed_share": one.n_followed / max(one.n_triggers, 1),
        "explained_share": explained_share(one),
        "open_share": one.open_share,
        "log_delay_s": float(np.log(max(one.delay_s, 0.05))),
        "delay_spread": one.delay_spread,
        "clock_spread_h": one.clock_spread_s / 3600.0,
        "occurrences_per_day": one.occurrences / max(n_days, 1),
        "triggers_per_day": one.n_triggers / max(n_days, 1),
        "actions_per_day": one.n_actions / max(n_days, 1),
        "rival_margin": company.margin,
        "log_rivals": float(np.log1p(company.n_rivals)),
    }


def _course(one: Candidate, home: SeenHome) -> dict[str, float]:
    """How it goes on over the days."""
    n_days = max(home.n_days, 1)
    day = one.t_us // DAY_US
    first, last = (int(day[0]), int(day[-1])) if day.size else (0, 0)
    n_weeks = max(1, n_days // _WEEK)
    return {
        "trend_per_week": trend_per_week(one.t_us, n_days),
        "span_share": (last - first + 1) / n_days,
        "age_share": (n_days - first) / n_days,
        "recency_share": (n_days - 1 - last) / n_days,
        "consistency": weeks_with(one.t_us, n_weeks) / n_weeks,
        "day_type_contrast": _day_type_contrast(day, n_days, home.first_weekday),
    }


def _place(one: Candidate, home: SeenHome) -> dict[str, float]:
    """What is joined, and where."""
    entities = [home.entities[number] for number in one.devices]
    areas = {entity.area_id for entity in entities if entity.area_id}
    first, last = entities[0], entities[-1]
    by_clock = one.kind is DetectorKind.TIME_OF_DAY
    return {
        "n_devices": float(len(entities)),
        "n_areas": float(len(areas)),
        "n_conditions": float(one.condition is not None),
        "is_same_area": float(not by_clock and first.area_id is not None and first.area_id == last.area_id),
        "is_next_area": float(not by_clock and home.is_near(first.area_id, last.area_id)),
        **{f"trigger_is_{name}": float(not by_clock and first.domain == name) for name in _TRIGGER_DOMAINS},
        **{f"action_is_{name}": float(last.domain == name) for name in _ACTION_DOMAINS},
    }


def wilson_low(share: float, n: int) -> float:
    """Lower end of Wilson's 95 % interval of a share of `n`."""
    z2 = _WILSON_Z**2
    middle = share + z2 / (2 * n)
    half = _WILSON_Z * float(np.sqrt(share * (1.0 - share) / n + z2 / (4 * n * n)))
    return max(0.0, (middle - half) / (1.0 + z2 / n))


def explained_share(one: Candidate) -> float:
    """Share of the changes of the last thing that it explains."""
    return min(1.0, one.n_explained / max(one.n_actions, 1))


def trend_per_week(t_us: Times, n_days: int) -> float:
    """Slope of the count of occurrences a week over its mean; days beyond whole weeks are left out."""
    n_weeks = n_days // _WEEK
    week = t_us // DAY_US // _WEEK
    count = np.bincount(week[week < n_weeks], minlength=max(n_weeks, 1)).astype(np.float64)
    if n_weeks < 2 or not count.any():
        return 0.0
    centred = np.arange(n_weeks) - (n_weeks - 1) / 2.0
    return float((centred * count).sum() / (centred**2).sum() / count.mean())


def _day_type_contrast(day: npt.NDArray[np.int64], n_days: int, first_weekday: int) -> float:
    """Rate on working days less that at weekends, over their sum; NaN where either never came."""
    is_weekend = (np.arange(n_days) + first_weekday) % _WEEK >= 5
    if is_weekend.all() or not is_weekend.any():
        return float("nan")
    count = np.bincount(np.minimum(day, n_days - 1), minlength=n_days)
    work, weekend = float(count[~is_weekend].mean()), float(count[is_weekend].mean())
    return (work - weekend) / max(work + weekend, 1e-9)


def _company(candidates: Sequence[Candidate]) -> list[_Company]:
    by_kind: dict[DetectorKind, list[float]] = defaultdict(list)
    by_end: dict[tuple[DetectorKind, Change], list[int]] = defaultdict(list)
    for place, one in enumerate(candidates):
        by_kind[one.kind].append(one.confidence)
        by_end[one.kind, one.changes[-1]].append(place)
    ranked = {kind: np.sort(values) for kind, values in by_kind.items()}
    share = [explained_share(one) for one in candidates]
    made = []
    for place, one in enumerate(candidates):
        others = [share[other] for other in by_end[one.kind, one.changes[-1]] if other != place]
        known = ranked[one.kind]
        rank = float(np.searchsorted(known, one.confidence, side="left")) / known.size
        made.append(_Company(rank, share[place] - max(others, default=0.0), len(others)))
    return made
