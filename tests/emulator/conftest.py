"""An emulator for each test, and a client that is nothing but `http.client`."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import frozen

from stytch_b2b.emulator import Emulator


@frozen
class Reply:
    """
    What came back.
    """

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """
        The whole body.
        """
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """
        What a successful answer wraps.
        """
        assert self.status == 200, self.body
        return self.json["data"]

    @property
    def error(self) -> tuple[int, str]:
        """
        Status and type of an error, of which the body repeats the status.
        """
        assert self.status == self.json["status_code"]
        return self.status, self.json["error_type"]


class Api:
    """
    Sends requests to one emulator, each over a connection of its own.
    """

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def credentials(self, session_token: str | None = None) -> str:
        """
        Return the Authorization header of a caller with or without session.
        """
        public_token = self.emulator.public_token
        pair = f"{public_token}:{session_token or public_token}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """
        Send a request; bytes go as they are, headers that are None do not go at all.
        """
        usual = {"Authorization": self.credentials(token), "Content-Type": "application/json"}
        sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value}
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(urlsplit(self.emulator.url).netloc, timeout=10)
        try:
            connection.request(method, path, body=raw, headers=sent)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Reply:
        """
        Send a GET.
        """
        return self.call("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> Reply:
        """
        Send a POST.
        """
        return self.call("POST", path, {} if body is None else body, **options)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """
    A running emulator without anything in it.
    """
    with Emulator() as running:
        yield running


@pytest.fixture
def api(emulator: Emulator) -> Api:
    """
    A client of the emulator.
    """
    return Api(emulator)
