"""Every operation with whatever comes to mind: the emulator may refuse, but never fail."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings, strategies as st

from stytch_b2b.emulator import Emulator
from stytch_b2b.emulator.handlers import HANDLERS
from stytch_b2b.emulator.routes import BROWSER_ROUTES, ROUTES, Route
from stytch_b2b.emulator.schema import Field
from tests.emulator.conftest import Api

IMPLEMENTED = [route for route in ROUTES if route.operation in HANDLERS]
PASSWORD = "zebra-quartz-Hymn-77"
ANONYMOUS = {"Authorization": None, "Content-Type": None}
FORM = {**ANONYMOUS, "Content-Type": "application/x-www-form-urlencoded"}

# What has no place in UTF-8 or in JSON comes up too rarely by itself.
HOSTILE = ["", "\ud800", "eve\udfff@example.com", "\x00", "http://[", "x" * 3000]
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=20)
FLOATS = st.sampled_from([math.nan, math.inf]) | st.floats()
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
OF_TYPE: Mapping[str, st.SearchStrategy[Any]] = {
    "string": TEXTS | st.sampled_from(["eve@example.com", "123456", "a.b.c"]),
    "integer": st.integers() | st.sampled_from([60, 10**30]),
    "boolean": st.booleans(),
    "array": st.lists(VALUES, max_size=3),
    "object": st.dictionaries(TEXTS, VALUES, max_size=3),
}


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """
    A client of one emulator for all examples, of which each resets it.
    """
    with Emulator(seed="fuzz") as running:
        yield Api(running)


def arranged(emulator: Emulator) -> dict[str, str]:
    """
    Begin anew, with Ada at Acme; return what calls may know of them.
    """
    emulator.reset()
    emulator.create_organization("Acme", email_jit_provisioning="ALL_ALLOWED")
    ada = emulator.sign_in("ada@example.com", "Acme")
    member = emulator._store.members[ada.member_id]
    emulator.set_password(member, PASSWORD)
    emulator.set_google_client_id("ours.apps.example.com")
    profile = emulator.create_trusted_token_profile()
    return {
        "session": ada.session_token,
        "member_id": ada.member_id,
        "organization_id": ada.organization_id,
        "email_address": "ada@example.com",
        "password": PASSWORD,
        "code": "000000",
        "connection_id": emulator.create_scim_connection("Acme").connection_id,
        "client_id": emulator.create_connected_app().client_id,
        "redirect_uri": "http://localhost:3000/callback",
        "post_logout_redirect_uri": "http://localhost:3000/logout",
        "response_type": "code",
        "profile_id": profile.profile_id,
        "token": emulator.trusted_token(profile, "ada@example.com"),
        "id_token": emulator.google_id_token("ada@example.com"),
        "access_token": emulator.create_access_token(member),
        "impersonation_token": emulator.create_impersonation_token(member),
        "mfa_phone_number": "+15005550006",
    }


@st.composite
def bodies(draw: st.DrawFn, fields: Mapping[str, Field], known: Mapping[str, str]) -> object:
    """
    Draw a body of which one field, or all of it, is anything at all.
    """
    spoilt = draw(st.sampled_from([*fields, None]))
    if spoilt is None:
        return draw(VALUES)
    body: dict[str, object] = {}
    for name, field in fields.items():
        if name == spoilt:
            body[name] = draw(OF_TYPE[field.type] | VALUES)
        elif name in known:
            body[name] = known[name]
        elif field.required or draw(st.booleans()):
            usual = st.sampled_from(field.choices) if field.choices else OF_TYPE[field.type]
            body[name] = draw(usual)
    return body


def escaped(text: str) -> str:
    """
    Return a text for a URL, bytes that are no text included.
    """
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.mark.parametrize("route", IMPLEMENTED, ids=[one.operation for one in IMPLEMENTED])
@given(data=st.data())
@settings(max_examples=12)
def test_no_call_makes_the_emulator_fail(api: Api, route: Route, data: st.DataObject) -> None:
    """
    Whatever an operation is sent, it is answered with success or with a refusal, in JSON.
    """
    known = arranged(api.emulator)
    known["public_token"] = api.emulator.public_token
    path = re.sub(
        r"\{(\w+)\}",
        lambda match: escaped(
            data.draw(st.just(known.get(match[1], "unknown")) | TEXTS.filter(bool))
        ),
        route.path,
    )
    body = data.draw(bodies(HANDLERS[route.operation].fields, known))
    token = data.draw(st.sampled_from([known["session"], known["session"], None, "x"]))
    if route.method == "GET":
        pairs = body.items() if isinstance(body, dict) else []
        path += "?" + "&".join(f"{escaped(name)}={escaped(str(value))}" for name, value in pairs)
        reply = api.get(path, token=token)
    else:
        reply = api.call(route.method, path, json.dumps(body).encode(), token=token)

    assert reply.status < 500
    json.loads(reply.body, parse_constant=pytest.fail)


@pytest.mark.parametrize("route", BROWSER_ROUTES, ids=[one.operation for one in BROWSER_ROUTES])
@given(data=st.data())
@settings(max_examples=25)
def test_no_browser_makes_the_emulator_fail(api: Api, route: Route, data: st.DataObject) -> None:
    """
    Whatever stands in an address bar or in a form, a page, a redirect or a refusal follows.
    """
    known = arranged(api.emulator)
    start = f"/v1/b2b/public/oauth/slack/start?public_token={api.emulator.public_token}&slug=acme"
    state = api.get(start, headers=ANONYMOUS).headers["Location"].partition("state=")[2]
    given_to_all = {
        "public_token": api.emulator.public_token,
        "state": state,
        "slug": "acme",
        **{name: known[name] for name in ("organization_id", "email_address")},
    }
    names = [
        *given_to_all,
        *("name", "tenant_id", "email_verified", "cancel", "somebody_else", "custom_scopes"),
        *("provider_login_hint", "login_hint", "connection_id", "pkce_code_challenge"),
        *("login_redirect_url", "signup_redirect_url", "discovery_redirect_url"),
    ]
    sent = {
        name: data.draw(TEXTS if data.draw(st.integers(0, 3)) == 0 else st.just(usual))
        for name in names
        if (usual := given_to_all.get(name, "")) or data.draw(st.booleans())
    }
    path = route.path.replace("{provider}", data.draw(st.just("slack") | TEXTS.map(escaped)))
    pairs = urlencode({n: v.encode("utf-8", "surrogatepass") for n, v in sent.items()})
    if route.method == "GET":
        reply = api.get(f"{path}?{pairs}", headers=ANONYMOUS)
    else:
        reply = api.post(path, pairs.encode(), headers=FORM)

    assert reply.status < 500


COMMANDS = sorted(
    (method, name) for name, methods in Emulator()._control._commands.items() for method in methods
)


@pytest.mark.parametrize(("method", "name"), COMMANDS, ids="-".join)
@given(data=st.data())
@settings(max_examples=12)
def test_no_command_makes_the_emulator_fail(
    api: Api, method: str, name: str, data: st.DataObject
) -> None:
    """
    Whoever arranges something wrong is told so.
    """
    known = {**arranged(api.emulator), "organization": "Acme"}
    known |= {"member": known["member_id"], "connection": known["connection_id"]}
    known |= {"profile": known["profile_id"], "app": known["client_id"]}
    command = api.emulator._control._commands[name][method]
    arguments = {
        argument: data.draw(
            st.just(known[argument]) | VALUES if argument in known else VALUES | TEXTS
        )
        for argument in (one.partition(":")[0].lstrip("*") for one in command.arguments)
        if data.draw(st.booleans())
    }
    path = f"/_emulator/{name}"
    if method == "GET":
        query = "&".join(f"{escaped(n)}={escaped(str(value))}" for n, value in arguments.items())
        reply = api.get(f"{path}?{query}", headers=ANONYMOUS)
    else:
        body = json.dumps(arguments).encode()
        reply = api.call(method, path, body, headers=ANONYMOUS)
    api.emulator.faults.clear()

    assert reply.status < 500
    json.loads(reply.body, parse_constant=pytest.fail)
