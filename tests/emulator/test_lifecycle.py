"""Starting and stopping: on any event loop, more than once, and leaving nothing behind."""

from __future__ import annotations

import gc
import re
import socket
import ssl
import threading

import anyio
import pytest
import trustme

from stytch_b2b.emulator import Emulator

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def threads() -> set[threading.Thread]:
    """
    Return the threads that an emulator could have left.
    """
    return {thread for thread in threading.enumerate() if thread.name == "stytch-emulator"}


def is_listening(port: int) -> bool:
    """
    Tell whether anybody takes connections on a port.
    """
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_of(emulator: Emulator) -> int:
    """
    Return the port in the emulator's URL.
    """
    return int(emulator.url.rpartition(":")[2])


def test_with_starts_and_stops() -> None:
    """
    Inside the block the emulator listens, after it neither socket nor thread is left.
    """
    with Emulator() as emulator:
        port = port_of(emulator)
        inside = is_listening(port), len(threads())

    assert (True, 1) == inside
    assert not is_listening(port)
    assert set() == threads()


@pytest.mark.anyio
async def test_async_with_starts_and_stops() -> None:
    """
    The asynchronous form does the same, on every event loop.
    """
    async with Emulator() as emulator:
        port = port_of(emulator)
        inside = is_listening(port), len(threads())

    assert (True, 1) == inside
    assert not is_listening(port)
    assert set() == threads()


@pytest.mark.anyio
async def test_async_with_stops_when_cancelled() -> None:
    """
    A cancelled block stops its emulator all the same.
    """
    with anyio.CancelScope() as scope:
        async with Emulator() as emulator:
            port = port_of(emulator)
            scope.cancel()
            await anyio.sleep_forever()

    assert not is_listening(port)
    assert set() == threads()


def test_credentials_look_like_those_of_stytch() -> None:
    """
    Made-up credentials have the shapes that official clients check.
    """
    emulator = Emulator()

    assert re.fullmatch(f"public-token-test-{UUID}", emulator.public_token)
    assert re.fullmatch(f"project-test-{UUID}", emulator.project_id)
    assert re.fullmatch(r"secret-test-[\w-]{44}", emulator.secret)


def test_credentials_can_be_given() -> None:
    """
    Credentials that were given are the emulator's.
    """
    public_token = "public-token-live-01234567-89ab-cdef-0123-456789abcdef"
    emulator = Emulator(public_token=public_token, project_id="project-live-1", secret="s3cret")

    assert public_token == emulator.public_token
    assert emulator.project_id == "project-live-1"
    assert emulator.secret == "s3cret"


def test_public_token_must_look_like_one() -> None:
    """
    A public token that a client would refuse is refused here, too.
    """
    with pytest.raises(ValueError, match="public-token-test-<uuid>, not like 'nonsense'"):
        Emulator(public_token="nonsense")


def test_one_seed_makes_the_same_ids() -> None:
    """
    Two emulators of one seed agree on everything, those of two seeds on nothing.
    """
    one, two, other = (Emulator(seed=seed) for seed in (1, 1, 2))
    organizations = [e.create_organization("Acme") for e in (one, two, other)]

    assert one.public_token == two.public_token != other.public_token
    assert one.secret == two.secret != other.secret
    ids = [organization.organization_id for organization in organizations]
    assert ids[0] == ids[1] != ids[2]


def test_repr_tells_no_secret() -> None:
    """
    The repr says where the emulator is, and nothing that has to be kept.
    """
    emulator = Emulator()
    before = repr(emulator)

    with emulator:
        assert f"<Emulator {emulator.url}>" == repr(emulator)
    assert before == "<Emulator not running>"
    assert emulator.secret not in repr(emulator._store.project)
    assert repr(emulator._store) == "<Store 0 organizations, 0 members>"


def test_there_is_no_url_before_the_port_is_known() -> None:
    """
    Asking for the URL too early says so.
    """
    with pytest.raises(RuntimeError, match="no URL before it is started"):
        _ = Emulator().url


def test_starting_twice_is_an_error(emulator: Emulator) -> None:
    """
    A second start would lose the first server.
    """
    with pytest.raises(RuntimeError, match=f"already runs at {emulator.url}"):
        emulator.start()


def test_stopping_twice_is_harmless() -> None:
    """
    A second stop has nothing to do.
    """
    emulator = Emulator().start()

    emulator.stop()
    emulator.stop()

    assert set() == threads()


