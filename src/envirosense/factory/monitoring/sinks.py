"""Where alerts go: a file of JSON lines, a webhook."""

import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Protocol
from urllib.parse import urlsplit

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat

from envirosense.core.config import FrozenModel
from envirosense.core.errors import EnviroSenseError

_TRY_AGAIN: Final = {408, 425, 429}  # and every 5xx
_LONGEST_WAIT_S: Final = 10.0


class NotDelivered(EnviroSenseError):
    """A sink that did not take a message."""


class Sink(Protocol):
    """Takes messages about alerts."""

    @property
    def key(self) -> str:
        """What tells this sink from the others, without secrets."""
        ...

    def send(self, message: Mapping[str, Any]) -> None:
        """Deliver a message.

        Raises:
            NotDelivered: if it was not taken.
        """
        ...


class FileSink(FrozenModel):
    """Appends each message as one line of JSON."""

    kind: Literal["file"] = "file"
    path: Path

    @property
    def key(self) -> str:
        """The path."""
        return f"file {self.path}"

    def send(self, message: Mapping[str, Any]) -> None:
        """Append a line.

        Raises:
            NotDelivered: if the file cannot be written.
        """
        line = json.dumps(message, default=str) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as opened:
                opened.write(line)
        except OSError as error:
            raise NotDelivered(f"{self.path}: {error.strerror}; make it writable") from None


class WebhookSink(FrozenModel):
    """Posts each message as JSON; a busy or absent server is tried again a bounded number of times."""

    kind: Literal["webhook"] = "webhook"
    url: str = Field(pattern=r"^https?://[^\s]+$")
    headers: dict[str, str] = Field(default_factory=dict)
    timeout_s: PositiveFloat = 5.0
    retries: NonNegativeInt = 2
    wait_s: NonNegativeFloat = 0.5  # before the first further try; doubled for each one after

    @property
    def key(self) -> str:
        """Its server and a hash of the address, whose path or query often is a token."""
        url = urlsplit(self.url)
        server = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
        return f"webhook {server} {hashlib.sha256(self.url.encode()).hexdigest()[:8]}"

    def send(self, message: Mapping[str, Any]) -> None:
        """Post a message.

        Raises:
            NotDelivered: if the server refused it, or every try failed.
        """
        body = json.dumps(message, default=str).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        for left in range(self.retries, -1, -1):
            request = urllib.request.Request(self.url, body, headers, method="POST")
            try:
                with _OPENER.open(request, timeout=self.timeout_s):
                    return
            except urllib.error.HTTPError as error:
                reason, is_final = f"status {error.code}", error.code < 500 and error.code not in _TRY_AGAIN
                error.close()
            except (OSError, HTTPException) as error:  # a URLError is an OSError
                reason, is_final = str(getattr(error, "reason", error)) or type(error).__name__, False
            if is_final or not left:
                break
            time.sleep(min(self.wait_s * 2 ** (self.retries - left), _LONGEST_WAIT_S))
        raise NotDelivered(f"{self.key}: {reason}; check the address")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET without its message."""

    def redirect_request(self, *_: Any) -> None:
        """Never follow."""


_OPENER: Final = urllib.request.build_opener(_NoRedirect)

type AlertSink = Annotated[FileSink | WebhookSink, Field(discriminator="kind")]
