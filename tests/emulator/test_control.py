"""The control plane: the emulator from outside, for programs on this machine only."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from stytch_b2b.emulator.seeding import Seeding

if TYPE_CHECKING:
    from stytch_b2b.emulator import Emulator

    from .conftest import Api, Reply

ANONYMOUS = {"Authorization": None, "Content-Type": None}

WITHOUT_COMMAND = {
    # `sessions` signs a member in by address, and creates whoever is not there.
    "create_session",
}


def control(api: Api, method: str, command: str, body: object = None, **headers: str) -> Reply:
    """
    Run a command, without credentials.
    """
    sent = {**ANONYMOUS, **{name.replace("_", "-"): text for name, text in headers.items()}}
    return api.call(method, f"/_emulator/{command}", body, headers=sent)


def test_it_describes_the_emulator(api: Api) -> None:
    """
    Whoever can reach it learns what a client needs, and which commands there are.
    """
    described = control(api, "GET", "").json

    assert api.emulator.url == described["url"]
    assert api.emulator.public_token == described["public_token"]
    assert api.emulator.project_id == described["project_id"]
    assert api.emulator.secret == described["secret"]
    assert described["commands"]["/_emulator/outbox"] == {
        "GET": ["to: str | None = None"],
        "DELETE": [],
    }
    assert described["commands"]["/_emulator/sso_connections"]["POST"] == [
        "organization: Organization | str",
        "display_name: str = 'SSO'",
        "protocol: Literal['saml', 'oidc'] = 'saml'",
        "identity_provider: str = 'okta'",
        "status: Literal['pending', 'active'] = 'active'",
    ]


def test_it_seeds(api: Api) -> None:
    """
    Organizations, members and sessions can be created as from Python.
    """
    organization = control(
        api, "POST", "organizations", {"name": "Acme", "mfa_policy": "OPTIONAL"}
    ).json
    member = control(
        api,
        "POST",
        "members",
        {
            "organization": organization["organization_id"],
            "email_address": "ada@example.com",
            "roles": ["stytch_admin"],
        },
    ).json
    session = control(api, "POST", "sessions", {"email_address": "ada@example.com"}).json

    assert (organization["organization_name"], organization["organization_slug"]) == (
        "Acme",
        "acme",
    )
    assert member["email_address"] == "ada@example.com"
    assert member["organization_id"] == organization["organization_id"]
    assert session["member_id"] == member["member_id"]
    assert session["session_jwt"]
    assert session["member_session_id"]
    assert api.get("/sdk/v1/b2b/organizations/me", token=session["session_token"]).status == 200


def test_it_sets_passwords(api: Api) -> None:
    """
    A password can be given with the member or later, and belong to one organization only.
    """
    mode = control(api, "POST", "cross_organization_passwords", {"enabled": False})
    control(api, "POST", "organizations", {"name": "Acme"})
    ada = {"organization": "Acme", "email_address": "ada@example.com", "password": "first"}
    member_id = control(api, "POST", "members", ada).json["member_id"]
    control(api, "POST", "passwords", {"member": member_id, "password": "second"})
    path = "/sdk/v1/b2b/passwords/authenticate"
    body = {"organization_id": "acme", "email_address": "ada@example.com"}

    assert mode.json == {}
    assert api.post(path, {**body, "password": "first"}).status == 401
    assert api.post(path, {**body, "password": "second"}).status == 200
    late = control(api, "POST", "cross_organization_passwords", {"enabled": True})
    assert late.error == (400, "bad_request")


def test_it_enables_sandbox_values(api: Api) -> None:
    """
    The documented tokens work from then on.
    """
    control(api, "POST", "sandbox_values")
    token = "DOYoip3rvIMMW5lgItikFK-Ak1CfMsgjuiCyI7uuU94="

    reply = api.post("/sdk/v1/b2b/magic_links/authenticate", {"magic_links_token": token})

    assert reply.status == 200


def test_it_changes_what_it_seeded(api: Api) -> None:
    """
    Organizations and members can be updated, and have roles that were made for them.
    """
    control(api, "POST", "organizations", {"name": "Acme"})
    body = {"organization": "acme", "email_address": "ada@example.com"}
    ada = control(api, "POST", "members", body).json["member_id"]
    settings = {"organization": "Acme", "mfa_methods": "RESTRICTED"}
    acme = control(api, "PUT", "organizations", settings)
    role = {"role_id": "reader", "permissions": []}
    control(api, "POST", "custom_roles", {"organization": "acme", "roles": [role]})
    changed = control(api, "PUT", "members", {"member": ada, "roles": ["reader"], "name": "Ada"})
    (organization,) = api.emulator._store.organizations.values()
    member = api.emulator._store.members[ada]

    assert acme.json["organization_slug"] == "acme"
    assert changed.json["email_address"] == "ada@example.com"
    assert organization.mfa_methods == "RESTRICTED"
    assert (member.name, member.roles) == ("Ada", ["reader"])


def test_it_sets_one_tap_up(api: Api) -> None:
    """
    The client id is set, and Google's ID tokens are to be had.
    """
    ada = control(api, "POST", "sessions", {"email_address": "ada@example.com"}).json
    control(api, "POST", "google_client_id", {"client_id": "ours.apps.example.com"})
    body = {"email_address": "ada@example.com", "name": "Ada"}
    token = control(api, "POST", "google_id_tokens", body).json["id_token"]

    reply = api.post(
        "/sdk/v1/b2b/oauth/google/onetap/submit",
        {"id_token": token, "organization_id": ada["organization_id"]},
    )

    assert reply.status == 200


def test_it_seeds_connections(api: Api) -> None:
    """
    Directories with groups, and connections that are borrowed, can be arranged.
    """
    ada = control(api, "POST", "sessions", {"email_address": "ada@example.com"}).json
    home = {"organization": ada["organization_id"]}
    scim = control(api, "POST", "scim_connections", home).json["connection_id"]
    group = {"connection": scim, "name": "Staff", "members": [ada["member_id"]]}
    added = control(api, "POST", "scim_groups", group).json
    sso = control(api, "POST", "sso_connections", home).json["connection_id"]
    other = control(api, "POST", "organizations", {"name": "Other"}).json["organization_id"]
    borrowed = control(
        api, "POST", "external_sso_connections", {"organization": other, "connection": sso}
    ).json
    store = api.emulator._store

    assert added["group_name"] == "Staff"
    assert store.scim_connections[scim].groups[added["group_id"]].member_ids == [ada["member_id"]]
    assert store.sso_connections[borrowed["connection_id"]].external_connection_id == sso


@pytest.mark.parametrize("method", [name for name in dir(Seeding) if not name.startswith("_")])
def test_whatever_can_be_seeded_has_a_command(emulator: Emulator, method: str) -> None:
    """
    From outside there is nothing less than from Python.
    """
    commands = {
        command.method.__name__.lstrip("_")
        for methods in emulator._control._commands.values()
        for command in methods.values()
    }

    assert (method in commands) != (method in WITHOUT_COMMAND)


def test_a_refused_step_leaves_the_clock_alone(api: Api) -> None:
    """
    After a mistake the time is what it was, and can be moved.
    """
    api.emulator.clock.freeze()
    before = api.emulator.clock.now()
    for body in (b'{"seconds": NaN}', b'{"seconds": 1e999}', {"hours": 1e9}):
        assert control(api, "POST", "clock", body).error == (400, "bad_request")

    assert before == api.emulator.clock.now()
    assert control(api, "POST", "clock", {"seconds": 1}).status == 200


def test_it_seeds_tokens_of_others(api: Api) -> None:
    """
    Apps, issuers and impersonators can be arranged, and their tokens fetched.
    """
    ada = control(api, "POST", "sessions", {"email_address": "ada@example.com"}).json
    member = {"member": ada["member_id"]}
    app = control(
        api,
        "POST",
        "connected_apps",
        {"client_name": "Notes", "client_type": "first_party", "full_access_allowed": True},
    ).json["client_id"]
    access = control(api, "POST", "access_tokens", {**member, "app": app}).json["access_token"]
    answer = control(api, "POST", "connected_app_id_tokens", {**member, "app": app})
    identity = answer.json["id_token"]
    profile = control(api, "POST", "trusted_token_profiles").json["profile_id"]
    trusted = control(
        api, "POST", "trusted_tokens", {"profile": profile, "email_address": "ada@example.com"}
    ).json["token"]
    impersonation = control(api, "POST", "impersonation_tokens", member).json

    assert api.emulator._store.connected_apps[app].client_name == "Notes"
    assert identity.count(".") == 2
    assert set(impersonation) == {"impersonation_token"}
    for path, body in (
        ("sessions/exchange_access_token", {"access_token": access}),
        (
            "sessions/attest",
            {
                "profile_id": profile,
                "token": trusted,
                "organization_id": ada["organization_id"],
            },
        ),
        ("impersonation/authenticate", impersonation),
    ):
        assert api.post(f"/sdk/v1/b2b/{path}", body).data["member_id"] == ada["member_id"]


def test_it_sets_the_project_up(api: Api) -> None:
    """
    Flags of bootstrap, the policy and the protection from machines can be set.
    """
    control(api, "POST", "bootstrap", {"project_name": "Mine"})
    control(api, "POST", "policy", {"policy": {"roles": []}})
    control(api, "POST", "protected_auth", {"mode": "DECISIONING"})
    proof = {
        "dfp_telemetry_id": control(api, "POST", "telemetry_ids").json["telemetry_id"],
    }
    control(api, "POST", "captcha_tokens", {"captcha_token": "solved"})
    path = f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}"
    data = api.get(path).data
    wrong = control(api, "POST", "telemetry_ids", {"verdict": "maybe"})

    assert (data["project_name"], data["rbac_policy"]["roles"]) == ("Mine", [])
    assert data["dfp_protected_auth_mode"] == "DECISIONING"
    assert wrong.error == (400, "bad_request")
    for sent in (proof, {"captcha_token": "solved"}):
        reply = api.post("/sdk/v1/b2b/magic_links/authenticate", {"magic_links_token": "x", **sent})
        assert reply.error == (404, "magic_link_not_found")


def test_it_shows_the_outbox(api: Api) -> None:
    """
    Messages can be read, by address if wanted, and thrown away.
    """
    api.emulator.sign_in("ada@example.com", "Acme")
    api.emulator.create_member("Acme", "bob@example.com")
    for address in ("ada@example.com", "bob@example.com"):
        api.post(
            "/sdk/v1/b2b/magic_links/email/login_or_signup",
            {"email_address": address, "organization_id": "acme"},
        )
    everything = control(api, "GET", "outbox").json["messages"]
    (bobs,) = control(api, "GET", "outbox?to=bob%40example.com").json["messages"]
    message = api.emulator.outbox.last()
    control(api, "DELETE", "outbox")

    assert len(everything) == 2
    assert (bobs["kind"], bobs["to"]) == ("login", "bob@example.com")
    assert (bobs["url"], bobs["token"]) == (message.url, message.token)
    assert bobs["organization_id"] == message.organization_id
    assert bobs["sent_at"].endswith("Z")
    assert len(api.emulator.outbox) == 0


def test_it_moves_the_clock(api: Api) -> None:
    """
    Advancing answers with the new time.
    """
    api.emulator.clock.freeze()
    before = control(api, "GET", "clock").json["now"]
    after = control(api, "POST", "clock", {"hours": 1}).json["now"]

    assert before < after
    assert api.emulator.clock.now().isoformat() == after


def test_it_injects_faults(api: Api) -> None:
    """
    Faults are added with the names of the Python interface, and taken back.
    """
    control(api, "POST", "faults", {"status": 503, "times": 2})
    struck = api.get("/")
    control(api, "DELETE", "faults")

    assert struck.status == 503
    assert api.get("/").status == 404


def test_it_shows_requests(api: Api) -> None:
    """
    The log can be read and cleared; commands are not in it.
    """
    api.post("/sdk/v1/b2b/scim?a=%20", {"display_name": "x"})
    (logged,) = control(api, "GET", "requests").json["requests"]
    control(api, "DELETE", "requests")

    assert (logged["method"], logged["path"]) == ("POST", "/sdk/v1/b2b/scim?a=%20")
    assert logged["operation"] == "scim.create_connection"
    assert logged["body"] == '{"display_name": "x"}'
    assert ["Content-Type", "application/json"] in logged["headers"]
    assert len(api.emulator.requests) == 0


def test_it_resets(api: Api) -> None:
    """
    After a reset nobody is signed in.
    """
    token = api.emulator.sign_in().session_token
    answer = control(api, "POST", "reset").json

    assert answer == {}
    assert api.get("/sdk/v1/b2b/organizations/me", token=token).status == 404


@pytest.mark.parametrize(
    ("method", "command", "body", "status", "error_type"),
    [
        ("GET", "nothing", None, 404, "route_not_found"),
        ("PUT", "reset", None, 405, "method_not_allowed"),
        ("POST", "organizations", b"{", 400, "bad_request"),
        ("POST", "organizations", [], 400, "bad_request"),
        ("POST", "organizations", {"nick_name": "x"}, 400, "bad_request"),
        ("POST", "members", {"organization": "Acme"}, 400, "bad_request"),
        (
            "POST",
            "members",
            {"organization": "Acme", "email_address": "ada@example.com"},
            400,
            "bad_request",
        ),
        ("POST", "sessions", {"email_address": "ada"}, 400, "invalid_email"),
        ("POST", "clock", {"seconds": "1"}, 400, "bad_request"),
        ("POST", "clock", {"seconds": -1}, 400, "bad_request"),
        ("POST", "faults", {"kind": "x"}, 400, "bad_request"),
        ("POST", "faults", {"delay": "long"}, 400, "bad_request"),
        ("POST", "clock", {"minutes": 1e300}, 400, "bad_request"),
        ("POST", "clock", {"seconds": 10**400}, 400, "bad_request"),
        ("POST", "clock", b'{"seconds": NaN}', 400, "bad_request"),
        ("POST", "clock", {"days": 1}, 400, "bad_request"),
        ("GET", "clock?days=1", None, 400, "bad_request"),
        ("POST", "lock_policy", {"minutes": 1e300}, 400, "bad_request"),
        ("POST", "redirect_urls", {"url": "http://x/", "types": "login"}, 400, "bad_request"),
        ("POST", "redirect_urls", {"url": 5}, 400, "bad_request"),
        ("POST", "sandbox_values", {"x": 1}, 400, "bad_request"),
        ("POST", "connected_apps", {"redirect_urls": "http://x/"}, 400, "bad_request"),
        ("POST", "cross_organization_passwords", {"enabled": "no"}, 400, "bad_request"),
        ("POST", "cross_organization_passwords", {"enabled": 1}, 400, "bad_request"),
        ("POST", "lock_policy", {"attempts": True}, 400, "bad_request"),
        ("POST", "lock_policy", {"attempts": 1.5}, 400, "bad_request"),
        ("POST", "trusted_token_profiles", {"claims": {"email": 1}}, 400, "bad_request"),
        ("POST", "trusted_token_profiles", {"claims": []}, 400, "bad_request"),
        ("POST", "faults", {"headers": "x"}, 400, "bad_request"),
    ],
)
def test_mistakes_are_explained(
    api: Api, method: str, command: str, body: Any, status: int, error_type: str
) -> None:
    """
    A wrong command or argument is the caller's mistake, and not a failure of the emulator.
    """
    reply = control(api, method, command, body)

    assert reply.error == (status, error_type)
    assert reply.json["error_message"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.1.2.3:1", "[::1]:80", "a.localhost"]
)
def test_loopback_hosts_are_served(api: Api, host: str) -> None:
    """
    Any name of this machine for itself will do.
    """
    assert control(api, "GET", "clock", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.0.2.1", "[2001:db8::1]", "", "[", ":80"]
)
def test_other_hosts_are_refused(api: Api, host: str) -> None:
    """
    A foreign name that was made to resolve to this machine stays outside.
    """
    answer = _raw(api, f"GET /_emulator/clock HTTP/1.1\r\nHost: {host}\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_origins_are_refused(api: Api, headers: dict[str, str]) -> None:
    """
    A page of another site cannot arrange anything.
    """
    reply = control(api, "POST", "reset", **headers)

    assert reply.error == (403, "emulator_control_refused")


def test_its_own_origin_is_served(api: Api) -> None:
    """
    A page of the emulator itself may ask.
    """
    reply = control(api, "GET", "clock", Origin=api.emulator.url, Sec_Fetch_Site="same-origin")

    assert reply.status == 200


def _raw(api: Api, request: str) -> bytes:
    """
    Send a request that no HTTP client would send.
    """
    address = urlsplit(api.emulator.url)
    with socket.create_connection((address.hostname, address.port), 10) as connection:
        connection.sendall(request.encode())
        return connection.recv(4096)
