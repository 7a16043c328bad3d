"""Suggestions that were generated for a home, with the prompt and the response."""

from typing import Annotated, Final, Literal

from pydantic import Field, NonNegativeInt

from envirosense.core.config import FrozenModel
from envirosense.factory.collection.point import CollectionPoint
from envirosense.factory.collection.rules import FilterRule
from envirosense.home.points.soft_prompt import SOFT_PROMPT

type Share = Annotated[float, Field(ge=0.0, le=1.0)]


class SuggestionRecord(FrozenModel):
    """A suggestion as homes.md 2 has it.

    Attributes:
        description_only: What it says to the people of the home.
        quality: How good it is, by whatever judged it; None where nothing did.
    """

    title: str
    description_only: str = ""
    category: Literal["energy", "comfort", "security", "convenience"]
    priority: Literal["low", "medium", "high"] = "medium"
    confidence: Share | None = None
    quality: Share | None = None
    status: Literal["draft", "refining", "yaml_generated", "deployed", "rejected"] = "draft"
    devices: tuple[str, ...] = ()
    device_capabilities: tuple[str, ...] = ()
    conversation_history: tuple[str, ...] = ()
    refinement_count: NonNegativeInt = 0
    automation_yaml: str | None = None
    ha_automation_id: str | None = None
    yaml_edit_count: NonNegativeInt = 0


class SuggestionGenerationRecord(FrozenModel):
    """A suggestion, the prompt that asked for it, and what came back."""

    suggestion: SuggestionRecord
    prompt: str = ""
    response: str = ""


RULES: Final = (
    FilterRule(code="quality_missing", test="filled", fields=("suggestion.quality",)),
    FilterRule(code="quality_low", test="at_least", fields=("suggestion.quality",), value=0.7),
    FilterRule(code="text_empty", test="filled", fields=("suggestion.description_only",)),
    FilterRule(code="prompt_empty", test="filled", fields=("prompt",)),
    FilterRule(code="response_empty", test="filled", fields=("response",)),
)

POINT: Final = CollectionPoint(
    "suggestion_generation",
    SuggestionGenerationRecord,
    RULES,
    SOFT_PROMPT,
    note="a workflow that makes suggestions of patterns and synergies",
)
