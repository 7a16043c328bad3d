"""Chains: what one thing is followed by is followed by a third."""

from dataclasses import replace

from envirosense.home.patterns.model import PatternKind
from envirosense.home.patterns.observed import FoundPattern


def chains(found: tuple[FoundPattern, ...]) -> tuple[FoundPattern, ...]:
    """Chains of three from pairs of which one begins with what the other ends with.

    The pairs stay patterns of their own: each is true without the other. A chain is followed as often as both
    of its links are.
    """
    pairs = [one for one in found if one.kind is PatternKind.CO_OCCURRENCE and len(one.changes) == 2]
    return tuple(
        replace(
            first,
            kind=PatternKind.SEQUENCE,
            changes=(*first.changes, second.changes[1]),
            probability=first.probability * second.probability,
            n_followed=min(second.n_followed, first.n_followed),
            lift=min(first.lift, second.lift),
        )
        for first in pairs
        for second in pairs
        if first.changes[1] == second.changes[0] and second.changes[1] != first.changes[0]
    )
