"""Quality rules of the home twin, from quality.yaml beside this file."""

from importlib.resources import files

from envirosense.datasets.rules import Rule, load_rules


def home_rules() -> tuple[Rule, ...]:
    """Every rule of the file, in its order."""
    return load_rules(files("envirosense.home") / "quality.yaml")
