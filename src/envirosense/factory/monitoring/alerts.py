"""Alerts that fire once: open until the cause is gone, told to every sink, kept over runs."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from envirosense.core.logs import get_logger
from envirosense.datasets.catalog import Catalog
from envirosense.datasets.catalog_tables import alerts
from envirosense.factory.monitoring.rules import Finding
from envirosense.factory.monitoring.sinks import NotDelivered, Sink

type Message = dict[str, Any]


class AlertBook:
    """Which alerts are open, in the catalogue; each change is told once to each sink.

    Args:
        url: of the catalogue.
        sinks: who is told; one that does not answer is tried again at the next `update`.
    """

    def __init__(self, url: str, sinks: Sequence[Sink] = ()) -> None:
        self._url = url
        self._sinks = {sink.key: sink for sink in sinks}

    def update(self, findings: Iterable[Finding], severity: Callable[[str], str] = lambda rule: "") -> int:
        """Number of alerts that opened or cleared.

        Args:
            findings: what the rules say now; a subject that is not among them stays as it is.
            severity: of a rule, by its name.
        """
        changed = 0
        with Catalog(self._url) as catalog:
            for finding in findings:
                message = _message(finding, severity(finding.rule))
                if self._turned(catalog, finding, message):
                    changed += 1
                    state = "alert fired" if finding.is_broken else "alert cleared"
                    log = get_logger(__name__)
                    (log.warning if finding.is_broken else log.info)(state, **message)
            self._deliver(catalog)
        return changed

    def open_alerts(self) -> tuple[Message, ...]:
        """Messages of the alerts that are open, by rule and subject."""
        with Catalog(self._url) as catalog:
            return tuple(row["message"] for row in catalog.rows(alerts, alerts.c.is_open))

    def _turned(self, catalog: Catalog, finding: Finding, message: Message) -> bool:
        """Whether this call opened or cleared the alert; of two processes one gets True."""
        key = (alerts.c.rule == finding.rule) & (alerts.c.subject == finding.subject)
        values = {
            "is_open": finding.is_broken,
            "changed_utc": message["at_utc"],
            "message": message,
            "untold": list(self._sinks),
        }
        turn = alerts.update().where(key, alerts.c.is_open != finding.is_broken).values(**values)
        if catalog.change(turn):
            return True
        if not finding.is_broken:
            return False
        new = {"rule": finding.rule, "subject": finding.subject, **values}
        return catalog.change(alerts.insert().values(**new)) == 1

    def _deliver(self, catalog: Catalog) -> None:
        for row in catalog.rows(alerts):
            untold = [name for name in row["untold"] if name in self._sinks and not self._is_told(name, row)]
            others = [name for name in row["untold"] if name not in self._sinks]  # of another configuration
            if [*untold, *others] != row["untold"]:
                same = (alerts.c.rule == row["rule"]) & (alerts.c.subject == row["subject"])
                unchanged = alerts.c.changed_utc == row["changed_utc"]
                catalog.change(alerts.update().where(same, unchanged).values(untold=[*untold, *others]))

    def _is_told(self, name: str, row: dict[str, Any]) -> bool:
        try:
            self._sinks[name].send(row["message"])
        except NotDelivered as error:
            get_logger(__name__).warning("alert not delivered", sink=name, reason=str(error))
            return False
        return True


def _message(finding: Finding, severity: str) -> Message:
    return {
        "state": "firing" if finding.is_broken else "resolved",
        "rule": finding.rule,
        "subject": finding.subject,
        "severity": severity,
        "text": finding.text,
        "value": finding.value,
        "limit": finding.limit,
        "at_utc": datetime.now(UTC).isoformat(),
    }
