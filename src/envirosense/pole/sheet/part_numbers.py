"""Every number of a part with its unit, where it comes from, and a note."""

from html import escape

from envirosense.core.parts import ORIGINS, Part
from envirosense.pole.page.wording import value_text


def part_numbers(part: Part) -> str:
    """Counts by origin as a bar, and the table folded under them."""
    total = max(1, len(part.quantities))
    found = {origin: n for origin, n in part.origins.items() if n}
    places = {origin: ORIGINS.index(origin) for origin in found}
    bar = "".join(
        f'<i class="o{places[origin]}" style="width:{100 * n / total:.1f}%"></i>'
        for origin, n in found.items()
    )
    key = "".join(
        f'<li><i class="dot o{places[origin]}"></i>{n} {escape(origin)}</li>' for origin, n in found.items()
    )
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{escape(value_text(one.value))}</td><td>{escape(one.unit)}</td>"
        f'<td><i class="dot o{ORIGINS.index(one.origin)}"></i>{escape(one.source)}</td>'
        f"<td>{escape(one.note)}</td></tr>"
        for one in part.quantities.values()
    )
    return (
        f'<p class="small">{escape(part.summary)}</p><div class="origins">{bar}</div>'
        f'<ul class="legend">{key}</ul>'
        f'<details class="fold"><summary>{len(part.quantities)} numbers</summary>'
        '<div class="scroll"><table class="numbertable"><thead><tr><th>Name</th><th>Value</th><th>Unit</th>'
        f"<th>Source</th><th>Note</th></tr></thead><tbody>{rows}</tbody></table></div></details>"
    )
