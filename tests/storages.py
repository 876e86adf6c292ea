"""A storage for tests: it can be broken and held up, and tells what it was asked."""

from __future__ import annotations

import threading


class Shelf:
    """
    Keeps what it is given in memory, as long as a test lets it.
    """

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.threads: set[threading.Thread] = set()
        self.error: BaseException | None = None
        self._is_open = threading.Event()
        self._is_open.set()

    @property
    def only(self) -> bytes:
        """
        What is kept, where it is of one project alone.
        """
        (data,) = self.data.values()
        return data

    @only.setter
    def only(self, data: bytes) -> None:
        self.data = dict.fromkeys(self.data, data)

    def hold_up(self) -> None:
        """
        Have whoever asks wait for `let_go`.
        """
        self._is_open.clear()

    def let_go(self) -> None:
        """
        Answer those who wait, and those who come.
        """
        self._is_open.set()

    def load(self, key: str) -> bytes | None:
        self._serve("load")
        return self.data.get(key)

    def save(self, key: str, data: bytes) -> None:
        self._serve("save")
        self.data[key] = data

    def delete(self, key: str) -> None:
        self._serve("delete")
        self.data.pop(key, None)

    def _serve(self, call: str) -> None:
        self.threads.add(threading.current_thread())
        self.calls.append(call)
        self._is_open.wait(30)
        if self.error is not None:
            raise self.error
