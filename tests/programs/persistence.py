"""Keeps a session in encrypted files, in one of several ways, and ends."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import partial

from stytch_b2b import EncryptedFileStorage, EventHooks, StytchB2BClient, _persistence

logging.getLogger("stytch_b2b").addHandler(logging.NullHandler())
settings, way = json.loads(sys.argv[1]), sys.argv[2]
name = sys.argv[3] if len(sys.argv) > 3 else way


class Files:
    """
    A storage in files that may have to wait before it writes.
    """

    def __init__(self, wait: Callable[[], object]) -> None:
        self._files = EncryptedFileStorage(
            settings["directory"], key=bytes.fromhex(settings["key"])
        )
        self._wait = wait
        self.is_asked = threading.Event()

    def load(self, key: str) -> bytes | None:
        self.is_asked.set()
        if way == "interrupted":
            self._wait()
        return self._files.load(key)

    def save(self, key: str, data: bytes) -> None:
        self.is_asked.set()
        self._wait()
        self._files.save(key, data)

    def delete(self, key: str) -> None:
        self._files.delete(key)


def client_with(
    wait: Callable[[], object] = lambda: None, hooks: EventHooks | None = None
) -> tuple[StytchB2BClient, Files]:
    """
    Return a client and its storage.
    """
    storage = Files(wait)
    event_hooks = [hooks] if hooks else []
    client = StytchB2BClient(settings["public_token"], storage=storage, event_hooks=event_hooks)
    return client, storage


match way:
    case "forgotten":
        # The write begins when the main thread has nothing more to do.
        client, _ = client_with(threading.main_thread().join)
        client.session.update_session(session_token=name)
    case "dropped":
        client, _ = client_with(threading.main_thread().join)
        client.session.update_session(session_token=name)
        del client
    case "hanging":
        _persistence._PATIENCE = 0.1
        client, _ = client_with(threading.Event().wait)
        client.session.update_session(session_token=name)
    case "abandoned":
        client, _ = client_with(threading.Event().wait)
        client.session.update_session(session_token=name)
        _persistence._PATIENCE = 0.1
        client.close()
        _persistence._PATIENCE = 600
    case "threadless":
        client, _ = client_with()

        def refuse(_: object) -> None:
            """
            Do as Python does when the program is about to end.
            """
            msg = "can't create new thread at interpreter shutdown"
            raise RuntimeError(msg)

        threading.Thread.start = refuse
        client.session.update_session(session_token=name)
    case "interrupted":
        _persistence._PATIENCE = 600
        client, storage = client_with(threading.Event().wait)
        threading.Thread(target=client.hydrate, daemon=True).start()
        storage.is_asked.wait()
    case "again and again":
        client, _ = client_with()
        for number in range(20):
            client.session.update_session(session_token=f"{name}-{number}")
            client.close()
    case "fork":
        gate = threading.Event()
        client, storage = client_with(gate.wait)
        client.session.update_session(session_token="parent")
        storage.is_asked.wait()
        if not (child := os.fork()):
            # The thread that waits for the gate is the parent's; this process has its own.
            gate.set()
            print(client_with()[0].hydrate().session_token)
            client.session.update_session(session_token="child")
            client.close()
            print(client_with()[0].hydrate().session_token, flush=True)
            sys.exit()
        os.waitpid(child, 0)
        gate.set()
        client.close()
        print(client_with()[0].hydrate().session_token)
        client.session.update_session(session_token="parent-again")
        client.close()
    case "fork while told":
        is_told, gate = threading.Event(), threading.Event()

        def listen(_: object) -> None:
            """
            Have the change told for as long as the gate is closed.
            """
            is_told.set()
            gate.wait()

        client, _ = client_with(hooks=EventHooks(state_change=listen))
        change = partial(client.session.update_session, session_token="parent")
        changing = threading.Thread(target=change)
        changing.start()
        is_told.wait()
        if not (child := os.fork()):
            gate.set()
            client.session.update_session(session_token="child")
            client.close()
            print(client_with()[0].hydrate().session_token, flush=True)
            sys.exit()
        os.waitpid(child, 0)
        gate.set()
        changing.join()

print("done")
