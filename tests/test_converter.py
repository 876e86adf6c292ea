"""Reading and writing JSON: whatever comes in, and nothing wrong goes out."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
from collections import UserDict
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, TypedDict

import msgspec
import pytest
from attrs import field, fields, frozen
from hypothesis import HealthCheck, given, settings, strategies as st

from stytch_b2b._converter import (
    EPOCH,
    NotAJSONObject,
    decode,
    decode_directly,
    decode_leniently,
    encode_json,
    from_json,
    is_read_directly,
    json_object,
    to_json,
)
from stytch_b2b._drift import find_drift
from stytch_b2b.models import (
    APIResponse,
    BootstrapResponse,
    CaptchaSettings,
    DiscoveredOrganizationsResponse,
    DiscoveryResponse,
    ExternalConnectionResponse,
    GoogleOneTapClientIDResponse,
    GoogleOneTapStartResponse,
    IDPOAuthAuthorizeStartResponse,
    IDPOAuthAuthorizeSubmitResponse,
    IDPOAuthLogoutStartResponse,
    ImpersonationAuthenticateResponse,
    LoginResponse,
    MagicLinksAuthenticateResponse,
    Member,
    MemberChangedResponse,
    MemberConnectedAppsResponse,
    MemberDeletedResponse,
    MemberResponse,
    MemberSearchResponse,
    MemberSession,
    OAuthAuthenticateResponse,
    OAuthDiscoveryAuthenticateResponse,
    OIDCConnectionResponse,
    OIDCConnectionUpdatedResponse,
    Organization,
    OrganizationBySlugResponse,
    OrganizationConnectedAppResponse,
    OrganizationConnectedAppsResponse,
    OrganizationDeletedResponse,
    OrganizationResponse,
    OTPsEmailAuthenticateResponse,
    PasswordAuthenticateResponse,
    PasswordResetByEmailResponse,
    PasswordResetResponse,
    PasswordStrengthCheckResponse,
    RBACPermission,
    RecoveryCodesRecoverResponse,
    RecoveryCodesResponse,
    SAMLConnectionResponse,
    SAMLEncryptionPrivateKeyDeletedResponse,
    SAMLVerificationCertificateDeletedResponse,
    SCIMConnectionDeletedResponse,
    SCIMConnectionResponse,
    SCIMConnectionWithNextTokenResponse,
    SCIMConnectionWithTokenResponse,
    SCIMGetConnectionResponse,
    SCIMGroup,
    SCIMGroupsResponse,
    SecondFactorResponse,
    SessionAuthenticateResponse,
    SessionResponse,
    SSOAuthenticateResponse,
    SSOConnectionDeletedResponse,
    SSOConnectionsResponse,
    SSODiscoverConnectionsResponse,
    TOTPCreateResponse,
)
from tests.facts import schemas

SCHEMAS = schemas()

RESPONSES = {
    "BootstrapResponse": BootstrapResponse,
    "DiscoveryIntermediateSessionsExchangeResponse": LoginResponse,
    "DiscoveryOrganizationsCreateResponse": LoginResponse,
    "DiscoveryOrganizationsResponse": DiscoveredOrganizationsResponse,
    "DiscoveryPasswordResetResponse": DiscoveryResponse,
    "IDPOAuthAuthorizeStartResponse": IDPOAuthAuthorizeStartResponse,
    "IDPOAuthAuthorizeSubmitResponse": IDPOAuthAuthorizeSubmitResponse,
    "IDPOAuthLogoutStartResponse": IDPOAuthLogoutStartResponse,
    "ImpersonationTokenAuthenticateResponse": ImpersonationAuthenticateResponse,
    "MagicLinksAuthenticateResponse": MagicLinksAuthenticateResponse,
    "MagicLinksDiscoveryAuthenticateResponse": DiscoveryResponse,
    "MagicLinksInviteResponse": MemberChangedResponse,
    "OAuthAuthenticateResponse": OAuthAuthenticateResponse,
    "OAuthDiscoveryAuthenticateResponse": OAuthDiscoveryAuthenticateResponse,
    "OAuthGoogleOneTapStartResponse": GoogleOneTapClientIDResponse,
    "OAuthGoogleOneTapSubmitResponse": GoogleOneTapStartResponse,
    "OTPsEmailAuthenticateResponse": OTPsEmailAuthenticateResponse,
    "OTPsEmailDiscoveryAuthenticateResponse": DiscoveryResponse,
    "OTPsSMSAuthenticateResponse": SecondFactorResponse,
    "OrganizationGetBySlugResponse": OrganizationBySlugResponse,
    "OrganizationsAdminMemberDeleteResponse": MemberDeletedResponse,
    "OrganizationsDeleteResponse": OrganizationDeletedResponse,
    "OrganizationsGetConnectedAppResponse": OrganizationConnectedAppResponse,
    "OrganizationsGetConnectedAppsResponse": OrganizationConnectedAppsResponse,
    "OrganizationsGetResponse": OrganizationResponse,
    "OrganizationsMemberSearchResponse": MemberSearchResponse,
    "OrganizationsMemberGetConnectedAppsResponse": MemberConnectedAppsResponse,
    "OrganizationsMemberRevokeConnectedAppResponse": APIResponse,
    "OrganizationsMemberUpdateResponse": MemberChangedResponse,
    "OrganizationsUpdateResponse": OrganizationResponse,
    "PasswordAuthenticateResponse": PasswordAuthenticateResponse,
    "PasswordDiscoveryAuthenticateResponse": DiscoveryResponse,
    "PasswordEmailResetResponse": PasswordResetByEmailResponse,
    "PasswordExistingPasswordResetResponse": PasswordResetResponse,
    "PasswordSessionResetResponse": PasswordResetResponse,
    "PasswordStrengthCheckResponse": PasswordStrengthCheckResponse,
    "RecoveryCodesGetResponse": RecoveryCodesResponse,
    "RecoveryCodesRecoverResponse": RecoveryCodesRecoverResponse,
    "RecoveryCodesRotateResponse": RecoveryCodesResponse,
    "SCIMCreateConnectionResponse": SCIMConnectionWithTokenResponse,
    "SCIMDeleteConnectionResponse": SCIMConnectionDeletedResponse,
    "SCIMGetConnectionGroupsResponse": SCIMGroupsResponse,
    "SCIMGetConnectionResponse": SCIMGetConnectionResponse,
    "SCIMRotateStartResponse": SCIMConnectionWithNextTokenResponse,
    "SCIMUpdateConnectionResponse": SCIMConnectionResponse,
    "SSOAuthenticateResponse": SSOAuthenticateResponse,
    "SSODeleteConnectionResponse": SSOConnectionDeletedResponse,
    "SSODiscoverConnectionsResponse": SSODiscoverConnectionsResponse,
    "SSOExternalCreateConnectionResponse": ExternalConnectionResponse,
    "SSOGetConnectionsResponse": SSOConnectionsResponse,
    "SSOOIDCCreateConnectionResponse": OIDCConnectionResponse,
    "SSOOIDCUpdateConnectionResponse": OIDCConnectionUpdatedResponse,
    "SSOSAMLDeleteEncryptionPrivateKeyResponse": SAMLEncryptionPrivateKeyDeletedResponse,
    "SSOSAMLDeleteVerificationCertificateResponse": SAMLVerificationCertificateDeletedResponse,
    "SSOSAMLUpdateConnectionResponse": SAMLConnectionResponse,
    "SelfGetResponse": MemberResponse,
    "SessionsAccessTokenExchangeResponse": SessionResponse,
    "SessionsAttestResponse": SessionResponse,
    "SessionsAuthenticateResponse": SessionAuthenticateResponse,
    "SessionsExchangeResponse": LoginResponse,
    "SessionsRevokeResponse": APIResponse,
    "TOTPsAuthenticateResponse": SecondFactorResponse,
    "TOTPsCreateResponse": TOTPCreateResponse,
}
every_response = pytest.mark.parametrize(("schema", "model"), RESPONSES.items(), ids=RESPONSES)

with_budget = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)

seeds = st.integers(0, 2**32)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


class Samples:
    """Makes answers from the schemas of the facts, each different."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        # How full an answer is: of 50 factors that a session may show, it has a few.
        self.share = self.random.choice((0.0, 0.1, 0.5, 1.0))

    def object(self, schema: str) -> dict[str, Any]:
        """Return an object of a schema, with some of the fields that are not required."""
        made = {}
        for fact in SCHEMAS[schema]:
            if fact["required"] or self.random.random() < self.share:
                made[fact["name"]] = self.value(fact)
            elif self.random.random() < 0.2:
                made[fact["name"]] = None
        return made

    def value(self, fact: dict[str, Any]) -> Any:
        """Return what a field may hold."""
        if fact["type"] == "array":
            return [self.item(fact) for _ in range(self.random.randrange(3))]
        if fact.get("map"):
            return {
                self.text(): self.mapped(fact["map_values"])
                for _ in range(self.random.randrange(3))
            }
        if fact["ref"]:
            return self.object(fact["ref"])
        if fact["enum"]:
            return self.random.choice([*fact["enum"], "", "grown"])
        if fact["format"] == "date-time":
            return self.timestamp()
        return {
            "string": self.text,
            "integer": lambda: self.random.choice((0, 200, -(2**31), 10**30)),
            "boolean": lambda: self.random.random() < 0.5,
        }[fact["type"]]()

    def mapped(self, kind: str) -> Any:
        """Return what may stand in a map."""
        if kind == "any":
            return self.free_form()
        if kind in SCHEMAS:
            return self.object(kind)
        return self.text() if kind == "string" else [self.text()]

    def item(self, fact: dict[str, Any]) -> Any:
        """Return what may stand in an array."""
        if fact["items_ref"]:
            return self.object(fact["items_ref"])
        if "items_enum" in fact:
            return self.random.choice([*fact["items_enum"], "", "grown"])
        return self.text()

    def text(self) -> str:
        """Return one of the texts that readers stumble over."""
        return self.random.choice(
            ("", "a", "é\U0001f600", '"\\/\b\n\u2028', "2026-01-01", "x" * 99)
        )

    def timestamp(self) -> str:
        """Return a point in time in one of the forms of RFC 3339."""
        return self.random.choice(
            (
                "2026-05-04T03:02:01Z",
                "2026-05-04T03:02:01.5Z",
                "2026-05-04T03:02:01.123456789Z",
                "2026-05-04t03:02:01+05:30",
                "0001-01-01T00:00:00Z",
            )
        )

    def free_form(self) -> Any:
        """Return any JSON."""
        return self.random.choice(
            (
                None,
                True,
                0,
                -1,
                10**25,
                1.5,
                1e300,
                "",
                self.text(),
                [],
                [[], {}],
                {"a": {"b": [1]}},
            )
        )

    def body(self, schema: str) -> bytes:
        """Return an answer with its envelope."""
        escaped = self.random.random() < 0.5
        return json.dumps({"data": self.object(schema)}, ensure_ascii=escaped).encode()


