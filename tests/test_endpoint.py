"""From arguments to a request: what is refused before any network, and where the rest goes."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings, strategies as st
from msgspec import Meta

from stytch_b2b import AsyncStytchB2BClient
from stytch_b2b._async.magic_links import AsyncMagicLinks
from stytch_b2b._async.scim import AsyncSCIM
from stytch_b2b._declare import ENDPOINTS, EndpointGroup
from stytch_b2b._endpoint import (
    ActsAs,
    Endpoint,
    Fill,
    PKCEChallenge,
    PKCEVerifier,
    PKCEVerifierByTrial,
    Retry,
    StateEffect,
    endpoint_of,
)
from stytch_b2b.emulator import Emulator
from stytch_b2b.errors import InvalidArgumentError, StytchError
from stytch_b2b.models import APIResponse
from stytch_b2b.permissions import ORGANIZATION, SCIM, UNDOCUMENTED, Permission

SECRET = "S_hunter2-hunter2"
MINUTES = "session_duration_minutes"

UPDATE = endpoint_of(AsyncSCIM.update_connection)
LOGIN = endpoint_of(AsyncMagicLinks.authenticate)


def arguments_of(endpoint: Endpoint, **given: Any) -> dict[str, Any]:
    """
    Return what binding these arguments brings.
    """
    return {parameter.name: given.get(parameter.name) for parameter in endpoint.parameters}


def problems(endpoint: Endpoint, **given: Any) -> dict[str, str]:
    """
    Return what is wrong with these arguments, by name.
    """
    try:
        endpoint.check(arguments_of(endpoint, **given))
    except InvalidArgumentError as error:
        return error.problems
    return {}


def login(**given: Any) -> dict[str, str]:
    """
    Return what is wrong with the arguments of a login, the others being right.
    """
    return problems(LOGIN, **{"magic_links_token": "t", MINUTES: 60, **given})


@pytest.fixture(scope="module")
def everything() -> Endpoint:
    """
    Declare an endpoint that has every kind of parameter, outside the registry of the real ones.
    """
    group = EndpointGroup("everything")

    @group.post(
        "/everything/{thing_id}",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.READ,
        wire_names={"code": "the_code"},
    )
    async def do(
        self: Any,
        thing_id: str,
        *,
        closed: Literal["enroll", "unenroll"] | None = None,
        open_set: Literal["okta"] | str | None = None,
        texts: Sequence[str] | None = None,
        flag: bool | None = None,
        ratio: Annotated[float, Meta(ge=0)] | None = None,
        whole: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        code: str | None = None,
    ) -> APIResponse:
        """
        Do everything.
        """

    del ENDPOINTS[endpoint_of(do).name]
    return endpoint_of(do)


@pytest.fixture(scope="module")
def demanding() -> Endpoint:
    """
    Declare an endpoint whose parameters are all required.
    """

    @EndpointGroup("demanding").post(
        "/demanding", acts_as=ActsAs.NO_SESSION, permission=None, retry=Retry.READ
    )
    async def do(
        self: Any,
        *,
        texts: Sequence[str],
        labels: Mapping[str, str],
        closed: Literal["enroll", "unenroll"],
        short: Annotated[str, Meta(max_length=3)],
        maybe_short: Annotated[str, Meta(max_length=3)] | None,
    ) -> APIResponse:
        """
        Do what is demanded.
        """

    del ENDPOINTS[endpoint_of(do).name]
    return endpoint_of(do)


@pytest.fixture(scope="module")
def search() -> Endpoint:
    """
    Declare an endpoint with a query, outside the registry of the real ones.
    """
    group = EndpointGroup("search")

    @group.get("/search", acts_as=ActsAs.NO_SESSION, permission=None, retry=Retry.READ)
    async def do(
        self: Any,
        *,
        text: str,
        page: int | None = None,
        deep: bool | None = None,
    ) -> APIResponse:
        """
        Search.
        """

    del ENDPOINTS[endpoint_of(do).name]
    return endpoint_of(do)


def test_all_problems_at_once() -> None:
    """
    One error names every argument that is wrong, and the call.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        UPDATE.check(
            {
                "connection_id": "..",
                "display_name": 5,
                "identity_provider": b"okta",
                "scim_group_implicit_role_assignments": [{"group_id": "g"}],
            }
        )

    assert list(arguments_of(UPDATE)) == list(caught.value.problems)
    assert "scim.update_connection" == caught.value.endpoint
    assert str(caught.value).startswith("scim.update_connection: connection_id: ")
    assert isinstance(caught.value, ValueError)
    # Nothing drags along what the validator saw.
    assert caught.value.__context__ is None


