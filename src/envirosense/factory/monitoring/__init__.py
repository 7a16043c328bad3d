"""Watching runs: logs, metrics, alerts, history."""

from envirosense.factory.monitoring.alerts import AlertBook
from envirosense.factory.monitoring.config import MonitoringConfig
from envirosense.factory.monitoring.history import Run, RunHistory
from envirosense.factory.monitoring.metrics import FactoryMetrics, MetricsServer
from envirosense.factory.monitoring.monitor import RunMonitor

__all__ = [
    "AlertBook",
    "FactoryMetrics",
    "MetricsServer",
    "MonitoringConfig",
    "Run",
    "RunHistory",
    "RunMonitor",
]
