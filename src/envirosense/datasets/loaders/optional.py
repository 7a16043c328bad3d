"""Frameworks that are no part of the installation, imported when a loader for one is called."""

from importlib import import_module
from typing import Any

from envirosense.core.errors import MissingExtraError


def framework(module: str, extra: str) -> Any:
    """Module of an optional package, such as `torch` or `torch.utils.data`.

    Raises:
        MissingExtraError: naming what to install, if it is not there.
    """
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise  # it is installed, and lacks something itself
        raise MissingExtraError(package, extra) from None
