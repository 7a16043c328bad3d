"""Names and ids as Home Assistant makes them."""

import hashlib
import re
import unicodedata
from typing import Final

_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Text as part of an id: small ASCII letters, digits and single underscores.

    Raises:
        ValueError: if no letter or digit is left.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = _NOT_SLUG.sub("_", plain).strip("_")
    if not found:
        raise ValueError(f"{text!r} holds no letter or digit that an id could be made of")
    return found


def hex_id(seed: int, *names: str) -> str:
    """Id of 32 hexadecimal digits, the same for the same seed and names."""
    text = "\x1f".join((str(seed), *names))
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"envirosense.id").hexdigest()


class UniqueNames:
    """Gives every name once: a second one of a name gets the number 2, and so on."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str, joint: str = " ") -> str:
        """Name, numbered if it was given before."""
        number, found = 1, name
        while found in self._taken:
            number += 1
            found = f"{name}{joint}{number}"
        self._taken.add(found)
        return found
