"""What only some storages need, and how to get it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ..errors import StytchConfigurationError


@contextmanager
def needs_extra(name: str) -> Generator[None, None, None]:
    """
    Import what an extra of the package brings.

    Raises:
        StytchConfigurationError: The extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        msg = f"{library} is not installed: install 'stytch-b2b[{name}]'"
        raise StytchConfigurationError(msg) from error
