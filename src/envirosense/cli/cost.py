"""What a request would cost, in the words of people."""

from typing import TYPE_CHECKING, Final

from envirosense.cli.output import facts, say, say_json

if TYPE_CHECKING:
    from envirosense.factory import GenerationRequest

START_S: Final = 6.0  # imports and workers, measured on two cores


def say_cost(request: "GenerationRequest", workers: int | None, as_json: bool) -> None:
    """Print the hours, gigabytes and minutes that a request would take on this machine."""
    from dataclasses import asdict, replace

    from envirosense.cli.doctor import usable_cores
    from envirosense.factory import TWINS, estimate
    from envirosense.factory.executors import worker_count

    count = min(worker_count(workers), usable_cores())  # more of them do not help
    cost = estimate(request, TWINS[request.twin](), count)
    card_s = TWINS[request.twin]().cost_per_hour(request.options, request.dt_s).card_seconds
    extra_s = START_S + card_s * cost.simulated_hours
    cost = replace(cost, minutes=cost.minutes + extra_s / 60.0)
    if as_json:
        return say_json(asdict(cost))
    shown = {
        "scenarios": ", ".join(cost.scenarios),
        "episodes": cost.episodes,
        "simulated hours": cost.simulated_hours,
        "disk": about_bytes(1e9 * cost.gigabytes),
        "time": about_seconds(60.0 * cost.minutes),
        "workers": cost.workers,
    }
    return say(facts(shown))


def about_bytes(n_bytes: float) -> str:
    """Size as people say it: about two digits and a unit."""
    unit, size = ("TB", 1e12) if n_bytes >= 1e12 else ("GB", 1e9) if n_bytes >= 1e8 else ("MB", 1e6)
    return f"about {float(f'{max(n_bytes / size, 0.1):.2g}'):g} {unit}"


def about_seconds(time_s: float) -> str:
    """Time as people say it: seconds, minutes or hours."""
    for unit, size_s in (("h", 3600.0), ("min", 60.0)):
        if time_s >= 1.5 * size_s:
            return f"about {float(f'{time_s / size_s:.2g}'):g} {unit}"
    return f"about {max(round(time_s), 1)} s"
