"""A lock that a forked child finds free, whoever held it in the parent."""

from __future__ import annotations

import os
import threading


class ForkSafeLock:
    """
    Guards a few steps of one thread from the others; for module level, held for moments only.

    The thread that held it while another one forked does not exist in the child, where a plain
    lock would stay locked for ever.
    """

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows
            os.register_at_fork(after_in_child=self._renew)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.Lock()
