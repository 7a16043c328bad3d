"""`live`: a twin running in time, its records sent on as they come."""

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from envirosense.cli.failures import STOPPED, Failure
from envirosense.cli.generate import seconds

if TYPE_CHECKING:
    from envirosense.studio.live import LiveSession
    from envirosense.studio.mqtt import MqttOutlet
    from envirosense.studio.outlet import Outlet
    from envirosense.studio.server import ApiServer

FLUSH_S: Final = 10.0  # that an output gets for what still waits at the end
LOOK_S: Final = 0.2
MQTT_LIMIT: Final = 100_000  # records kept for a broker that is away: a quarter of an hour at 1 Hz
commands = typer.Typer(help="Run a twin in real or accelerated time.", no_args_is_help=True)


@commands.callback()
def which_twin() -> None:
    """Run a twin in real or accelerated time."""


@commands.command("pole")
def live_pole(
    scenario: Annotated[str, typer.Option(help="Scenario id.")] = "normal/diurnal_cycle",
    seed: Annotated[int, typer.Option(help="Seed of every random choice.", min=0)] = 0,
    duration: Annotated[str, typer.Option(help="Simulated time: 10m, 1h, 2d.")] = "1h",
    speed: Annotated[float, typer.Option(help="Simulated seconds per second; 0: full speed.")] = 1.0,
    dt: Annotated[str, typer.Option(help="Tick of the simulation.")] = "1s",
    profile: Annotated[str | None, typer.Option(help="Sampling profile of the device.")] = None,
    guardian: Annotated[Path | None, typer.Option(help="Sensors of the guardian, YAML or JSON.")] = None,
    site: Annotated[Path | None, typer.Option(help="Site file, YAML.")] = None,
    weather: Annotated[str | None, typer.Option(help="Weather year: file in TMY3 or EPW format.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for JSON lines; - is stdout.")] = None,
    mqtt: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="MQTT broker to publish to.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Keep trying while the broker is down.")] = False,
    serve: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="REST and WebSocket there.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No records on stdout, no notes on stderr.")] = False,
) -> None:
    """Run a pole with its device and send what it measures as JSON lines, over MQTT, REST and WebSocket.

    Records go to stdout unless --out, --mqtt or --serve takes them elsewhere.
    """
    from envirosense.pole.live import LivePole
    from envirosense.studio.live import LiveSession

    options = {
        "site": site and str(site),
        "weather": weather,
        "sensing": _sensing(guardian),
        "profile": profile,
    }
    given = {name: value for name, value in options.items() if value is not None}
    pole = LivePole.draw(scenario, seed, seconds(duration, "duration"), seconds(dt, "dt"), given)
    session = LiveSession(pole, speed)
    with ExitStack() as open_things:
        outlets: list[Outlet] = []
        server = None if serve is None else open_things.enter_context(closing(_server(session, serve)))
        if mqtt is not None:
            outlets.append(_mqtt(session, mqtt, wait))
        if out is not None or (mqtt is None and serve is None and not quiet):
            outlets.append(open_things.enter_context(_lines(session, out)))
        say = _hush if quiet else _say
        say(_beginning(session, mqtt, server))
        is_whole = _run(session, outlets, server, say)
    if session.state == "stopped" and not any(outlet.error for outlet in outlets):
        raise Failure("" if quiet else _summary(session, outlets), STOPPED)
    if not is_whole:
        raise Failure(_summary(session, outlets), 1)
    say(_summary(session, outlets))


def _sensing(guardian: Path | None) -> dict[str, Any] | None:
    from envirosense.core.config import load_yaml

    return None if guardian is None else load_yaml(guardian)