def same(one: object, other: object) -> bool:
    """Return whether two values are equal and of the same types: 1 equals 1.0 and True."""
    return one == other and repr(one) == repr(other)


def unread(value: Any) -> Any:
    """Return a model as the JSON it was read from."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, tuple | list):
        return [unread(item) for item in value]
    if isinstance(value, Mapping):
        return {name: unread(item) for name, item in value.items()}
    if hasattr(value, "__attrs_attrs__"):
        return {
            attribute.metadata.get("wire_name", attribute.name): unread(
                getattr(value, attribute.name)
            )
            for attribute in fields(type(value))
        }
    return value


def holds(model: Any, sample: Any) -> bool:
    """Return whether all that *sample* says is found in *model*, turned to JSON."""
    if isinstance(model, datetime):
        return model == msgspec.convert(sample, datetime)
    if isinstance(sample, dict):
        return all(holds(model[name], item) for name, item in sample.items())
    if isinstance(sample, list):
        return len(sample) == len(model) and all(map(holds, model, sample))
    return same(model, sample)


@every_response
@given(seed=seeds)
@with_budget
def test_reads_all_of_a_valid_answer(schema, model, seed):
    """Everything a valid answer says is in the model."""
    body = Samples(seed).body(schema)

    assert holds(unread(decode(body, model)), json.loads(body)["data"])


@pytest.mark.parametrize(
    ("schema", "model"),
    [(schema, model) for schema, model in RESPONSES.items() if is_read_directly(model)],
)
@given(seed=seeds)
@with_budget
def test_both_readings_agree(schema, model, seed):
    """A valid answer gives the same whether msgspec reads it or the lenient converter."""
    body = Samples(seed).body(schema)

    assert same(
        decode_directly(body, model, envelope=True), decode_leniently(body, model, envelope=True)
    )


@every_response
@given(seed=seeds)
@with_budget
def test_valid_answers_do_not_drift(schema, model, seed):
    """Nothing but unknown values of open enums is reported of a valid answer."""
    drifts = find_drift(Samples(seed).body(schema), model)

    assert {"grown"} >= {drift.found for drift in drifts}


@every_response
@given(seed=seeds)
@with_budget
def test_state_round_trip(schema, model, seed):
    """What `to_json` writes of an answer, `from_json` reads back as it was."""
    response = decode(Samples(seed).body(schema), model)

    assert same(response, from_json(to_json(response), model))


DEEP = "[" * 20_000 + "]" * 20_000
ODDITIES = [
    r'"\ud83d"',  # half of a pair, first or second, alone or out of order
    r'"\ude00"',
    r'"\ude00\ud83d"',
    r'"\ud83dx"',
    r'"\ud83d\ud83d\ude00"',
    r'"\\ud83d"',
    '"\x00\n"',
    DEEP,
    '{"a":' * 20_000 + "1" + "}" * 20_000,
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "1" * 5000,
    "-0",
    "200.0",
    "18446744073709551616",
    '"2026-05-04T03:02:01"',
    '"9999-12-31T23:59:59.9999999Z"',
    '"0001-01-01T00:00:00+14:00"',
]
replacements = st.sampled_from(ODDITIES) | plain_json.map(json.dumps)
MARK = "\N{SNOWMAN}"


@st.composite
def changed_bodies(draw: st.DrawFn, schema: str) -> bytes:
    """Return an answer with one to three places dropped, retyped, renamed or doubled."""
    body = json.loads(Samples(draw(seeds)).body(schema))
    written = []
    for _ in range(draw(st.integers(1, 3))):
        place, key = body, "data"
        while isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 9)):
            place = place[key]
            keys = list(place) if isinstance(place, dict) else range(len(place))
            key = draw(st.sampled_from(keys))
        change = draw(st.sampled_from(("drop", "replace", "replace", "add", "double")))
        if change == "drop" and place is not body:
            del place[key]
        elif isinstance(place, dict) and change in ("add", "double"):
            # Of two members of one name the second counts; JSON made here tells them by the mark.
            place[f"new{len(written)}" if change == "add" else MARK + key] = place[key]
        else:
            place[key] = f"{MARK}{len(written)}"
            written.append(draw(replacements))
        if place is body and not isinstance(place[key], dict | list):
            break
    text = json.dumps(body, ensure_ascii=False)
    for number, replacement in enumerate(written):
        text = text.replace(f'"{MARK}{number}"', replacement)
    return text.replace(MARK, "").encode("utf-8", "surrogatepass")


@every_response
@given(data=st.data())
@with_budget
def test_reads_any_object(schema, model, data):
    """Whatever becomes of an answer that stays a JSON object, it is read, and can be kept."""
    body = data.draw(changed_bodies(schema))
    response = decode(body, model)
    lenient = decode_leniently(body, model, envelope=True)

    assert same(response, lenient)
    assert same(response, from_json(to_json(response), model))
    assert isinstance(find_drift(body, model), tuple)


def is_json_object(body: bytes) -> bool:
    """Return whether the standard library reads *body* as an object."""
    try:
        return isinstance(json.loads(body.decode("utf-8-sig")), dict)
    except (ValueError, RecursionError):
        return False


@given(
    seed=seeds,
    cuts=st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=3)), max_size=3),
    end=st.none() | st.integers(0, 5000),
    start=st.sampled_from((b"", b"\xef\xbb\xbf", b" \n", b"\xff\xfe", b"[")),
)
@settings(with_budget, max_examples=300)
def test_fails_only_where_there_is_no_object(seed, cuts, end, start):
    """Bytes of any kind are read or refused with one error, and no JSON object is refused."""
    body = start + Samples(seed).body("SCIMGetConnectionResponse")[:end]
    for position, inserted in cuts:
        body = body[:position] + inserted + body[position + 1 :]
    if is_json_object(body):
        assert isinstance(decode(body, SCIMConnectionResponse), SCIMConnectionResponse)
        return
    with contextlib.suppress(NotAJSONObject):
        decode(body, SCIMConnectionResponse)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"data"',
        b"5",
        b"<html>",
        b'{"data": {',
        b"\xff",
        DEEP.encode(),
        b'{"data": ' + b"[" * 20_000,
    ],
)
@pytest.mark.parametrize("envelope", [True, False])
def test_no_object_is_an_error(body, envelope):
    """What is no JSON object is refused, cut answers and deep ones included, and is not shown."""
    with pytest.raises(NotAJSONObject, match=r"^the body is no JSON object$") as caught:
        decode(body, APIResponse, envelope=envelope)

    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("data", ["", '"data": null', '"data": []', '"data": "x"', '"date": {}'])
def test_envelope_without_data_is_empty(data):
    """An object whose ``data`` is missing or no object is read as empty data."""
    body = b"{%s}" % data.encode()

    assert APIResponse(request_id="", status_code=0) == decode(body, APIResponse)


@pytest.mark.parametrize("status_code", [200, None])
def test_without_envelope(status_code):
    """An answer may stand in the body itself."""
    answer = {"request_id": "r", "status_code": status_code, "data": {"request_id": "other"}}
    response = decode(json.dumps(answer).encode(), APIResponse, envelope=False)

    assert APIResponse(request_id="r", status_code=status_code or 0) == response


def test_empty_values():
    """A required field that is missing takes the empty value of its type."""
    session = decode(b'{"data": {}}', SessionAuthenticateResponse).member_session

    assert session == MemberSession(
        member_session_id="",
        member_id="",
        started_at=EPOCH,
        last_accessed_at=EPOCH,
        expires_at=EPOCH,
        authentication_factors=(),
        organization_id="",
        roles=(),
        organization_slug="",
    )


def read_member(**values: Any) -> Member:
    """Return what is read of a Member with these fields."""
    member = decode(json.dumps({"data": {"member": values}}).encode(), MemberResponse).member
    assert member is not None
    return member


@pytest.mark.parametrize("value", [None, 5, 1.5, True, [], {}])
def test_text_is_not_made_of_other_things(value):
    """Where text is due, anything else counts as none."""
    assert "" == read_member(name=value).name
    assert "" == read_member(status=value).status
    assert None is read_member(external_id=value).external_id
    assert None is read_member(created_at=value).created_at


@pytest.mark.parametrize("value", [None, "true", 1, 0.0, [], {}])
def test_booleans_are_not_made_of_other_things(value):
    """Where true or false is due, anything else counts as false."""
    assert False is read_member(is_admin=value).is_admin


@pytest.mark.parametrize("value", [None, "200", 200.5, True, [], {}])
def test_integers_are_not_made_of_other_things(value):
    """Where an integer is due, anything else counts as 0."""
    body = json.dumps({"data": {"status_code": value}}).encode()

    assert same(0, decode(body, APIResponse).status_code)


@pytest.mark.parametrize("value", [None, "x", 5, {"a": 1}])
def test_arrays_are_not_made_of_other_things(value):
    """Where an array is due, anything else counts as an empty one."""
    assert () == read_member(roles=value).roles


@pytest.mark.parametrize("value", [None, "x", 5, [1]])
def test_objects_are_not_made_of_other_things(value):
    """Where an object may be missing, anything else counts as none."""
    assert None is read_member(scim_registration=value).scim_registration
    assert None is read_member(trusted_metadata=value).trusted_metadata


def test_flawed_objects_in_a_list_stay():
    """Of an object among objects, what fits is kept; what is no object is left out."""
    member = read_member(roles=[{"role_id": "admin", "sources": 5}, None, "x", {}])

    assert [("admin", ()), ("", ())] == [(role.role_id, role.sources) for role in member.roles]


def test_wrong_items_are_left_out():
    """An item of a wrong type is not replaced by an empty one."""
    body = {
        "data": {"organization": {"claimed_email_domains": ["a.example", None, 5, "b.example"]}}
    }
    organization = decode(json.dumps(body).encode(), OrganizationResponse).organization

    assert organization is not None
    assert ("a.example", "b.example") == organization.claimed_email_domains


def test_wrong_values_of_a_map_are_left_out():
    """A value of a map that does not fit takes its key along."""
    tenants = {"slack": ["T1", 5], "github": None, "hubspot": []}
    body = {"data": {"organization": {"allowed_oauth_tenants": tenants}}}
    organization = decode(json.dumps(body).encode(), OrganizationResponse).organization

    assert organization is not None
    assert {"slack": ("T1",), "hubspot": ()} == organization.allowed_oauth_tenants


def test_unknown_values_are_kept():
    """An enum that grew does not break an answer, nor does it slow it down."""
    assert "frozen" == read_member(status="frozen").status


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-04T03:02:01Z", datetime(2026, 5, 4, 3, 2, 1, tzinfo=timezone.utc)),
        ("2026-05-04T03:02:01", datetime(2026, 5, 4, 3, 2, 1, tzinfo=timezone.utc)),
        ("2026-05-04T05:02:01+02:00", datetime(2026, 5, 4, 3, 2, 1, tzinfo=timezone.utc)),
        ("", None),
        ("yesterday", None),
        (1777863721, None),
    ],
)
def test_timestamps_are_aware(text, moment):
    """A point in time without an offset counts as UTC; what is none counts as missing."""
    created_at = read_member(created_at=text).created_at

    assert moment == created_at
    assert created_at is None or created_at.tzinfo is not None


def free_form(text: str) -> Any:
    """Return what is read of *text* where free-form JSON may stand."""
    body = b'{"data": {"request_id": "r", "member": {"untrusted_metadata": {"x": %s}}}}'
    response = decode(body % text.encode("utf-8", "surrogatepass"), MemberResponse)
    assert "r" == response.request_id
    assert response.member is not None
    assert response.member.untrusted_metadata is not None
    return response.member.untrusted_metadata["x"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", None),
        ("-Infinity", None),
        ("1e999", None),
        ("1" * 5000, None),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'["\udc00", {"\ud800": 1}]', ["\ufffd", {"\ufffd": 1}]),
        ('"\ud800"', "\ufffd\ufffd\ufffd"),
        ('"a\tb"', "a\tb"),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_free_form_json_is_always_json(text, value):
    """Free-form JSON is kept, but for what could not be written as JSON again."""
    assert same(value, free_form(text))


def test_invalid_utf8_is_replaced():
    """A byte that is no UTF-8 costs its character, not the answer."""
    body = b'\xef\xbb\xbf{"data": {"request_id": "a\xffb", "status_code": 200}}'

    assert APIResponse(request_id="a\ufffdb", status_code=200) == decode(body, APIResponse)


@pytest.mark.parametrize(
    "deep", ["[" * 30_000 + "]" * 30_000, '{"a":' * 30_000 + '"]\\"["' + "}" * 30_000]
)
def test_deep_nesting_is_cut(deep):
    """What is nested too deeply is cut off where it is too deep, and the rest is kept."""
    value, depth = free_form(deep), 0
    while value:
        value = value[0] if isinstance(value, list) else value["a"]
        depth += 1

    assert None is value
    assert 10 < depth < 100
    assert (
        "r"
        == decode(b'{"data": {"x": %s, "request_id": "r"}}' % deep.encode(), APIResponse).request_id
    )


def test_renamed_fields_are_read_leniently():
    """A model with a name of its own on the wire, and what contains it, is not left to msgspec."""
    directly = {model: is_read_directly(model) for model in (*RESPONSES.values(), CaptchaSettings)}

    assert {BootstrapResponse, CaptchaSettings} == {
        m for m, direct in directly.items() if not direct
    }


def test_renamed_fields_keep_their_values():
    """The API's camel case is understood, and Python's name is not on the wire."""
    captcha = {"enabled": True, "siteKey": "k", "providerType": "p", "site_key": "wrong"}
    body = json.dumps({"data": {"captcha_settings": captcha}}).encode()

    assert CaptchaSettings(enabled=True, site_key="k", provider_type="p") == (
        decode(body, BootstrapResponse).captcha_settings
    )


@frozen
class Unreadable:
    """Has a field of a type that no rule covers."""

    ratio: complex


@frozen
class Ambiguous:
    """Has a field of a union that no rule covers."""

    either: int | str


@pytest.mark.parametrize("model", [Unreadable, Ambiguous])
def test_no_stock_rules(model):
    """A type without a rule is a mistake in a model, told by name, not read by chance."""
    with pytest.raises(TypeError, match=r"no rule how to read .*(complex|int)"):
        decode(b"{}", model)


@frozen
class Settings:
    """Has a required map, as no answer does so far."""

    values: Mapping[str, Any]


def test_empty_map():
    """A required map that is missing is empty."""
    assert Settings(values={}) == decode(b"{}", Settings)


def test_lenient_converter_loads_on_need():
    """Answers that keep their promises do not load cattrs."""
    code = (
        "import sys\n"
        "from stytch_b2b._converter import decode\n"
        "from stytch_b2b.models import APIResponse\n"
        "for status in ('200', 'null'):\n"
        '    body = b\'{"data": {"request_id": "r", "status_code": %s}}\'\n'
        "    decode(body % status.encode(), APIResponse)\n"
        "    print('cattrs' in sys.modules)\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )

    assert ["False", "True"] == result.stdout.split()


def test_plain_json():
    """`json_object` gives the body as it is."""
    assert {"a": [1, {"b": None}]} == json_object(b'{"a": [1, {"b": null}]}')


class Assignment(TypedDict, total=False):
    """A nested part of a request."""

    role_id: str
    group_id: str | None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ({"a": None, "b": [1, 1.5, True, "é"]}, '{"a":null,"b":[1,1.5,true,"é"]}'),
        (Assignment(role_id="r", group_id=None), '{"role_id":"r","group_id":null}'),
        ((1, (2,)), "[1,[2]]"),
        (UserDict({"a": MappingProxyType({"b": ()})}), '{"a":{"b":[]}}'),
        (RBACPermission(resource_id="r", actions=("*",)), '{"resource_id":"r","actions":["*"]}'),
        (CaptchaSettings(enabled=True, site_key="k"), '{"enabled":true,"siteKey":"k"}'),
        (datetime(2026, 5, 4, 3, 2, 1, tzinfo=timezone.utc), '"2026-05-04T03:02:01Z"'),
        (
            datetime(2026, 5, 4, 5, 2, 1, 500, tzinfo=timezone(timedelta(hours=2))),
            '"2026-05-04T03:02:01.000500Z"',
        ),
    ],
)
def test_requests_are_written(value, text):
    """Models, mappings, tuples and points in time become JSON; in models None is left out."""
    assert text == encode_json(value).decode()


def looping() -> list[Any]:
    """Return a list that contains itself."""
    loop: list[Any] = []
    loop.append(loop)
    return loop


def nested(depth: int) -> list[Any]:
    """Return lists in lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (float("nan"), "Out of range float"),
        ([float("-inf")], "Out of range float"),
        ({"a": "\ud800"}, "a text holds a lone surrogate"),
        (looping(), "Circular reference"),
        (nested(50_000), "nested too deeply"),
    ],
)
@pytest.mark.parametrize("write", [encode_json, to_json])
def test_bad_values_are_refused(value, problem, write):
    """A value JSON does not have is a ValueError that keeps the value to itself."""
    with pytest.raises(ValueError, match=rf"^cannot be written as JSON: .*{problem}") as caught:
        write(value)

    assert type(caught.value) is ValueError
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 5, 4), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))],  # noqa: DTZ001
)
def test_unclear_moments_are_refused(moment):
    """A point in time goes out only if it is clear in UTC."""
    with pytest.raises(ValueError, match=r"^cannot be written as JSON: "):
        encode_json({"expires_at": moment})


