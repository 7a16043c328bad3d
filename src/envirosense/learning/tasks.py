"""What a model of the loop is for, and what is held against it."""

from typing import Annotated, Final, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from envirosense.core.config import FrozenModel

type Metric = Literal["accuracy", "precision", "recall", "f1", "pr_auc", "false_alarms"]

LOWER_IS_BETTER: Final = frozenset({"false_alarms"})


class ModelTask(FrozenModel):
    """One job that models compete for.

    Attributes:
        name: of the models, such as `pump-window`; versions count up within it.
        negative: class that raises no alarm; every other class is a positive one.
        trainer: name in the registry of trainers.
        alarm_share: share of negative units that may raise an alarm; the threshold is chosen for it on the
            validation set.
        gated: metrics that a promoted model may not let fall by more than `most_fall`.
        most_fall: greatest fall, relative, overall and in any class or slice with enough units.
        least_gain: share of the champion's wrong units that a challenger must take away to be worth a change.
        slice_by: conditions of the samples that evaluation and weak spots look at.
        least_units: units of a slice below which it is shown and not judged.
        enough_units: units from which on a fall counts as it stands; between the two it must also be more
            than chance (paired sign test at 5 %; for PR-AUC a paired bootstrap over groups), or every small
            slice would refuse every model.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    negative: str
    trainer: str = "forest"
    alarm_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    gated: tuple[Metric, ...] = ("recall", "false_alarms", "pr_auc")
    most_fall: NonNegativeFloat = 0.05
    least_gain: NonNegativeFloat = 0.05
    slice_by: tuple[str, ...] = ()
    least_units: PositiveInt = 20
    enough_units: PositiveInt = 100  # assumed: 5 % is about two standard errors of a paired difference
