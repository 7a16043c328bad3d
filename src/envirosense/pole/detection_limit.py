"""How far a reading must rise before its sensor can be believed, when it is looked at all the time."""

from functools import cache
from statistics import NormalDist
from typing import Final

from envirosense.pole.looks import LOOK_S

MONTH_S: Final = 365.25 / 12 * 86_400.0
FALSE_ALARMS_PER_MONTH: Final = 1.0  # of one sensor, upwards: what an operator of poles bears
MISSED_SHARE: Final = 0.05  # [Currie1968]


@cache
def detection_limit_snr(n_channels: int) -> float:
    """Detection limit of a sensor whose channels are all watched [sigma].

    An alarm level that noise passes upwards in one of `n_channels` once in a month of looks, and above it the
    margin by which a signal must stand to be missed no more than once in twenty looks [Currie1968]. For one
    channel that is 4.5 and 1.6 sigmas; among 4,800 independent pixels some would pass three sigmas in every
    frame, so there it is 6.0 and 1.6. Noise is taken as normal and independent from look to look and from
    channel to channel. That of no part is quite so: much of a camera's sigma is a pattern that stays, and
    gusts have longer tails, so "once a month" names the yardstick and not what a device would count.

    Args:
        n_channels: Channels or pixels, at least 1.
    """
    normal, looks = NormalDist(), MONTH_S / LOOK_S
    alarm_level = -normal.inv_cdf(FALSE_ALARMS_PER_MONTH / (looks * n_channels))
    return alarm_level - normal.inv_cdf(MISSED_SHARE)
