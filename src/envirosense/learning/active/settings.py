"""What a person may say about asking for data."""

from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from envirosense.core.config import FrozenModel
from envirosense.core.errors import UnknownNameError
from envirosense.learning.active.acquisition import AcquisitionSettings
from envirosense.learning.active.bandit import BanditSettings
from envirosense.learning.active.stop import StopRule
from envirosense.learning.active.strategies import STRATEGIES


class ActiveSettings(FrozenModel):
    """How weak spots are found and episodes shared out.

    Attributes:
        look_at: `errors` of the model, or where it is in `doubt` by `strategy`.
        strategy: of `STRATEGIES`, for doubt.
        doubtful_share: of the samples that count as doubtful.
        alpha: greatest chance that a weak spot is named where there is none.
        least_gap: error above that outside, below which a slice is not worth naming.
        least_share: a unit is wrong where at least this share of its samples is.
        most_spots: that share the episodes of one plan.
        floor: share of a plan that is drawn evenly, so that nothing starves and weights stay bounded.
        most_of_spot: greatest share of one spot, the floor aside.
        explore: share that goes where the surrogate expects errors; all but the floor while no spot is sure.
        episodes_per_wish: of exploration.
    """

    look_at: Literal["errors", "doubt"] = "errors"
    strategy: str = "entropy"
    doubtful_share: float = Field(0.1, gt=0, lt=1)
    alpha: float = Field(0.05, gt=0, lt=1)
    least_gap: float = Field(0.05, gt=0, lt=1)
    least_share: float = Field(0.5, gt=0, le=1)
    most_spots: PositiveInt = 6
    floor: float = Field(0.2, gt=0, le=1)
    most_of_spot: float = Field(0.25, gt=0, le=1)
    explore: float = Field(0.4, ge=0, lt=1)
    episodes_per_wish: PositiveInt = 4
    acquisition: AcquisitionSettings = AcquisitionSettings()
    bandit: BanditSettings = BanditSettings()
    stop: StopRule = StopRule()

    @model_validator(mode="after")
    def _knows_its_strategy(self) -> "ActiveSettings":
        if self.strategy not in STRATEGIES:
            raise UnknownNameError("strategy", self.strategy, STRATEGIES)
        if self.floor + self.explore > 1.0:
            raise ValueError("floor and explore are shares of one plan; together they may not exceed 1")
        return self