def address(text: str, field: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, or of `PORT` on this machine.

    Raises:
        ConfigError: if there is no port.
    """
    from envirosense.core.errors import ConfigError

    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not int(port) <= 65535:
        raise ConfigError(field, text, "must be HOST:PORT, for example 127.0.0.1:1883")
    return host.strip("[]") or "127.0.0.1", int(port)


@contextmanager
def _lines(session: "LiveSession", out: Path | None) -> Iterator["Outlet"]:
    from envirosense.studio.outlet import JsonLines

    subscription = session.subscribe("json lines")
    if out is None or str(out) == "-":
        yield JsonLines(subscription, sys.stdout)
    else:
        with out.open("w", encoding="utf-8") as stream:
            yield JsonLines(subscription, stream)


def _mqtt(session: "LiveSession", where: str, keep_trying: bool) -> "MqttOutlet":
    from envirosense.studio.mqtt import MqttOutlet

    subscription = session.subscribe("mqtt", MQTT_LIMIT, is_patient=False)
    outlet = MqttOutlet(subscription, *address(where, "mqtt"), session.twin.device_id)
    outlet.connect(keep_trying)
    return outlet


def _server(session: "LiveSession", where: str) -> "ApiServer":
    from envirosense.studio.server import ApiServer

    return ApiServer(session, *address(where, "serve"))


def _run(
    session: "LiveSession", outlets: list["Outlet"], server: "ApiServer | None", say: Callable[[str], None]
) -> bool:
    """Whether the outlets sent all there was, after the session's end."""
    if server is not None:
        server.start()
    for outlet in outlets:
        outlet.start()
    try:
        session.start()
        _watch(session, outlets, server is not None, say)
    except KeyboardInterrupt:
        session.stop()
    finally:
        session.stop()
        is_whole = all([outlet.finish(FLUSH_S) for outlet in outlets])
    for outlet in outlets:
        if isinstance(outlet.error, BrokenPipeError):
            raise outlet.error
    return is_whole


def _watch(
    session: "LiveSession", outlets: list["Outlet"], is_served: bool, say: Callable[[str], None]
) -> None:
    """Say what befalls the outlets until the session's end, or until nobody is left to simulate for."""
    told = [""] * len(outlets)
    while not session.wait(LOOK_S):
        if outlets and not is_served and all(outlet.error for outlet in outlets):
            session.stop()
        for i, outlet in enumerate(outlets):
            if outlet.trouble != told[i] and not isinstance(outlet.error, BrokenPipeError):
                told[i] = outlet.trouble
                say(f"{outlet.subscription.name}: {told[i] or 'well again'}")


def _beginning(session: "LiveSession", mqtt: str | None, server: "ApiServer | None") -> str:
    twin, pace = session.twin, session.speed
    speed = "at full speed" if pace == float("inf") else f"at {pace:g} times real time"
    places = [f"MQTT {mqtt}" if mqtt else "", f"API {server.url}/docs" if server else ""]
    where = "".join(f"; {place}" for place in places if place)
    return f"{twin.device_id} from {twin.start_utc:%Y-%m-%d %H:%M} UTC of the simulation, {speed}{where}"


def _summary(session: "LiveSession", outlets: list["Outlet"]) -> str:
    ours = {one.subscription.name for one in outlets}
    counts = [_account(session, one) for one in outlets]
    others = [c for c in session.feed.counts if c.name not in ours]
    counts += [f"{c.name}: {c.delivered} handed over, {c.dropped} dropped" for c in others]
    late = f"; up to {session.behind_s:.1f} s behind" if session.behind_s > 1.0 else ""
    lines = [
        f"{session.state}: {session.feed.published} records to {session.time_utc:%H:%M:%S}{late}",
        *counts,
    ]
    if session.state == "stopped":
        lines.append(f"again: {shlex.join(['envirosense', *sys.argv[1:]])}")
    return "\n".join(lines)


def _account(session: "LiveSession", outlet: "Outlet") -> str:
    dropped = outlet.subscription.count.dropped
    left = session.feed.published - outlet.sent - dropped
    text = f"{outlet.subscription.name}: {outlet.sent} sent, {dropped} dropped"
    text += f", {left} not sent" if left else ""
    return text + (f"; failed: {outlet.error}" if outlet.error else "")


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _hush(text: str) -> None:
    """Say nothing."""
