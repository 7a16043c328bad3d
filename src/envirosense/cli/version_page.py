"""A version of a model as text: what it is, and what whoever entered it kept with it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from envirosense.cli.output import facts

if TYPE_CHECKING:
    from envirosense.learning.deployment.version import ModelVersion
    from envirosense.learning.models.card import ModelCard

_TITLES: Final = {"evaluation": "on the frozen test set", "task": "task"}


def version_page(version: "ModelVersion", card: "ModelCard") -> str:
    """Aligned names and values: the version, its card, then a block for each group of facts."""
    kept = dict(version.facts)
    groups = {name: one for name, one in kept.items() if isinstance(one, Mapping) and one}
    first: dict[str, object] = {
        "version": version.label,
        "entered": f"{version.created_utc[:19]} UTC",
        "replaces": version.parent,
        "model id": version.model_id,
        "folder": version.path,
        "classes": ", ".join(card.classes),
        "features": len(card.features),
        "threshold": card.threshold,
        "trainer": card.trainer,
        "size": f"{card.file.n_bytes / 1e6:.2f} MB",
        "smoke test": "passed",
        **{_words(name): _said(one) for name, one in kept.items() if name not in groups},
    }
    blocks = [facts(first)]
    for name, one in groups.items():
        rows = facts({f"  {_words(str(key))}": _said(value) for key, value in one.items()})
        blocks.append(f"{_TITLES.get(name, _words(name))}\n{rows}")
    return "\n\n".join(blocks)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _said(value: object) -> object:
    """A value as a cell; what is in something else stands behind one another."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(str(key))} {_text(one)}" for key, one in value.items()) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_text(one) for one in value) or "none"
    return value


def _text(value: object) -> str:
    said = _said(value)
    if isinstance(said, float):
        return f"{said:.6g}"
    return "-" if said is None else str(said)