def test_a_restart_keeps_port_and_state() -> None:
    """
    Stop and start are an outage: clients find everything where it was.
    """
    emulator = Emulator()
    with emulator:
        url = emulator.url
        organization = emulator.create_organization("Acme")

    with emulator:
        assert url == emulator.url
        assert emulator.create_member("Acme", "ada@example.com").organization_id == (
            organization.organization_id
        )


def test_a_port_in_use_is_an_os_error(emulator: Emulator) -> None:
    """
    Nothing is started if the port cannot be had.
    """
    before = threads()

    with pytest.raises(OSError, match="in use"):
        Emulator(port=port_of(emulator)).start()
    assert before == threads()


def test_a_start_that_fails_leaves_nothing() -> None:
    """
    What the server cannot use is an error of the start, and the emulator does not run.
    """
    emulator = Emulator(ssl_context=True)
    before = threads()

    with pytest.raises(TypeError):
        emulator.start()
    assert before == threads()
    assert repr(emulator) == "<Emulator not running>"
    assert not is_listening(port_of(emulator))


def test_ipv6_addresses_stand_in_brackets() -> None:
    """
    The URL of an IPv6 host can be used as it is.
    """
    emulator = Emulator(host="::1", port=1)

    assert emulator.url == "http://[::1]:1"


def test_https_is_served_with_a_context() -> None:
    """
    With an SSL context the emulator speaks TLS and says so in its URL.
    """
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)

    with (
        Emulator(ssl_context=server_side) as emulator,
        socket.create_connection(("127.0.0.1", port_of(emulator)), 10) as plain,
        client_side.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(b"GET /_emulator/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = connection.recv(12)

        assert emulator.url.startswith("https://127.0.0.1:")
    assert answer == b"HTTP/1.1 200"


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_stop_ends_connections_in_every_state(tls: bool) -> None:
    """
    Whatever clients were doing, stop returns, and no socket of the server is left open.
    """
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)
    emulator = Emulator(ssl_context=server_side if tls else None).start()
    address = ("127.0.0.1", port_of(emulator))
    connections: list[socket.socket] = []

    def connect(sent: bytes, *, handshake: bool = True) -> socket.socket:
        connection = socket.create_connection(address, 10)
        if tls and handshake:
            connection = client_side.wrap_socket(connection, server_hostname="127.0.0.1")
        connection.sendall(sent)
        connections.append(connection)
        return connection

    head = b"POST /sdk/v1/b2b/scim HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    connect(b"")
    connect(b"\x16\x03\x01", handshake=False)
    connect(b"POST /sdk/v1/b2b/scim HT")
    connect(head + b"half")
    connect(head + b"half").close()
    connect(b"garbage\r\n\r\n").recv(1)
    connect(b"GET /kept-alive HTTP/1.1\r\nHost: x\r\n\r\n").recv(1)
    emulator.faults.add(operation="/held", delay=1000)
    connect(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
    emulator.faults.add(operation="/large", body=b"x" * 20_000_000)
    connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").recv(1)
    while len(emulator.requests) < 3:
        pass

    emulator.stop()

    assert set() == threads()
    for connection in connections:
        connection.close()
    # A socket that nobody closed warns when it is collected, and warnings are errors here.
    gc.collect()


def test_the_keep_alive_timeout_can_be_short() -> None:
    """
    An idle connection is closed when its time is up.
    """
    emulator = Emulator()
    emulator.keep_alive_timeout = 0.01

    with emulator, socket.create_connection(("127.0.0.1", port_of(emulator)), 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while piece := connection.recv(4096):
            received += piece

    assert received.startswith(b"HTTP/1.1 404")


def test_reset_keeps_who_the_emulator_is(emulator: Emulator) -> None:
    """
    After a reset nothing of the tests before is left, and clients need no new credentials.
    """
    identity = emulator.url, emulator.public_token, emulator.project_id, emulator.secret
    emulator.sign_in()
    emulator.set_policy({"roles": []})
    emulator.set_bootstrap(project_name="Other")
    emulator.faults.add(status=500)
    emulator.text_plain_errors = True

    emulator.reset()

    assert identity == (
        emulator.url,
        emulator.public_token,
        emulator.project_id,
        emulator.secret,
    )
    assert repr(emulator._store) == "<Store 0 organizations, 0 members>"
    assert {} == emulator._store.project.bootstrap
    assert emulator._store.project.policy["roles"]
    assert len(emulator.faults) == 0
    assert not emulator.text_plain_errors