@pytest.mark.parametrize("minutes", [5, 60, 527_040])
def test_session_duration(minutes: int) -> None:
    """
    A session lasts from five minutes to 366 days.
    """
    assert {} == login(**{MINUTES: minutes})


@pytest.mark.parametrize(
    "minutes",
    [4, 527_041, 0, -1, 10**30, 10**5000, 60.5, math.nan, math.inf],
    ids=["short", "long", "zero", "negative", "huge", "vast", "fraction", "nan", "infinity"],
)
def test_session_duration_out_of_range(minutes: float) -> None:
    """
    Any other duration is refused, and the number is shown where it can be.
    """
    found = login(**{MINUTES: minutes})

    assert [MINUTES] == list(found)
    if isinstance(minutes, int) and minutes < 10**30:
        assert found[MINUTES].endswith(f"got {minutes}")


@pytest.mark.parametrize(("limit", "is_refused"), [(-1, True), (0, False), (1000, False)])
def test_limit(limit: int, is_refused: bool) -> None:
    """
    A page has no negative size; the facts know of no page that is too small.
    """
    found = problems(endpoint_of(AsyncSCIM.get_connection_groups), limit=limit)

    assert is_refused is ("limit" in found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("closed", "remove"),
        ("open_set", 5),
        ("open_set", b"okta"),
        ("texts", "a text"),
        ("texts", b"bytes"),
        ("texts", ["a", 5]),
        ("texts", ["a", None]),
        ("texts", ["lone \ud800"]),
        ("flag", 1),
        ("flag", "true"),
        ("ratio", math.nan),
        ("ratio", math.inf),
        ("ratio", -0.5),
        ("whole", True),
        ("whole", "5"),
        ("whole", 5.5),
        ("metadata", ["a"]),
        ("metadata", {"a": math.nan}),
        ("metadata", {"a": b"bytes"}),
        ("metadata", {"a": {1, 2}}),
        ("metadata", {"a": object()}),
        ("metadata", {5: "a"}),
        ("metadata", {"a": "\udfff"}),
        ("code", 5),
        ("code", "\ud800"),
    ],
    ids=lambda one: ascii(one)[:20],
)
def test_wrong_values(everything: Endpoint, name: str, value: object) -> None:
    """
    Nothing is converted, and what JSON cannot hold is refused under the argument's own name.
    """
    found = problems(everything, thing_id="t", **{name: value})

    assert [name] == list(found)
    assert found[name]


@pytest.mark.parametrize("name", ["texts", "labels", "closed", "short", "maybe_short"])
def test_text_is_checked_where_it_is_required(demanding: Endpoint, name: str) -> None:
    """
    A text is refused where a list, a map, a set of texts or a limit stands, required or not.
    """
    right = {"texts": ["a"], "labels": {"a": "b"}, "closed": "enroll"} | {
        "short": "abc",
        "maybe_short": "abc",
    }

    assert {} == problems(demanding, **right)
    assert [name] == list(problems(demanding, **right | {name: "a text"}))


