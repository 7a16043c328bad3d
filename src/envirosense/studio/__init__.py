"""Serving a running twin: as a Python stream, JSON lines, over MQTT, REST and WebSocket."""

from envirosense.studio.feed import ConsumerCount, Feed, Subscription
from envirosense.studio.live import LiveSession, LiveTwin, live

__all__ = ["ConsumerCount", "Feed", "LiveSession", "LiveTwin", "Subscription", "live"]
