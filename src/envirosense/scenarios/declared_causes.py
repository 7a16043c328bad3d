"""The causes a scenario file may name: the vocabulary of `forcing`, with courses instead of arrays."""

from typing import Any, Final

from pydantic import model_validator

from envirosense.core.config import FrozenModel
from envirosense.scenarios.conditions import Conditions
from envirosense.scenarios.declared_changes import (
    DeviceDefinition,
    ImpactDefinition,
    LineDefinition,
    SensorFaultDefinition,
    StormDefinition,
    StructureDefinition,
    SurfaceDefinition,
    TransformerDefinition,
    WeatherDefinition,
)
from envirosense.scenarios.declared_matter import (
    AirMassDefinition,
    DischargeDefinition,
    EmissionDefinition,
    HeatingDefinition,
    JointDefinition,
    NoiseDefinition,
    WoodDefinition,
)
from envirosense.scenarios.declared_values import Scope
from envirosense.scenarios.faults import at


class CauseDefinition(FrozenModel):
    """One cause: exactly one of these."""

    heating: HeatingDefinition | None = None
    joint: JointDefinition | None = None
    wood: WoodDefinition | None = None
    emission: EmissionDefinition | None = None
    air_mass: AirMassDefinition | None = None
    discharge: DischargeDefinition | None = None
    line: LineDefinition | None = None
    transformer: TransformerDefinition | None = None
    structure: StructureDefinition | None = None
    weather: WeatherDefinition | None = None
    setting: WeatherDefinition | None = None  # weather that the happening needs and does not make
    noise: NoiseDefinition | None = None
    impact: ImpactDefinition | None = None
    storm: StormDefinition | None = None
    surface: SurfaceDefinition | None = None
    sensor_fault: SensorFaultDefinition | None = None
    device: DeviceDefinition | None = None

    @model_validator(mode="after")
    def _is_one_cause(self) -> "CauseDefinition":
        if len(self.given) != 1:
            known = ", ".join(FIELDS)
            raise ValueError(f"give exactly one of {known}, not {', '.join(self.given) or 'none'}")
        return self

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the causes it names."""
        return tuple(name for name in FIELDS if getattr(self, name) is not None)


# Cause in a file -> field of `Forcing`; what is not here is for scenarios in Python
FIELDS: Final = {
    "heating": "heatings", "joint": "joints", "wood": "fuels", "emission": "emissions",
    "air_mass": "air_masses", "discharge": "discharges", "line": "line", "transformer": "tanks",
    "structure": "structures", "weather": "weather", "setting": "setting", "noise": "noises",
    "impact": "impacts", "storm": "storms", "surface": "surfaces", "sensor_fault": "sensor_faults",
    "device": "device",
}  # fmt: skip
PYTHON_ONLY: Final = ("mirrors",)


def build_causes(causes: list[CauseDefinition], scope: Scope, conditions: Conditions) -> dict[str, Any]:
    """Causes in an episode, by field of `Forcing`."""
    found: dict[str, list[Any]] = {}
    for place, cause in enumerate(causes):
        (name,) = cause.given
        with at("causes", place, name):
            found.setdefault(FIELDS[name], []).append(getattr(cause, name).build(scope, conditions))
    return {field: tuple(built) for field, built in found.items()}