def test_right_values(everything: Endpoint) -> None:
    """
    What fits goes to the wire under its name there, and what was not given stays away.
    """
    given = {
        "thing_id": "t",
        "closed": "enroll",
        "open_set": "brand-new-provider",
        "texts": ("a", "ü"),
        "flag": False,
        "ratio": 0.5,
        "whole": 0,
        "metadata": {"kept": None},
        "code": "c",
    }
    body = everything.body(everything.check(arguments_of(everything, **given)))

    assert (
        '{"closed":"enroll","open_set":"brand-new-provider","texts":["a","ü"],"flag":false,'
        '"ratio":0.5,"whole":0,"metadata":{"kept":null},"the_code":"c"}'
    ).encode() == body
    assert b"{}" == everything.body(everything.check(arguments_of(everything, thing_id="t")))


def test_too_deep(everything: Endpoint) -> None:
    """
    What is nested beyond all measure is refused like any other value.
    """
    value: Any = {}
    for _ in range(200_000):
        value = {"a": value}

    assert ["metadata"] == list(problems(everything, thing_id="t", metadata=value))
    while value:
        # Freed from outside in, lest Python itself recurse.
        value = value.pop("a", None)


def test_cycles(everything: Endpoint) -> None:
    """
    A value that contains itself is refused.
    """
    value: dict[str, Any] = {}
    value["a"] = value

    assert ["metadata"] == list(problems(everything, thing_id="t", metadata=value))


def test_missing_values() -> None:
    """
    ``None`` for a required argument is a problem with it, and for any other means not given.
    """
    assert ["magic_links_token", MINUTES] == list(
        problems(LOGIN, magic_links_token=None, session_duration_minutes=None)
    )
    assert {"connection_id": "c"} == UPDATE.check(arguments_of(UPDATE, connection_id="c"))


def test_some_arguments() -> None:
    """
    Some arguments can be checked before the others are known.
    """
    assert {MINUTES: 5} == LOGIN.check({MINUTES: 5, "locale": None})
    with pytest.raises(InvalidArgumentError) as caught:
        LOGIN.check({MINUTES: 4})

    assert [MINUTES] == list(caught.value.problems)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("thing_id", f"{SECRET}\ud800"),
        ("closed", SECRET),
        ("texts", SECRET),
        ("texts", [5, SECRET]),
        ("flag", SECRET),
        ("whole", SECRET),
        ("metadata", {"a": f"{SECRET}\ud800"}),
        ("metadata", {f"{SECRET}\ud800": 1}),
        ("metadata", {"a": {SECRET}}),
        ("code", SECRET.encode()),
        ("code", [SECRET]),
    ],
)
def test_texts_are_not_shown(everything: Endpoint, name: str, value: object) -> None:
    """
    Text that stands in the wrong place may be a secret, so no error repeats it.
    """
    with pytest.raises(InvalidArgumentError) as caught:
        everything.check(arguments_of(everything, thing_id="t") | {name: value})

    assert SECRET not in str(caught.value) + repr(caught.value) + str(caught.value.problems)


def test_problems_speak_python(everything: Endpoint) -> None:
    """
    Types are called by their names in Python.
    """
    found = problems(everything, thing_id=None, texts="a", code=5, metadata=5, whole="5")

    assert not [text for text in found.values() if {"null", "array", "object"} & {*text.split()}]


@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(st.characters(exclude_categories=()))
        | st.binary()
        | st.datetimes()
        | st.complex_numbers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
            | st.tuples(inner)
        ),
        max_leaves=8,
    ),
    name=st.sampled_from(
        ["closed", "open_set", "texts", "flag", "ratio", "whole", "metadata", "code", "thing_id"]
    ),
)
@example(value=10**5000, name="whole")
@example(value=10**5000, name="ratio")
@example(value=10**5000, name="metadata")
@example(value={"a": 10**5000}, name="metadata")
def test_nothing_else_is_raised(everything: Endpoint, value: object, name: str) -> None:
    """
    Whatever is passed, it is either accepted, and can be sent, or an `InvalidArgumentError`.
    """
    given = {"thing_id": "t", name: value}
    found = problems(everything, **given)

    assert set(found) <= {name}
    if not found:
        checked = everything.check(arguments_of(everything, **given))
        assert everything.target(checked).isascii()
        assert (everything.body(checked) or b"").startswith(b"{")


