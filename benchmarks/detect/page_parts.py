"""Pieces of the page: facts, tables that a narrow screen can stack, and bars of a share."""

from collections.abc import Sequence
from html import escape

from envirosense.learning import svg

type Cell = tuple[str, str]  # value, small print
type Drawn = str | Cell  # markup, or text


def fact(what: str, value: str, below: str, is_met: bool = True) -> str:
    """One headline number."""
    style = "" if is_met else ' style="color:var(--bad)"'
    return (
        f'<div class="fact"><span class="what">{escape(what)}</span><b{style}>{escape(value)}</b>'
        f"<span>{escape(below)}</span></div>"
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[Drawn]], words: int = -1) -> str:
    """Table of numbers; column `words` holds running text."""
    kinds = [' class="words"' if place == words else "" for place in range(len(heads))]
    head = "".join(f"<th{kind}>{escape(name)}</th>" for name, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f'<td{kind} data-head="{escape(name)}"><span>{_shown(cell)}</span></td>'
            for name, kind, cell in zip(heads, kinds, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _shown(cell: Drawn) -> str:
    if isinstance(cell, str):
        return cell
    value, below = cell
    return escape(value) + (f"<small>{escape(below)}</small>" if below else "")


def bar(value: float | None, low: float | None, high: float | None, gate: float) -> Drawn:
    """Share from 0 to 1 with its interval and the gate."""
    if value is None or low is None or high is None:
        return "–", ""
    x, middle = svg.Scale(0.0, 1.0, 6.0, 184.0), 10.0
    parts = [
        svg.line(x(0.0), middle, x(1.0), middle, "grid"),
        svg.line(x(gate), 2.0, x(gate), 18.0, "threshold"),
        svg.line(x(low), middle, x(high), middle, "whisker"),
        svg.circle(x(value), middle, 4.5, "dot model", f"{value:.2f}"),
    ]
    return svg.drawing(190.0, 20.0, parts, f"{value:.2f}, interval {low:.2f} to {high:.2f}")


def notes(lines: Sequence[str]) -> str:
    """List of short paragraphs."""
    return f'<ul class="limits">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'
