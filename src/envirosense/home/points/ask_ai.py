"""Conversations of a home's people with an assistant: query, response, and what became of it."""

from typing import Annotated, Final, Literal

from pydantic import Field, NonNegativeFloat

from envirosense.core.config import FrozenModel
from envirosense.factory.collection.point import CollectionPoint
from envirosense.factory.collection.rules import FilterRule
from envirosense.home.points.soft_prompt import SOFT_PROMPT

type Share = Annotated[float, Field(ge=0.0, le=1.0)]


class OfferedSuggestion(FrozenModel):
    """One of the suggestions that were offered."""

    description: str = ""
    confidence: Share | None = None


class Clarification(FrozenModel):
    """One round of asking back."""

    questions: tuple[str, ...]
    answers: tuple[str, ...] = ()
    ambiguities: tuple[str, ...] = ()


class AskAiRecord(FrozenModel):
    """One query as homes.md 2 has it.

    Attributes:
        approval: What the user made of it; None where nobody decided.
    """

    query_id: str
    original_query: str = ""
    user_id: str | None = None
    parsed_intent: str = ""
    extracted_entities: tuple[str, ...] = ()
    suggestions: tuple[OfferedSuggestion, ...] = ()
    response: str = ""
    confidence: Share | None = None
    processing_time_ms: NonNegativeFloat | None = None
    failure_reason: str | None = None
    clarifications: tuple[Clarification, ...] = Field(default=(), max_length=3)
    approval: Literal["approved", "rejected", "modified"] | None = None


RULES: Final = (
    FilterRule(code="query_missing", test="filled", fields=("original_query",)),
    FilterRule(code="query_short", test="longer", fields=("original_query",), value=5),
    FilterRule(code="content_empty", test="any_filled", fields=("suggestions.*.description", "response")),
)

POINT: Final = CollectionPoint(
    "ask_ai",
    AskAiRecord,
    RULES,
    SOFT_PROMPT,
    event="query_id",
    note="an assistant that answers queries of the home's people",
)
