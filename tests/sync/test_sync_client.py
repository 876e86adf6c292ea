"""The blocking client as people use it: over a real socket, from threads, loops and processes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import stytch_b2b
from stytch_b2b import (
    Decision,
    InvalidArgumentError,
    NoSessionError,
    NotFoundError,
    PermissionDeniedError,
    StytchB2BClient,
    StytchConnectionError,
)
from stytch_b2b._portal import call
from stytch_b2b.emulator import Emulator

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

PACKAGE = str(Path(stytch_b2b.__file__).parent)


def test_member_logs_in_by_magic_link(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    Whoever presents the token of a link acts as the Member from then on, by the same client.
    """
    organization = emulator.create_organization()
    member = emulator.create_member(organization, "ada@example.com")

    client.magic_links.email.login_or_signup(
        email_address="ada@example.com", organization_id=organization.organization_id
    )
    response = client.magic_links.authenticate(
        magic_links_token=emulator.outbox.last().token, session_duration_minutes=60
    )

    assert member.member_id == response.member_id
    assert member.member_id == client.self.get().member.member_id
    assert client.session.get_sync() == response.member_session


def test_scim_connection_lives_and_dies(admin: StytchB2BClient) -> None:
    """
    A connection is created, updated, given another token and deleted, each by one blocking call.
    """
    created = admin.scim.create_connection(display_name="Directory").connection
    updated = admin.scim.update_connection(created.connection_id, display_name="People").connection
    started = admin.scim.rotate_start(created.connection_id).connection
    completed = admin.scim.rotate_complete(created.connection_id).connection
    found = admin.scim.get_connection().connection
    assert found is not None
    deleted = admin.scim.delete_connection(created.connection_id)

    assert "Directory" == created.display_name
    assert "People" == updated.display_name
    assert started.next_bearer_token
    assert "People" == completed.display_name == found.display_name
    assert created.connection_id == deleted.connection_id
    with pytest.raises(NotFoundError):
        admin.scim.get_connection()


def test_session_ends(admin: StytchB2BClient) -> None:
    """
    A client that revoked its session holds none.
    """
    admin.session.revoke()

    assert admin.session.get_tokens() is None
    with pytest.raises(NoSessionError):
        admin.organization.get()


def test_can_is_asked_by_the_clients_own_method(admin: StytchB2BClient) -> None:
    """
    A method of the blocking client stands for its endpoint where permissions are asked for.
    """
    assert Decision.ALLOWED == admin.can(admin.scim.update_connection)
    assert Decision.ALLOWED == admin.can(
        admin.scim.update_connection, fields=["scim_group_implicit_role_assignments"]
    )


