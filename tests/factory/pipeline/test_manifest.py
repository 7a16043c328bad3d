"""What a manifest says, and what is wrong with one, found before anything is simulated."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from envirosense.core.errors import ConfigError
from envirosense.factory.pipeline import PipelineManifest, manifest_of, read_manifest
from envirosense.factory.pipeline.costs import kind_of
from envirosense.factory.pipeline.drawing import Drawing, part_starts
from envirosense.factory.pipeline.manifest import difference
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest

PART = {"scenarios": "toss/*", "episodes": 4, "duration": "2m"}
PLAIN = {"twin": "coin", "parts": [PART]}


def written(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def test_a_manifest_survives_its_own_plain_form() -> None:
    manifest = manifest_of({**PLAIN, "formats": ["csv"], "splits": {"train": 3, "test": 1}})
    assert PipelineManifest.model_validate(manifest.plain) == manifest
    assert manifest.parts[0].duration_s == 120.0
    assert manifest.splits.shares == {"train": 3.0, "test": 1.0}


def test_one_part_is_the_dataset_of_the_same_request() -> None:
    request = GenerationRequest.parse(
        {"twin": "coin", "episodes": 7, "duration_s": 60.0, "seed": 3, "scenarios": "*"}
    )
    part = {"scenarios": "*", "episodes": 7, "duration": 60}
    drawing = Drawing(manifest_of({"twin": "coin", "seed": 3, "parts": [part]}))
    assert list(drawing.specs()) == list(draw_specs(request, drawing.twin))


def test_batches_cut_the_same_episodes() -> None:
    parts = [PART, {"scenarios": "*", "episodes": 5, "duration": "1m"}]
    drawing = Drawing(manifest_of({**PLAIN, "parts": parts}))
    every = list(drawing.specs())
    assert len(every) == 9
    assert [*drawing.specs(0, 2), *drawing.specs(2, 5), *drawing.specs(5, 9)] == every


def test_no_two_parts_use_an_index_or_a_round_twice() -> None:
    sizes = [(7, 5), (3, 1), (20, 8), (1, 2)]
    starts = part_starts(sizes)
    assert starts[0] == 0
    places = [
        (index, index // n)
        for start, (episodes, n) in zip(starts, sizes, strict=True)
        for index in range(start, start + episodes)
    ]
    assert len({index for index, _ in places}) == len(places)
    rounds = [
        {index // n for index in range(start, start + episodes)}
        for start, (episodes, n) in zip(starts, sizes, strict=True)
    ]
    assert all(one.isdisjoint(other) for i, one in enumerate(rounds) for other in rounds[:i])


def test_parts_stand_on_the_same_sites_and_a_site_is_in_one_split() -> None:
    drawing = Drawing(manifest_of({**PLAIN, "groups": 3, "parts": [PART, {**PART, "scenarios": "normal/*"}]}))
    groups = [{spec.group for spec in drawing.specs(*ends)} for ends in ((0, 4), (4, 8))]
    assert groups[0] & groups[1]
    assert set().union(*groups) == set(drawing.splits)


RULE = {"name": "a", "kind": "range", "stream": "x", "columns": ["y"]}
BALANCE = {"scenarios": "*", "classes": {"a": "heads"}, "target": {"b": 2}}
MISTAKES = {
    "misspelt": ({"parts": [{**PART, "duratoin": 3}]}, "parts.0.duratoin", "did you mean 'duration'?"),
    "no scenario": ({"parts": [{**PART, "scenarios": []}]}, "parts.0.scenarios", "must not be empty"),
    "scenario": ({"parts": [PART, {**PART, "scenarios": "toss/hads"}]}, "parts.1.scenarios", "'toss/heads'?"),
    "nothing": ({"parts": []}, "parts", "nothing is asked for"),
    "twin": ({"twin": "coyn"}, "twin", "did you mean 'coin'?"),
    "no episodes": ({"parts": [{**PART, "episodes": 0}]}, "parts.0.episodes", "greater than 0"),
    "no unit": ({"parts": [{**PART, "duration": "5"}]}, "parts.0.duration", "with a unit"),
    "long tick": ({"dt": "3m"}, "dt", "longer than an episode of 120 s"),
    "format": ({"formats": ["csv", "cvs"]}, "formats.1", "did you mean 'csv'?"),
    "in memory": ({"formats": ["pandas"]}, "formats.0", "unknown format"),
    "compression": ({"formats": [{"format": "arrow", "compression": "rar"}]}, "formats.0.format", "unknown"),
    "twice": ({"formats": ["csv", "csv"]}, "formats", "twice"),
    "split": ({"formats": [{"format": "csv", "split": "dev"}]}, "formats.0.split", "no split"),
    "no share": ({"splits": {"train": 1, "test": 0}}, "splits.test", "greater than 0"),
    "batches": ({"batches": 9}, "batches", "more than the 4 episodes"),
    "secret": ({"target": "s3://me:word@bucket/x"}, "target", "holds a secret"),
    "no bucket": ({"target": "s3:///x"}, "target", "names no bucket"),
    "class": ({"balance": BALANCE}, "balance.target", "unknown class"),
    "augmentation": ({"augment": {"recipe": [{"name": "no_such"}]}}, "augment.recipe", "augmentation"),
    "rule": ({"quality": {"rules": [RULE]}}, "quality.rules.0", "give bounds"),
}


@pytest.mark.parametrize(("data", "field", "fix"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_with_its_place(
    tmp_path: Path, data: dict[str, Any], field: str, fix: str
) -> None:
    path = written(tmp_path / "m.yaml", {**PLAIN, **data})
    with pytest.raises(ConfigError, match=re.escape(fix)) as caught:
        read_manifest(path)
    assert caught.value.field.startswith(field)
    assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", str(caught.value))
    assert "word" not in str(caught.value)


def test_the_place_is_that_of_the_value(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("twin: coin\nparts:\n  - scenarios: toss/*\n    episodes: -3\n")
    with pytest.raises(ConfigError, match=r"m\.yaml:4:15: parts\.0\.episodes=-3"):
        read_manifest(path)


def test_parts_with_other_columns_are_refused_before_anything_is_written() -> None:
    parts = [PART, {**PART, "imperfections": {"noise": 1.0}}]
    assert manifest_of({**PLAIN, "parts": parts}).parts[1].imperfections == {"noise": 1.0}
    both = {**PART, "options": {"sensing": {"noise": 1.0}}, "imperfections": {"noise": 2.0}}
    with pytest.raises(ConfigError, match="keep one of them"):
        manifest_of({**PLAIN, "parts": [both]})


def test_files_are_looked_for_beside_the_manifest(tmp_path: Path) -> None:
    written(tmp_path / "noisy.yaml", {"noise": 0.25})
    rule = {"name": "low", "kind": "range", "stream": "readings", "columns": ["near"], "bounds": [-99, 99]}
    written(tmp_path / "rules.yaml", {"rules": [rule]})
    written(tmp_path / "alerts.yaml", {"sinks": [{"kind": "file", "path": "alerts.jsonl"}]})
    data = {
        **PLAIN,
        "parts": [{**PART, "imperfections": "noisy.yaml"}],
        "quality": {"rules": "rules.yaml"},
        "alerts": "alerts.yaml",
    }
    manifest = read_manifest(written(tmp_path / "m.yaml", data))
    assert next(Drawing(manifest).specs()).sensing == {"noise": 0.25}
    assert manifest.quality.rules[0].name == "low"
    assert manifest.alerts is not None
    assert manifest.alerts.sinks[0].path == tmp_path / "alerts.jsonl"


def test_a_missing_file_is_named_at_its_place(tmp_path: Path) -> None:
    path = written(tmp_path / "m.yaml", {**PLAIN, "parts": [{**PART, "imperfections": "none.yaml"}]})
    with pytest.raises(ConfigError, match=r"m\.yaml:\d+:\d+: .*none\.yaml"):
        read_manifest(path)


def test_a_difference_names_field_and_both_values() -> None:
    there, here = {"a": [{"b": 1}], "c": 2}, {"a": [{"b": 3}], "d": 4}
    assert difference(there, here) == [
        "a.0.b is 1 there, 3 here",
        "c is 2 there, not given here",
        "d is not given there, 4 here",
    ]


def test_a_stage_is_of_the_kind_of_its_name() -> None:
    kinds = ["episodes-100", "episodes-1000", "export-csv", "export-csv-test", "augmented"]
    for name in kinds[:4]:
        assert kind_of(name, kinds) == name
    assert kind_of("augmented-003", kinds) == "augmented"
    assert kind_of("episodes-101", kinds) == ""
    assert kind_of("check", kinds) == ""
