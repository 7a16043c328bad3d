"""`scenarios`: what can happen to a twin, and files that say more."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envirosense.cli.failures import Failure
from envirosense.cli.output import AsJson, columns_of_terminal, facts, report, say, say_json, table

if TYPE_CHECKING:
    from envirosense.scenarios import BaseRate, BaseScenario

commands = typer.Typer(help="Scenarios: what can happen to a twin.")


@commands.command("list")
def list_scenarios(
    category: Annotated[str | None, typer.Option(help="Only this category: fire, electrical, ...")] = None,
    as_json: AsJson = False,
) -> None:
    """Print every scenario with how often it happens at one pole and how hard it is to tell."""
    from envirosense.core.errors import UnknownNameError
    from envirosense.pole.difficulty_levels import shown_level
    from envirosense.scenarios import SCENARIOS, Category

    if category is not None and category not in list(Category):
        raise UnknownNameError("category", category, [shelf.value for shelf in Category])
    found = {name: one for name, one in SCENARIOS.items() if category in (None, one.category.value)}
    rows = [
        {
            "scenario": name,
            "about": one.description,
            "per_pole_year": float(f"{rate.per_pole_year:.3g}") if (rate := _rate(one)) else None,
            "difficulty": shown_level(one),
        }
        for name, one in found.items()
    ]
    report({"scenarios": rows}, table(rows), as_json)


@commands.command("show")
def show_scenario(
    scenario: Annotated[str, typer.Argument(metavar="ID|FILE")],
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print it as a scenario file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a scenario's parameters with range, unit and source, its stages, events, rate and limits."""
    from envirosense.pole.difficulty_levels import shown_level
    from envirosense.scenarios.definition import definition_of, scenario_id
    from envirosense.scenarios.io import yaml_text

    found = _found(scenario)
    if as_yaml:
        return say(yaml_text(definition_of(found)).rstrip())
    head = {
        "scenario": scenario_id(found),
        "about": found.description,
        "acts": _acts(found),
        "phases": list(found.phases),
        "events": _events(found),
        "limits": found.limits,
        "rate": _rate_text(_rate(found)),
        "difficulty": shown_level(found),
        "measured": _measured(found),
        "expected_duration_s": found.expected_duration,
        "needs_transformer": found.needs_transformer,
        "tags": list(found.tags),
        "constraints": [str(constraint) for constraint in found.space.constraints],
    }
    rows = _parameter_rows(found)
    if as_json:
        return say_json({**head, "parameters": rows})
    head["measured"] = _measured_text(found)
    texts = {name: _text(value) for name, value in head.items() if value not in ([], None)}
    return say(
        facts(texts, columns_of_terminal()) + ("\n\n" + table(rows) if rows else "\nno parameters of its own")
    )


@commands.command("validate")
def validate_scenarios(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files, YAML or JSON.")],
    as_json: AsJson = False,
) -> None:
    """Check scenario files: fields, units, references, constraints by drawing, causes by trying them."""
    rows = [_validated(path) for path in files]
    wrong = [row for row in rows if row["error"] is not None]
    if as_json:
        say_json({"files": rows})
    else:
        for row in rows:
            if row["error"] is None:
                refused = f", {row['n_refused']} of {row['n_draws']} draws refused" * bool(row["n_refused"])
                say(f"ok: {row['file']}: {row['scenario']}, {row['n_parameters']} parameters{refused}")
                if row["warning"] is not None:
                    typer.echo(f"warning: {row['file']}: {row['warning']}", err=True)
    if wrong:
        raise Failure("\n".join(f"error: {row['error']}" for row in wrong), 1)


@commands.command("schema")
def schema_of_scenarios(
    out: Annotated[Path | None, typer.Option(help="File to write; default: print it.")] = None,
) -> None:
    """Print the JSON Schema of a scenario file, with every scenario that is installed."""
    from envirosense.scenarios.schema import scenario_schema

    schema = scenario_schema()
    if out is None:
        return say_json(schema)
    from envirosense.cli.world import check_page
    from envirosense.datasets.files import write_whole

    check_page(out)
    write_whole(out, (json.dumps(schema, indent=1) + "\n").encode())
    return say(str(out))


def _found(scenario: str) -> "type[BaseScenario]":
    from envirosense.scenarios import SCENARIOS
    from envirosense.scenarios.io import is_scenario_file, load_scenario

    return load_scenario(Path(scenario)) if is_scenario_file(scenario) else SCENARIOS[scenario]


def _rate(scenario: "type[BaseScenario]") -> "BaseRate | None":
    return getattr(scenario, "rate", None)


def _rate_text(rate: "BaseRate | None") -> str | None:
    if rate is None:
        return None
    return f"{rate.per_pole_year:.3g} per pole and year, {rate.duration_s:.3g} s each ({rate.source})"


def _measured(scenario: "type[BaseScenario]") -> dict[str, Any] | None:
    """What was measured of a scenario's difficulty, and with what; None for one that was not."""
    from envirosense.pole.difficulty_levels import measured_row, stored_document

    row, document = measured_row(scenario), stored_document()
    return None if row is None else {**row, "version": document["version"], **document["measured"]}


def _measured_text(scenario: "type[BaseScenario]") -> str | None:
    from envirosense.pole.difficulty_levels import measured_by, measured_row, outcome_text

    row = measured_row(scenario)
    return None if row is None else f"{outcome_text(row)} ({measured_by()})"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def _parameter_rows(scenario: "type[BaseScenario]") -> list[dict[str, str]]:
    return [
        {
            "parameter": name,
            "drawn": str(parameter.distribution),
            "unit": parameter.unit,
            "about": parameter.description,
            "source": parameter.source,
        }
        for name, parameter in scenario.space.parameters.items()
    ]


def _acts(scenario: "type[BaseScenario]") -> list[str]:
    """Scenarios that it is made of, each with its part of the episode."""
    from envirosense.scenarios.compose import CompositeScenario
    from envirosense.scenarios.definition import scenario_id

    acts = scenario.acts if issubclass(scenario, CompositeScenario) else ()
    return [f"{act.name} = {scenario_id(act.scenario)} ({act.begin:g} to {act.end:g})" for act in acts]


def _events(scenario: "type[BaseScenario]") -> list[str]:
    """Events of a few hundred draws in a world whose components get hot, `type/subtype`."""
    from envirosense.cli.scenario_trial import trial_events

    return [f"{kind}/{subtype}" for kind, subtype in trial_events(scenario)]


def _validated(path: Path) -> dict[str, Any]:
    from envirosense.cli.scenario_doubts import doubts
    from envirosense.cli.scenario_trial import TRIALS, trial_refusals, try_causes
    from envirosense.core.errors import ConfigError
    from envirosense.scenarios.definition import scenario_id
    from envirosense.scenarios.io import loaded
    from envirosense.scenarios.mistakes import located

    row: dict[str, Any] = {"file": str(path), "scenario": None, "n_parameters": 0}
    row |= {"n_draws": TRIALS, "n_refused": 0, "warning": None, "error": None}
    try:
        definition, scenario, whole = loaded(path)
        row |= {"scenario": scenario_id(scenario), "n_parameters": len(scenario.space.parameters)}
        row["n_refused"] = trial_refusals(scenario)
        with located(whole):
            try_causes(scenario)
        row["warning"] = "; ".join(doubts(definition, scenario, whole)) or None
    except ConfigError as error:
        row["error"] = str(error)
    return row
