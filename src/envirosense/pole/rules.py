"""Quality rules of the pole twin, from rules.yaml beside this file."""

from importlib.resources import files

from envirosense.datasets.rules import Rule, load_rules


def pole_rules() -> tuple[Rule, ...]:
    """Every rule of the file, in its order."""
    return load_rules(files("envirosense.pole") / "rules.yaml")
