"""Numbers and findings of an evaluation in words."""

from typing import Final

from envirosense.learning.intervals import Estimate
from envirosense.learning.results import FEWEST_EVENTS, FEWEST_GROUPS, EvaluationReport, Exposure

ROLES: Final = {"model": "Trained model", "threshold": "Plain threshold", "control": "Shuffled labels"}
_SYMBOLS: Final = {"degC": "°C", "ug/m3": "µg/m³", "W/m2": "W/m²", "1": ""}


def symbol(unit: str) -> str:
    """Unit as printed, empty for a plain number."""
    return _SYMBOLS.get(unit, unit)


def counted(n: int, thing: str) -> str:
    """A count and its noun, in the plural where it needs one."""
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def share(found: Estimate) -> str:
    """A proportion in per cent."""
    return "–" if found.value is None else f"{100 * found.value:.0f} %"


def value_text(found: Estimate) -> str:
    """Value of an estimate with two decimals."""
    return "–" if found.value is None else f"{found.value:.2f}"


def duration(seconds: float | None) -> str:
    """A time in the unit a person would use."""
    if seconds is None:
        return "–"
    size = abs(seconds)
    if size < 120:
        shown = f"{size:.0f}\u00a0s"
    else:
        shown = f"{size / 60:.1f}\u00a0min" if size < 7200 else f"{size / 3600:.1f}\u00a0h"
    return f"−{shown}" if seconds < 0 and not shown.startswith("0\u00a0") else shown


def interval_text(found: Estimate, form: str) -> str:
    """Interval of an estimate as a `share`, a `time` or a plain number, or why there is none."""
    if found.low is None or found.high is None:
        return found.note or "no interval"
    if form == "share":
        return f"{100 * found.low:.0f} to {100 * found.high:.0f} %"
    if form == "time":
        return f"{duration(found.low)} to {duration(found.high)}"
    return f"{found.low:.2f} to {found.high:.2f}"


def guessing_text(exposure: Exposure) -> str:
    """Area under precision-recall of guessing, two digits, or why there is none."""
    if not exposure.prevalence:
        return "no window of a detectable event to rank"
    return f"guessing has a PR-AUC of {exposure.prevalence:.2g}"


def small_sample_text(exposure: Exposure) -> str:
    """That there is too little to judge by, empty where there is enough."""
    if not exposure.is_small:
        return ""
    events = counted(exposure.n_detectable_events, "detectable event")
    return f"Too small to judge: {events} on {counted(exposure.n_groups, 'site')}"


def small_sample_advice() -> str:
    """What a small sample means, and how much is enough."""
    return (
        "With so few, a control can beat the model by chance. Generate more episodes: at least "
        f"{FEWEST_EVENTS} detectable events on {FEWEST_GROUPS} sites must be judged."
    )


def outcome_text(report: EvaluationReport) -> str:
    """How many detectable events raised an alarm, and how soon."""
    found = report.model.recall
    if found.value is None:
        return f"No sensor could see an event in the split {report.split}: there was nothing to detect"
    caught, is_one = round(found.value * found.n), found.n == 1
    if not caught:
        if is_one:
            return "The one detectable event raised no alarm"
        return f"None of {found.n} detectable events raised an alarm"
    events = "The one detectable event" if is_one else f"{caught} of {found.n} detectable events"
    return f"{events} raised an alarm, {_delay_text(report.model.delay_s.value, caught)}"


def _delay_text(delay_s: float | None, n: int) -> str:
    when = "typically " if n > 1 else ""
    if delay_s is None or abs(delay_s) < 0.5:
        return f"{when}as soon as a sensor could first see {'them' if n > 1 else 'it'}"
    order = "after" if delay_s > 0 else "before"
    return f"{when}{duration(abs(delay_s))} {order} a sensor could first see {'them' if n > 1 else 'it'}"


def lead_text(report: EvaluationReport) -> str:
    """Interval of the lead time and the share of ignitions alarmed before, or why there is none."""
    before, lead = report.model.alarmed_before_ignition, report.model.lead_s
    if before.value is None:
        hidden = report.exposure.n_ignitions
        return "no ignition to warn of" + (f"; {hidden} ignited undetectably" if hidden else "")
    early = f"{round(before.value * before.n)} of {counted(before.n, 'ignition')} alarmed before"
    return early if lead.value is None else f"{interval_text(lead, 'time')}; {early}"
