"""
A server that costs next to nothing, so that what is measured is the client.

It reads just enough HTTP to find the end of a request and the connection ID in its path, and
answers every one of them with that connection: in the envelope of the frontend API under
``/sdk/``, flat everywhere else. Prints its port and serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

HEADER_END = b"\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)

PLACEHOLDER = "the-connection-id"
ORGANIZATION_ID = "organization-test-07971b06-ac8b-4cdb-9c15-63b17e653931"


def answer_body() -> dict[str, object]:
    roles = [
        {
            "role_id": f"role-{number}",
            "group_id": f"scim-group-test-5c1ab2f0-1a9b-4d8e-8a4b-0c6f4a5d9e0{number}",
            "group_name": f"Group {number}",
        }
        for number in range(2)
    ]
    return {
        "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141",
        "status_code": 200,
        "connection": {
            "organization_id": ORGANIZATION_ID,
            "connection_id": PLACEHOLDER,
            "status": "active",
            "display_name": "Okta (production)",
            "identity_provider": "okta",
            "base_url": "https://test.stytch.com/v1/b2b/scim/8b2f1c1e-4d0f-4a54-9b5e-3f6f3a1d7f52",
            "bearer_token_last_four": "a1b2",
            "bearer_token_expires_at": "2027-11-23T12:00:00Z",
            "next_bearer_token_last_four": "",
            "next_bearer_token_expires_at": None,
            "scim_group_implicit_role_assignments": roles,
        },
    }


FLAT = json.dumps(answer_body(), separators=(",", ":")).encode().split(PLACEHOLDER.encode())
ENVELOPED = [b'{"data":' + FLAT[0], FLAT[1] + b"}"]

HEAD = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: application/json; charset=utf-8\r\n"
    b"Date: Mon, 23 Nov 2026 12:00:00 GMT\r\n"
    b"Connection: keep-alive\r\n"
    b"Vary: Origin\r\n"
    b"Content-Length: %d\r\n\r\n"
)


class Server(asyncio.Protocol):
    transport: asyncio.Transport
    received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(HEADER_END)
        if end < 0:
            return
        length = CONTENT_LENGTH.search(self.received, 0, end)
        if len(self.received) < end + len(HEADER_END) + (int(length[1]) if length else 0):
            return
        path = self.received.split(b" ", 2)[1]
        self.received = b""
        before, after = ENVELOPED if path.startswith(b"/sdk/") else FLAT
        body = before + path.rpartition(b"/")[2] + after
        self.transport.write(HEAD % len(body) + body)


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