@pytest.mark.parametrize("value", [b"bytes", {1}, object(), 1j, type])
@pytest.mark.parametrize("write", [encode_json, to_json])
def test_bad_types_are_refused(value, write):
    """A type JSON does not have is a TypeError that names it."""
    with pytest.raises(TypeError, match=f"cannot be written as JSON: {type(value).__name__}"):
        write({"a": [value]})


@given(value=plain_json)
@with_budget
def test_plain_json_round_trip(value):
    """Free-form JSON goes out as it is and is kept as it is."""
    assert same(value, json.loads(encode_json(value)))
    assert same(
        Settings(values={"x": value}), from_json(to_json(Settings(values={"x": value})), Settings)
    )


@frozen(kw_only=True)
class State:
    """Has what the state of a client has."""

    member: Member | None = None
    organization: Organization | None = None
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    pairs: Mapping[str, SCIMGroup] = field(default=MappingProxyType({}))
    from_cache: bool = False


@given(
    seed=seeds,
    token=st.none() | texts,
    expires_at=st.none() | st.datetimes(timezones=st.just(timezone.utc)),
    from_cache=st.booleans(),
    flows=st.lists(texts, max_size=2),
)
@with_budget
def test_state_of_a_client_round_trip(seed, token, expires_at, from_cache, flows):
    """A state with models, tokens and read-only mappings is kept without loss."""
    answer = decode(Samples(seed).body("SessionsAuthenticateResponse"), SessionAuthenticateResponse)
    group = SCIMGroup(group_id="g", group_name="n", organization_id="o", connection_id="c")
    state = State(
        member=answer.member,
        organization=answer.organization,
        token=token,
        expires_at=expires_at,
        pairs=MappingProxyType(dict.fromkeys(flows, group)),
        from_cache=from_cache,
    )

    assert state == from_json(to_json(state), State)
    assert state == from_json(to_json(state).decode(), State)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"token": 5}',
        b'{"token": "secret-\xff"}',
        b'{"token": "secret", "expires_at": "soon"}',
        b'{"token": "secret"',
        b'{"a": ' + b"[" * 100_000,
        '{"token": "secret-\ud800"}',
    ],
)
def test_kept_state_is_read_strictly(data):
    """What is no state is refused, by an error that does not show it."""
    with pytest.raises(ValueError, match=r"^cannot be read as State: ") as caught:
        from_json(data, State)

    assert type(caught.value) is ValueError
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)


def test_state_keeps_every_field():
    """State has fields that are None as well, by the names they have in Python."""
    assert b'{"enabled":true,"site_key":null,"provider_type":null}' == (
        to_json(CaptchaSettings(enabled=True))
    )


def test_first_answers_in_many_threads() -> None:
    """Threads that read answers of several kinds at once, each the first of its kind, all can."""
    program = """
import sys, threading
from stytch_b2b._converter import decode
from stytch_b2b.models import MemberResponse, SessionAuthenticateResponse

BODY = b'{"data": {"member": {}, "member_session": {}, "organization": {}}}'
barrier = threading.Barrier(8)
read = []

def use(model):
    barrier.wait()
    read.append(decode(BODY, model))

sys.setswitchinterval(1e-6)
threads = [
    threading.Thread(target=use, args=(model,))
    for model in [MemberResponse, SessionAuthenticateResponse] * 4
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(read))
"""
    # Without care more than every third run crashes the interpreter.
    runs = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            check=False,
        )
        for _ in range(8)
    ]

    assert [("8\n", "", 0)] * 8 == [(run.stdout, run.stderr, run.returncode) for run in runs]