TEXTS = st.text(max_size=30) | st.text(st.sampled_from("./\\%?#;&=:@ ü\n\0aA2eEfF"), max_size=8)


@given(value=TEXTS)
@example(value="..")
@example(value="../../organizations/me")
@example(value="%2e%2e")
@example(value="a/b?c#d;e")
def test_path_values_stay_in_their_segment(value: str) -> None:
    """
    An id is one encoded segment, from which the server reads the same id, or it is refused.
    """
    try:
        target = UPDATE.target(UPDATE.check(arguments_of(UPDATE, connection_id=value)))
    except InvalidArgumentError:
        assert value in ("", ".", "..")
    else:
        segment = target.removeprefix("/sdk/v1/b2b/scim/")
        assert target == f"/sdk/v1/b2b/scim/{segment}"
        assert not set("/\\?#;&= \n") & set(segment)
        assert value == unquote(segment)
        assert segment.isascii()
        assert segment not in ("", ".", "..")


@given(text=TEXTS, page=st.integers() | st.none(), deep=st.booleans() | st.none())
def test_query(search: Endpoint, text: str, page: int | None, deep: bool | None) -> None:
    """
    Query values arrive as given, booleans as JSON has them, and what was not given is left out.
    """
    target = search.target(search.check({"text": text, "page": page, "deep": deep}))
    path, _, query = target.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    expected = {
        "text": text,
        "page": None if page is None else str(page),
        "deep": None if deep is None else str(deep).lower(),
    }

    assert "/search" == path
    assert {name: value for name, value in expected.items() if value is not None} == {
        name: unquote(value) for name, _, value in pairs
    }


def test_no_body_without_fields(search: Endpoint) -> None:
    """
    A call that has no fields for a body has no body, not even an empty object.
    """
    assert search.body({"text": "a"}) is None


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ((), [SCIM["update"]]),
        (("connection_id",), [SCIM["update"]]),
        (("display_name",), [SCIM["update"]]),
        (
            ("scim_group_implicit_role_assignments",),
            [ORGANIZATION["update.settings.implicit-roles"]],
        ),
        (
            ("connection_id", "scim_group_implicit_role_assignments"),
            [ORGANIZATION["update.settings.implicit-roles"]],
        ),
        (
            ("display_name", "scim_group_implicit_role_assignments"),
            [SCIM["update"], ORGANIZATION["update.settings.implicit-roles"]],
        ),
    ],
)
def test_required_permissions(given: Sequence[str], needed: Sequence[Permission]) -> None:
    """
    A field's own permission stands instead of the call's; the call's covers all other fields.
    """
    assert tuple(needed) == UPDATE.required_permissions(given)


def test_required_permissions_of_fields_alone() -> None:
    """
    Where the call's permission is undocumented, fields still need their own, each once.
    """
    own = ORGANIZATION["update.settings.implicit-roles"]

    @EndpointGroup("fields").put(
        "/fields",
        acts_as=ActsAs.SESSION,
        permission=UNDOCUMENTED,
        retry=Retry.IDEMPOTENT,
        field_permissions={"one": own, "two": own},
    )
    async def update(
        self: Any,
        *,
        one: str | None = None,
        two: str | None = None,
        three: str | None = None,
    ) -> APIResponse:
        """
        Update fields.
        """

    del ENDPOINTS[endpoint_of(update).name]
    endpoint = endpoint_of(update)

    assert () == endpoint.required_permissions(())
    assert (own,) == endpoint.required_permissions(("one", "two"))
    assert (own,) == endpoint.required_permissions(("two", "three"))


