"""Automations that were written for a home: what was asked, what was written, and whether it holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from envirosense.core.config import FrozenModel
from envirosense.factory.collection.export import read_export
from envirosense.factory.collection.point import CollectionPoint, Exporter, ExportFile, Row
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.rules import FilterRule


class YamlInput(FrozenModel):
    """What an automation was to be written of."""

    query: str = ""
    entities: tuple[str, ...] = ()
    suggestion: str = ""


class YamlValidation(FrozenModel):
    """Verdict of a validator; None where none ran."""

    is_valid: bool | None = None
    errors: tuple[str, ...] = ()


class YamlGenerationRecord(FrozenModel):
    """A pair, its validation, and the automation that should have been written, where one is known."""

    input: YamlInput
    output: str = ""
    validation_result: YamlValidation = YamlValidation()
    ground_truth: str | None = None


RULES: Final = (
    FilterRule(code="input_empty", test="any_filled", fields=("input.query", "input.suggestion")),
    FilterRule(code="output_empty", test="filled", fields=("output",)),
    FilterRule(code="validation_missing", test="filled", fields=("validation_result.is_valid",)),
    FilterRule(code="yaml_invalid", test="is", fields=("validation_result.is_valid",), value=True),
)


def _pairs(found: Sequence[Collected]) -> list[Row]:
    return [{"data_id": one.data_id, "home_id": one.source.site, **one.record} for one in found]


def _validations(found: Sequence[Collected]) -> list[Row]:
    return [
        {
            "data_id": one.data_id,
            "home_id": one.source.site,
            **one.record["validation_result"],
            "has_ground_truth": one.record["ground_truth"] is not None,
        }
        for one in found
    ]


YAML_PAIRS: Final = Exporter(
    "yaml_generation",
    (
        ExportFile("yaml_pairs.json", _pairs, targets=("output",)),
        ExportFile("validation_results.json", _validations, targets=("is_valid",)),
    ),
)

POINT: Final = CollectionPoint(
    "yaml_generation",
    YamlGenerationRecord,
    RULES,
    YAML_PAIRS,
    note="a workflow that writes automations, and a validator",
)


def read_yaml_pairs(folder: Path | str) -> dict[str, list[Row]]:
    """Rows by file name of `training_data/cycle_N` or `training_data/aggregated`, checked."""
    return read_export(folder, YAML_PAIRS)
