"""Two clamps of one pole degrade at once, each in its own time."""

from typing import ClassVar

from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
from envirosense.scenarios import BaseRate, Category
from envirosense.scenarios.acts import ActOf
from envirosense.scenarios.compose import CompositeScenario


class TwoJointsScenario(CompositeScenario):
    """Two bad joints: comparing a clamp with its neighbour misleads."""

    name: ClassVar[str] = "two_joints"
    description: ClassVar[str] = "Two clamps of one pole degrade at once"
    category: ClassVar[Category] = Category.MULTI_FACTOR
    limits: ClassVar[str] = "The joints do not act on one another. " + EquipmentOverheatScenario.limits
    rate: ClassVar[BaseRate] = BaseRate(
        0.1 * EquipmentOverheatScenario.rate.per_pole_year,
        EquipmentOverheatScenario.rate.duration_s,
        "assumed: clamps of a pole share age and fitter; one bad joint in ten has a second beside it",
    )
    tags: ClassVar[tuple[str, ...]] = ("thermal",)
    acts: ClassVar[tuple[ActOf, ...]] = (
        ActOf("first", EquipmentOverheatScenario),
        ActOf("second", EquipmentOverheatScenario),
    )