def test_refusal_names_the_permission(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A call that the server refuses says which permission the Member lacks.
    """
    session = emulator.sign_in(roles=[])
    member = client.with_session(
        session_token=session.session_token, session_jwt=session.session_jwt
    )

    with pytest.raises(PermissionDeniedError) as caught:
        member.scim.create_connection(display_name="Directory")

    (missing,) = caught.value.missing_permissions
    assert ("stytch.scim", "create") == (missing.resource, missing.action)
    assert Decision.DENIED == member.can(member.scim.create_connection)


def test_mistakes_are_found_before_anything_is_sent(
    emulator: Emulator, client: StytchB2BClient, admin: StytchB2BClient
) -> None:
    """
    A wrong argument and a missing session are errors without the server being asked.
    """
    with pytest.raises(InvalidArgumentError):
        admin.scim.delete_connection("")
    with pytest.raises(NoSessionError):
        client.scim.get_connection()
    with pytest.raises(TypeError, match=r"update_connection\(\) got an unexpected keyword"):
        admin.scim.update_connection("id", name="x")  # type: ignore[call-arg]  # so it is

    assert [] == list(emulator.requests)


def test_lost_connection_is_an_error(emulator: Emulator, admin: StytchB2BClient) -> None:
    """
    A server that hangs up makes the call fail, and the next one gets through.
    """
    impatient = admin.with_options(retries=0)
    emulator.faults.add(drop="after_read")

    with pytest.raises(StytchConnectionError):
        impatient.organization.get()

    assert impatient.organization.get().organization is not None


@pytest.mark.anyio
async def test_works_where_an_event_loop_runs(admin: StytchB2BClient) -> None:
    """
    A blocking call gets its answer also where a loop runs that it blocks, as in a notebook.
    """
    assert admin.organization.get().organization is not None


def test_many_threads_share_one_loop(admin: StytchB2BClient) -> None:
    """
    Fifty threads that call at once get their answers and start no thread beyond their own.
    """
    expected = admin.organization.get().organization
    threads = set(threading.enumerate())
    together = threading.Barrier(50)
    callers: set[threading.Thread] = set()
    seen: set[threading.Thread] = set()

    def call_once(_: int) -> object:
        callers.add(threading.current_thread())
        together.wait()
        organization = admin.organization.get().organization
        seen.update(threading.enumerate())
        return organization

    with ThreadPoolExecutor(50) as executor:
        answers = list(executor.map(call_once, range(50)))

    assert [expected] * 50 == answers
    assert threads == seen - callers


def test_clients_do_not_know_of_each_other(emulator: Emulator, admin: StytchB2BClient) -> None:
    """
    Closing a client leaves another one of the same process as it was.
    """
    with StytchB2BClient(emulator.public_token, base_url=emulator.url) as other:
        other.bootstrap.get()
        admin.organization.get()

    assert other.session.get_tokens() is None
    assert admin.organization.get().organization is not None


def test_closing_twice_is_harmless(emulator: Emulator) -> None:
    """
    A closed client can be closed again, whether it ever called or not.
    """
    client = StytchB2BClient(emulator.public_token, base_url=emulator.url)
    client.bootstrap.get()

    client.close()
    client.close()
    with client:
        pass

    assert "closed" in repr(client)


def test_closed_client_says_so(emulator: Emulator) -> None:
    """
    A call by a closed client fails with the reason, and opens nothing.
    """
    client = StytchB2BClient(emulator.public_token, base_url=emulator.url)
    client.close()

    with pytest.raises(RuntimeError, match="closed"):
        client.bootstrap.get()


def test_derived_client_closes_nothing(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    Closing a client made from another one leaves the connections to that one.
    """
    session = emulator.sign_in()

    with client.with_session(session_token=session.session_token) as derived:
        derived.organization.get()

    assert client.bootstrap.get() is not None
    assert derived.organization.get() is not None


def test_login_goes_on_from_kept_state(emulator: Emulator, client: StytchB2BClient) -> None:
    """
    A client made from a state goes on by itself; one with other options shares what it learns.
    """
    session = emulator.sign_in()
    client.session.update_session(session_token=session.session_token)

    copied = client.with_state(client.state)
    hurried = client.with_options(timeout=5)

    assert session.member_id == copied.self.get().member.member_id
    assert session.member_id == hurried.self.get().member.member_id
    assert client.state is hurried.state is not copied.state
    assert type(copied) is type(hurried) is StytchB2BClient


def test_repr_is_that_of_the_blocking_client(client: StytchB2BClient) -> None:
    """
    A client shows itself under its own name, not under that of the one it forwards to.
    """
    assert repr(client).startswith("<StytchB2BClient logged out")


def test_listener_that_raises_harms_nobody(
    emulator: Emulator, admin: StytchB2BClient, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The call whose change a listener fails on succeeds, and the next listener hears of it.
    """
    heard: list[object] = []

    def fail(old: object, new: object) -> None:
        msg = "a mistake of the listener"
        raise ValueError(msg)

    admin.session.on_change(fail)
    unsubscribe = admin.session.on_change(lambda old, new: heard.append((old, new)))

    with caplog.at_level(logging.ERROR, logger="stytch_b2b"):
        response = admin.session.authenticate()
    unsubscribe()

    assert [(None, response.member_session)] == heard
    assert ["a mistake of the listener"] == [
        str(record.exc_info[1]) for record in caplog.records if record.exc_info
    ]


def test_listener_cannot_wait_for_its_own_thread(
    admin: StytchB2BClient, caplog: pytest.LogCaptureFixture
) -> None:
    """
    A listener that makes a blocking call is told that it cannot, instead of hanging for ever.
    """
    admin.session.on_change(lambda old, new: admin.organization.get())

    with caplog.at_level(logging.ERROR, logger="stytch_b2b"):
        admin.session.authenticate()

    assert ["a blocking call from the thread that would have to answer it"] == [
        str(record.exc_info[1]) for record in caplog.records if record.exc_info
    ]


def test_forgotten_client_is_named_by_the_line_that_made_it(emulator: Emulator) -> None:
    """
    A client that is collected with open connections warns, and names its maker's line.
    """

    def forget() -> None:
        StytchB2BClient(emulator.public_token, base_url=emulator.url).bootstrap.get()
        # The loop's thread may hold the last reference for a moment; this comes after it.
        call(asyncio.sleep, 0)

    with pytest.warns(ResourceWarning, match="was not closed") as warned:
        forget()

    made_at = f"{__file__}:{forget.__code__.co_firstlineno + 1}"
    assert [made_at] == [str(warning.message).rpartition(" ")[2] for warning in warned]


def test_traceback_ends_in_the_fault(admin: StytchB2BClient) -> None:
    """
    An error leads from the caller's line to where it was found out, the same way every time.
    """
    frames: list[traceback.StackSummary] = []
    for _ in range(2):
        with pytest.raises(NotFoundError) as caught:
            admin.scim.get_connection()
        frames.append(traceback.extract_tb(caught.value.__traceback__))

    places = [
        Path(frame.filename).relative_to(PACKAGE).as_posix()
        for frame in frames[0]
        if frame.filename.startswith(PACKAGE)
    ]
    assert __file__ == frames[0][0].filename
    assert [
        "_sync/scim.py",
        "_portal.py",
        "_portal.py",
        "_declare.py",
        "_engine.py",
    ] == places
    assert 6 == len(frames[0]) == len(frames[1])


def test_script_that_forgets_to_close_ends_well(run_script: RunScript) -> None:
    """
    A program that ends with open connections ends at once, successfully and without a word.
    """
    done = run_script("print(client.organization.get().organization.organization_name)")

    assert (0, "Example\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
@pytest.mark.parametrize("leave", ["os._exit(0)", "sys.exit()"], ids=["at_once", "in_order"])
def test_parent_and_child_call_after_a_fork(run_script: RunScript, leave: str) -> None:
    """
    After a fork both processes go on to call, each over connections of its own.
    """
    script = f"""
import os, sys
client.organization.get()
child = os.fork()
name = client.organization.get().organization.organization_name
os.write(1, name.encode() + b"\\n")  # at once, lest the two lines mix
if not child:
    {leave}
_, status = os.waitpid(child, 0)
print(status, client.organization.get().organization.organization_name)
base.close()
"""
    # A process with threads is warned about forks, from Python 3.12 on: hence this test.
    done = run_script(script, "-W", "ignore:This process:DeprecationWarning")

    assert (0, "Example\nExample\n0 Example\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="no signal of one process interrupts another")
def test_interrupt_cancels_the_call() -> None:
    """
    Ctrl-C during a call ends the call, its connection too, and then the program.
    """
    script = """
import os, signal, socket, threading
from stytch_b2b import StytchB2BClient

# A shell that runs the tests in the background has Ctrl-C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

def serve():
    connection, _ = listener.accept()
    connection.recv(2**16)
    os.kill(os.getpid(), signal.SIGINT)
    print("the client hung up:", connection.recv(1))

listener = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=serve)
thread.start()
url = f"http://127.0.0.1:{listener.getsockname()[1]}"
token = "public-token-test-00000000-0000-4000-8000-000000000000"
client = StytchB2BClient(token, base_url=url)
try:
    client.bootstrap.get()
finally:
    thread.join(30)
    listener.close()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert -signal.SIGINT == done.returncode
    assert done.stdout.startswith("the client hung up:")
    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