def test_verifiers() -> None:
    """
    An endpoint tells which of its parameters end a PKCE flow, however they do.
    """

    @EndpointGroup("verifiers").post(
        "/verifiers",
        acts_as=ActsAs.NO_SESSION,
        permission=None,
        retry=Retry.CONSUMES_TOKEN,
        filled={
            "one": PKCEVerifier("sso"),
            "two": PKCEVerifierByTrial(("passwords", "magic_links"), may_do_without=True),
            "three": PKCEChallenge("oauth"),
            "four": Fill.INTERMEDIATE_SESSION_TOKEN,
        },
    )
    async def end(
        self: Any,
        *,
        one: str | None = None,
        two: str | None = None,
        three: str | None = None,
        four: str | None = None,
    ) -> APIResponse:
        """
        End flows.
        """

    del ENDPOINTS[endpoint_of(end).name]

    assert ["one", "two"] == list(endpoint_of(end).verifiers)
    assert {} == endpoint_of(end).proofs


def test_proofs() -> None:
    """
    An endpoint tells under which names it takes proof that a person makes the call.
    """
    assert {
        Fill.DFP_TELEMETRY_ID: "dfp_telemetry_id",
        Fill.CAPTCHA_TOKEN: "captcha_token",
    } == LOGIN.proofs
    assert {} == UPDATE.proofs


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("magic_links.authenticate", StateEffect.SESSION_OR_INTERMEDIATE),
        ("session.authenticate", StateEffect.SESSION),
        ("session.revoke", StateEffect.CLEAR_ALL),
        ("self.get", StateEffect.UPDATE_MEMBER),
        ("scim.get_connection", StateEffect.NONE),
    ],
)
def test_state_effect(name: str, effect: StateEffect) -> None:
    """
    What a response holds tells its effect on the state, unless the declaration says more.
    """
    client = AsyncStytchB2BClient("public-token-test-11111111-2222-3333-4444-555555555555")
    group, _, method = name.rpartition(".")

    assert effect is endpoint_of(getattr(getattr(client, group), method)).state_effect


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """
    Run one emulator for these tests.
    """
    with Emulator() as running:
        yield running


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[AsyncStytchB2BClient]:
    """
    Log a client in, against an emulator that has heard nothing so far.
    """
    signed_in = emulator.sign_in(roles=["stytch_admin"])
    emulator.requests.clear()
    async with AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as client:
        yield client.with_session(session_token=signed_in.session_token)


@pytest.mark.anyio
async def test_refused_before_any_network(emulator: Emulator, client: AsyncStytchB2BClient) -> None:
    """
    A call with a wrong argument sends nothing, not even the policy's request.
    """
    wrong: Any = 5
    enforcing = client.with_options(permission_checks="enforce")
    with pytest.raises(InvalidArgumentError):
        await enforcing.scim.update_connection("..", display_name=wrong)

    assert [] == list(emulator.requests)


@pytest.mark.anyio
@settings(max_examples=40)
@given(value=TEXTS)
@example(value="")
@example(value=".")
@example(value="..")
@example(value="a/b")
@example(value="%2e%2e")
@example(value="%2F")
@example(value="ü")
@example(value="a b")
@example(value="?a=b")
@example(value="#a")
@example(value=";a")
@example(value="\n")
async def test_path_values_at_the_server(emulator: Emulator, value: str) -> None:
    """
    On the wire too an id is one segment: nobody on the way decodes or normalises it.
    """
    emulator.requests.clear()
    async with AsyncStytchB2BClient(emulator.public_token, base_url=emulator.url) as root:
        client = root.with_session(session_token="t")
        with pytest.raises(StytchError) as caught:
            await client.scim.delete_connection(value)

    prefix = "/sdk/v1/b2b/scim/"
    if value in ("", ".", ".."):
        assert isinstance(caught.value, InvalidArgumentError)
        assert [] == list(emulator.requests)
    else:
        (request,) = emulator.requests
        segment = request.path.removeprefix(prefix)
        assert request.path == prefix + segment
        assert not set("/?#; \n") & set(segment)
        assert value == unquote(segment)
