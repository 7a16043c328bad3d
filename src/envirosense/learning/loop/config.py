"""What a person may say about a loop."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from envirosense.core.config import FrozenModel
from envirosense.learning.active.settings import ActiveSettings
from envirosense.learning.retraining.config import TriggerSettings, VolumeSettings

_ENOUGH_NEW: Final = 50  # units, however large a cycle


class LoopConfig(FrozenModel):
    """A loop that can be gone on with: the same folder takes the same configuration only.

    Attributes:
        subject: name in the registry of loops.
        seed: of everything that is drawn.
        episodes: of a cycle; what is asked for weak spots is part of them.
        validation_episodes: for thresholds and weak spots; their groups are in no training and no test.
        test_episodes: frozen, of groups of their own.
        compare_uniform: whether a second arm learns from even draws alone, for the report's learning curve.
        trainer: name of a trainer, or the command line of a user's own.
        trainer_timeout_s: after which it is stopped.
        alpha: share of duels of equal models that may end in a promotion.
        triggers: of retraining, looked at after every collection; by default half a cycle of new units is
            enough.
        active: how weak spots are found and a cycle's episodes shared out.
        real_samples: samples of real origin (Parquet) to train on besides.
        real_weight: what one of them counts.
    """

    schema_version: Literal[1] = 1
    subject: str
    seed: NonNegativeInt = 0
    episodes: PositiveInt
    validation_episodes: PositiveInt
    test_episodes: PositiveInt
    compare_uniform: bool = True
    trainer: str | tuple[str, ...] | None = None
    trainer_timeout_s: PositiveFloat = 900.0
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    triggers: TriggerSettings | None = None
    active: ActiveSettings = ActiveSettings()
    real_samples: Path | None = None
    real_weight: NonNegativeFloat = 1.0

    @property
    def retraining_triggers(self) -> TriggerSettings:
        """The triggers, those of a loop where nothing is said."""
        usual = VolumeSettings(new_units=max(min(_ENOUGH_NEW, self.episodes // 2), 1))
        return self.triggers or TriggerSettings(volume=usual)
