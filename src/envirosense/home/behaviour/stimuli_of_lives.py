"""Everything that people's lives do to the entities of a home."""

import numpy as np

from envirosense.home.behaviour.activity_stimuli import activity_stimuli
from envirosense.home.behaviour.away_stimuli import away_stimuli
from envirosense.home.behaviour.door_stimuli import door_stimuli
from envirosense.home.behaviour.garage_stimuli import garage_stimuli
from envirosense.home.behaviour.house_stimuli import house_stimuli
from envirosense.home.behaviour.household import Household
from envirosense.home.behaviour.lid_stimuli import lid_stimuli
from envirosense.home.behaviour.light_stimuli import light_stimuli
from envirosense.home.behaviour.motion_stimuli import motion_stimuli
from envirosense.home.behaviour.presence_stimuli import presence_stimuli
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.behaviour.window_stimuli import window_stimuli
from envirosense.home.model import Home
from envirosense.home.people.lives import Lives
from envirosense.home.surroundings.context import Context

PARTS = (
    presence_stimuli,
    door_stimuli,
    window_stimuli,
    lid_stimuli,
    motion_stimuli,
    light_stimuli,
    away_stimuli,
    activity_stimuli,
    house_stimuli,
    garage_stimuli,
)


def base_stimuli(
    home: Home, lives: Lives, context: Context, reserved: frozenset[int], n_days: int, seed: int
) -> Stimuli:
    """What hands, feet and sensors do in everyday life, in order of time; nothing to entities in `reserved`.

    Every draw is named after the entity or the resident that it belongs to: another entity or resident, or
    another reserved entity, leaves the rest as it was.
    """
    household = Household(home, lives, context, reserved, n_days, seed)
    parts = [one for part in PARTS for one in part(household)]
    whole = Stimuli.merged(Stimuli.of(np.empty(0), 0, 0, 0), *parts)
    low, high = np.searchsorted(whole.t_us, (0, household.end_of_time_us))
    return whole.between(low, high)
