"""A detection limit: one false alarm a month however much is watched, one look in twenty missed."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from envirosense.pole.detection_limit import (
    FALSE_ALARMS_PER_MONTH,
    MISSED_SHARE,
    MONTH_S,
    detection_limit_snr,
)
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.looks import LOOK_S
from envirosense.pole.observability import detectable_ticks, detection_limits_snr
from envirosense.pole.outfit import default_configuration
from envirosense.pole.site import Site

LOOKS = round(MONTH_S / LOOK_S)
MARGIN = norm.isf(MISSED_SHARE)


@pytest.mark.parametrize("n_channels", [1, 2, 8, 18, 4800])
def test_it_is_the_closed_form(n_channels: int) -> None:
    level = norm.isf(FALSE_ALARMS_PER_MONTH * LOOK_S / MONTH_S / n_channels)
    assert detection_limit_snr(n_channels) == pytest.approx(level + MARGIN, abs=1e-6)


@pytest.mark.parametrize(("n_channels", "limit"), [(1, 6.12), (8, 6.55), (4800, 7.68)])
def test_what_it_comes_to(n_channels: int, limit: float) -> None:
    assert detection_limit_snr(n_channels) == pytest.approx(limit, abs=0.01)


@pytest.mark.parametrize("n_channels", [1, 8])
def test_noise_of_a_year_passes_the_alarm_level_about_once_a_month(n_channels: int) -> None:
    rng = np.random.default_rng(20261123)
    level = detection_limit_snr(n_channels) - MARGIN
    count = sum(int((rng.standard_normal((LOOKS, n_channels)) > level).any(axis=1).sum()) for _ in range(12))
    assert poisson.ppf(0.0005, 12) <= count <= poisson.ppf(0.9995, 12)
    three = (rng.standard_normal((LOOKS, n_channels)) > 3.0).any(axis=1).sum()
    assert three > 100  # of three sigmas there is no month without hundreds


def test_a_signal_at_the_limit_is_missed_once_in_twenty_looks() -> None:
    rng = np.random.default_rng(20261123)
    limit, n = detection_limit_snr(1), 20_000
    missed = float((limit + rng.standard_normal(n) <= limit - MARGIN).mean())
    assert missed == pytest.approx(MISSED_SHARE, abs=3.3 * np.sqrt(MISSED_SHARE * (1 - MISSED_SHARE) / n))


@pytest.mark.parametrize(
    ("sensor", "n_watched"),
    [("thermal_camera", 60 * 80), ("voc_array", 8), ("barometer", 1), ("lightning_detector", 3)],
)
def test_every_sensor_has_the_limit_of_what_it_watches(sensor: str, n_watched: int) -> None:
    limits = detection_limits_snr(VirtualGridGuardian(default_configuration(Site())), LOOK_S)
    assert limits[sensor] == detection_limit_snr(n_watched)


def test_what_lies_between_three_sigmas_and_the_limit_is_not_detectable() -> None:
    limit = detection_limit_snr(8)
    for sigmas, is_seen in ((3.0, False), (0.999 * limit, False), (limit, True)):
        assert detectable_ticks(np.full(60, sigmas), LOOK_S, limit).any() == is_seen
