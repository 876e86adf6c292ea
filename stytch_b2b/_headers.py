"""Header fields as HTTP means them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Headers(Mapping[str, str]):
    """Header fields, found by name in whatever case; of repeated ones the first."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._fields: dict[str, tuple[str, str]] = {}
        for name, value in headers.items():
            self._fields.setdefault(name.lower(), (name, value))

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)
