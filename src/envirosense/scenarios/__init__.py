"""Contracts and engine of scenarios: parameters, forcing, labels, taxonomy."""

from envirosense.scenarios.base import SCENARIOS, BaseScenario, Orchestrator
from envirosense.scenarios.forcing import (
    Conditions,
    Forcing,
    Heating,
    JointResistance,
    Response,
    WoodFuel,
)
from envirosense.scenarios.labels import EventLabels, Labels, latched
from envirosense.scenarios.parameters import Choice, LogUniform, Parameter, ParameterSpace, Uniform
from envirosense.scenarios.taxonomy import Category, EventSubtype, EventType, Family, Level, level_of

__all__ = [
    "SCENARIOS",
    "BaseScenario",
    "Category",
    "Choice",
    "Conditions",
    "EventLabels",
    "EventSubtype",
    "EventType",
    "Family",
    "Forcing",
    "Heating",
    "JointResistance",
    "Labels",
    "Level",
    "LogUniform",
    "Orchestrator",
    "Parameter",
    "ParameterSpace",
    "Response",
    "Uniform",
    "WoodFuel",
    "latched",
    "level_of",
]
