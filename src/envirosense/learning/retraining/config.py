"""What a person may say about retraining."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.learning.retraining.sufficiency import SufficiencyNeeds

type Alpha = Annotated[float, Field(gt=0, lt=0.5)]


class VolumeSettings(FrozenModel):
    """Enough that is new.

    Attributes:
        new_units: units that the last training did not see.
        share: of the units that it did see, which must be new besides; many more are needed to matter later.
    """

    new_units: PositiveInt = 50
    share: NonNegativeFloat = 0.1


class DegradationSettings(FrozenModel):
    """Right less often than judged.

    Attributes:
        fall: relative to the share that evaluation found; less is let pass.
        alpha: chance of ever firing while the model is as right as that.
        field_alpha: the same for what people said of it in the field.
    """

    fall: Annotated[float, Field(ge=0, lt=1)] = 0.05
    alpha: Alpha = 0.01
    field_alpha: Alpha = 0.01


class DriftSettings(FrozenModel):
    """Features of new samples differ from those trained on.

    Attributes:
        alpha: chance of firing at one collection of a stable stream, all features together.
        rearm: p that all features must reach again before a fired trigger may fire for the same model.
    """

    alpha: Annotated[float, Field(ge=0.002, lt=0.5)] = 0.01
    rearm: Annotated[float, Field(gt=0, lt=1)] = 0.05


class ScheduleSettings(FrozenModel):
    """Time has passed.

    Attributes:
        every_days: since the last training.
    """

    every_days: PositiveFloat


class TriggerSettings(FrozenModel):
    """Which triggers are on; None is off.

    Attributes:
        volume: enough new units.
        degradation: the model is right less often than it was judged to be.
        drift: features have changed.
        schedule: time has passed.
        manual: a reason given by hand; each text fires once.
        cooldown_h: after a training, in which nothing but a reason given by hand fires.
    """

    volume: VolumeSettings | None = VolumeSettings()
    degradation: DegradationSettings | None = DegradationSettings()
    drift: DriftSettings | None = DriftSettings()
    schedule: ScheduleSettings | None = None
    manual: str = ""
    cooldown_h: NonNegativeFloat = 0.0


class RetrainingConfig(FrozenModel):
    """How one task is retrained.

    Attributes:
        triggers: when.
        needs: with how much.
        trainer: name in the registry, or a command to which the job folder is appended; None: the task's.
        timeout_s: after which a trainer is killed.
        seed: of everything that is drawn.
    """

    triggers: TriggerSettings = TriggerSettings()
    needs: SufficiencyNeeds = SufficiencyNeeds()
    trainer: str | tuple[str, ...] | None = None
    timeout_s: PositiveFloat = 3600.0
    seed: int = 0

    @classmethod
    def read(cls, path: Path) -> "RetrainingConfig":
        """Configuration of a YAML file.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        return cls.parse(load_yaml(path), str(path))
