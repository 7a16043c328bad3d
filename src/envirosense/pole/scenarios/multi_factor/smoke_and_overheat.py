"""An overheating clamp under the smoke of a far wildfire: gas and particles come from elsewhere."""

from typing import ClassVar

from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
from envirosense.pole.scenarios.lookalike.wildfire_smoke import WildfireSmokeScenario
from envirosense.scenarios import Category
from envirosense.scenarios.acts import ActOf
from envirosense.scenarios.compose import CompositeScenario


class SmokeAndOverheatScenario(CompositeScenario):
    """Smoke that is none of the pole's, and heat that is."""

    name: ClassVar[str] = "smoke_and_overheat"
    description: ClassVar[str] = "A clamp overheats while a far wildfire's smoke lies over the pole"
    category: ClassVar[Category] = Category.MULTI_FACTOR
    limits: ClassVar[str] = (
        "Smoke dims sun and sky light; its own warmth in the infrared is left out. "
        + EquipmentOverheatScenario.limits
    )
    tags: ClassVar[tuple[str, ...]] = ("thermal", "smoke")
    acts: ClassVar[tuple[ActOf, ...]] = (
        ActOf("smoke", WildfireSmokeScenario),
        ActOf("clamp", EquipmentOverheatScenario),
    )
