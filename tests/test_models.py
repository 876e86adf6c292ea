"""The models against the facts of the API, and what every model can be relied on for."""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

from stytch_b2b import models
from stytch_b2b._converter import decode
from stytch_b2b.models import (
    APIResponse,
    BootstrapResponse,
    CaptchaSettings,
    ChooseOrganization,
    DiscoveredOrganizationsResponse,
    DiscoveryResponse,
    EncryptionPrivateKey,
    ExternalConnectionResponse,
    GoogleOneTapClientIDResponse,
    GoogleOneTapStartResponse,
    IDPOAuthAuthorizeStartResponse,
    IDPOAuthAuthorizeSubmitResponse,
    IDPOAuthLogoutStartResponse,
    ImpersonationAuthenticateResponse,
    LoginOutcome,
    LoginResponse,
    MagicLinksAuthenticateResponse,
    Member,
    MemberChangedResponse,
    MemberConnectedAppsResponse,
    MemberDeletedResponse,
    MemberResponse,
    MemberSearchResponse,
    OAuthAuthenticateResponse,
    OAuthDiscoveryAuthenticateResponse,
    OAuthProviderValues,
    OIDCConnection,
    OIDCConnectionResponse,
    OIDCConnectionUpdatedResponse,
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
    RecoveryCodesRecoverResponse,
    RecoveryCodesResponse,
    ResponseMeta,
    SAMLConnectionResponse,
    SAMLEncryptionPrivateKeyDeletedResponse,
    SAMLVerificationCertificateDeletedResponse,
    SCIMAddress,
    SCIMConnectionDeletedResponse,
    SCIMConnectionResponse,
    SCIMConnectionWithNextTokenResponse,
    SCIMConnectionWithToken,
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
from stytch_b2b.models._response import Headers, attach
from tests.facts import http_operations, schemas

SCHEMAS = schemas()
RESPONSE_SCHEMAS = {name: operation["response"] for name, operation in http_operations().items()}

RESPONSES = {
    "bootstrap.get": BootstrapResponse,
    "discovery.intermediate_sessions.exchange": LoginResponse,
    "discovery.organizations.create": LoginResponse,
    "discovery.organizations.list": DiscoveredOrganizationsResponse,
    "idp.oauth_authorize_start": IDPOAuthAuthorizeStartResponse,
    "idp.oauth_authorize_submit": IDPOAuthAuthorizeSubmitResponse,
    "idp.oauth_logout_start": IDPOAuthLogoutStartResponse,
    "impersonation.authenticate": ImpersonationAuthenticateResponse,
    "magic_links.authenticate": MagicLinksAuthenticateResponse,
    "magic_links.discovery.authenticate": DiscoveryResponse,
    "magic_links.email.discovery.send": APIResponse,
    "magic_links.email.invite": MemberChangedResponse,
    "magic_links.email.login_or_signup": APIResponse,
    "oauth.authenticate": OAuthAuthenticateResponse,
    "oauth.discovery.authenticate": OAuthDiscoveryAuthenticateResponse,
    "oauth.google_one_tap.discovery.start": GoogleOneTapStartResponse,
    "oauth.google_one_tap.get_client_id": GoogleOneTapClientIDResponse,
    "oauth.google_one_tap.start": GoogleOneTapStartResponse,
    "organization.delete": OrganizationDeletedResponse,
    "organization.get": OrganizationResponse,
    "organization.members.search": MemberSearchResponse,
    "organization.get_by_slug": OrganizationBySlugResponse,
    "organization.get_connected_app": OrganizationConnectedAppResponse,
    "organization.get_connected_apps": OrganizationConnectedAppsResponse,
    "organization.members.create": MemberChangedResponse,
    "organization.members.delete": MemberDeletedResponse,
    "organization.members.delete_mfa_phone_number": MemberChangedResponse,
    "organization.members.delete_mfa_totp": MemberChangedResponse,
    "organization.members.delete_password": MemberChangedResponse,
    "organization.members.get_connected_apps": MemberConnectedAppsResponse,
    "organization.members.reactivate": MemberChangedResponse,
    "organization.members.revoke_connected_app": APIResponse,
    "organization.members.start_email_update": MemberChangedResponse,
    "organization.members.unlink_retired_email": MemberChangedResponse,
    "organization.members.update": MemberChangedResponse,
    "organization.update": OrganizationResponse,
    "otps.email.authenticate": OTPsEmailAuthenticateResponse,
    "otps.email.discovery.authenticate": DiscoveryResponse,
    "otps.email.discovery.send": APIResponse,
    "otps.email.login_or_signup": APIResponse,
    "otps.sms.authenticate": SecondFactorResponse,
    "otps.sms.send": APIResponse,
    "passwords.authenticate": PasswordAuthenticateResponse,
    "passwords.discovery.authenticate": DiscoveryResponse,
    "passwords.discovery.reset_by_email": DiscoveryResponse,
    "passwords.discovery.reset_by_email_start": APIResponse,
    "passwords.reset_by_email": PasswordResetByEmailResponse,
    "passwords.reset_by_email_start": APIResponse,
    "passwords.reset_by_existing_password": PasswordResetResponse,
    "passwords.reset_by_session": PasswordResetResponse,
    "passwords.strength_check": PasswordStrengthCheckResponse,
    "recovery_codes.get": RecoveryCodesResponse,
    "recovery_codes.recover": RecoveryCodesRecoverResponse,
    "recovery_codes.rotate": RecoveryCodesResponse,
    "scim.create_connection": SCIMConnectionWithTokenResponse,
    "scim.delete_connection": SCIMConnectionDeletedResponse,
    "scim.get_connection": SCIMGetConnectionResponse,
    "scim.get_connection_groups": SCIMGroupsResponse,
    "scim.rotate_cancel": SCIMConnectionResponse,
    "scim.rotate_complete": SCIMConnectionResponse,
    "scim.rotate_start": SCIMConnectionWithNextTokenResponse,
    "scim.update_connection": SCIMConnectionResponse,
    "self.delete_mfa_phone_number": MemberChangedResponse,
    "self.delete_mfa_totp": MemberChangedResponse,
    "self.delete_password": MemberChangedResponse,
    "self.get": MemberResponse,
    "self.get_connected_apps": MemberConnectedAppsResponse,
    "self.revoke_connected_app": APIResponse,
    "self.start_email_update": MemberChangedResponse,
    "self.unlink_retired_email": MemberChangedResponse,
    "self.update": MemberChangedResponse,
    "session.attest": SessionResponse,
    "session.authenticate": SessionAuthenticateResponse,
    "session.exchange": LoginResponse,
    "session.exchange_access_token": SessionResponse,
    "session.revoke": APIResponse,
    "session.revoke_for_member": APIResponse,
    "sso.authenticate": SSOAuthenticateResponse,
    "sso.delete_connection": SSOConnectionDeletedResponse,
    "sso.discover_connections": SSODiscoverConnectionsResponse,
    "sso.external.create_connection": ExternalConnectionResponse,
    "sso.external.update_connection": ExternalConnectionResponse,
    "sso.get_connections": SSOConnectionsResponse,
    "sso.oidc.create_connection": OIDCConnectionResponse,
    "sso.oidc.update_connection": OIDCConnectionUpdatedResponse,
    "sso.saml.create_connection": SAMLConnectionResponse,
    "sso.saml.delete_encryption_private_key": SAMLEncryptionPrivateKeyDeletedResponse,
    "sso.saml.delete_verification_certificate": SAMLVerificationCertificateDeletedResponse,
    "sso.saml.update_connection": SAMLConnectionResponse,
    "sso.saml.update_connection_by_url": SAMLConnectionResponse,
    "totp.authenticate": SecondFactorResponse,
    "totp.create": TOTPCreateResponse,
}

ADDED_FIELDS = {
    # The facts list no request ID here, and every answer has one; so it is there, or absent.
    IDPOAuthLogoutStartResponse: {"request_id"},
    # The facts know of no primary factor here; a login that lacks one says so all the same.
    ImpersonationAuthenticateResponse: {"primary_required"},
    # Facts about one of its two calls; the other has it, and the login may lack it here too.
    PasswordResetResponse: {"primary_required"},
    # As above.
    SCIMGroupsResponse: {"request_id"},
}

# What an answer came to and how it came, which no answer has among its fields.
OTHER_CLASSES = {*get_args(LoginOutcome), ChooseOrganization, ResponseMeta}

SECRET_ENDINGS = (
    "token",
    "jwt",
    "secret",
    "code",
    "codes",
    "password",
    "private_key",
    "verifier",
)
NO_SECRETS = {(SCIMAddress, "postal_code")}
# URLs with a token or a code in them.
MORE_SECRETS = {
    (GoogleOneTapStartResponse, "redirect_url"),
    (IDPOAuthAuthorizeSubmitResponse, "redirect_uri"),
}


def wire_fields(model: type) -> dict[str, tuple[attrs.Attribute, Any]]:
    """Return the fields of *model* with their types, by the names the API has for them."""
    hints = get_type_hints(model, include_extras=True)
    return {
        attribute.metadata.get("wire_name", attribute.name): (attribute, hints[attribute.name])
        for attribute in attrs.fields(model)
    }


def model_in(hint: Any) -> type | None:
    """Return the one model that *hint* names, if any."""
    if attrs.has(hint):
        return hint
    return next(filter(None, map(model_in, get_args(hint))), None)


def schema_in_map(fact: dict[str, Any]) -> str | None:
    """Return the schema of the objects in a map, if that is what the fact is about."""
    values = fact.get("map_values")
    return values if values in SCHEMAS else None


def pairs() -> dict[tuple[str, type], None]:
    """Return each schema that an answer reaches with the model that stands for it."""
    found: dict[tuple[str, type], None] = {}

    def visit(schema: str, model: type) -> None:
        if (schema, model) in found:
            return
        found[schema, model] = None
        known = wire_fields(model)
        for fact in SCHEMAS[schema]:
            nested = fact["ref"] or fact["items_ref"] or schema_in_map(fact)
            if nested and fact["name"] in known:
                model_of_field = model_in(known[fact["name"]][1])
                assert model_of_field is not None, (schema, fact["name"])
                visit(nested, model_of_field)

    for operation, response in RESPONSES.items():
        visit(RESPONSE_SCHEMAS[operation], response)
    return found


PAIRS = list(pairs())
MODELS = list({model: None for _, model in PAIRS})


def described(hint: Any) -> Any:
    """Return *hint* in the words of `promised`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        kinds = [described(member) for member in arguments if member is not type(None)]
        if len(kinds) == 2:
            kinds.remove("string")  # what makes an enum an open one
        (kind,) = kinds
        return (kind, "or null") if type(None) in arguments else kind
    if origin is Literal:
        return ("one of", frozenset(arguments))
    if origin is tuple:
        assert arguments[1:] == (...,)
        return ("array", described(arguments[0]))
    if origin is Mapping:
        assert arguments[0] is str
        return ("map", described(arguments[1]))
    if origin is Annotated:
        assert arguments[0] is datetime
        assert arguments[1].tz is True
        return "date-time"
    if attrs.has(hint):
        return "object"
    return {str: "string", int: "integer", bool: "boolean", Any: "any"}[hint]


def promised(fact: dict[str, Any]) -> Any:
    """Return what a fact promises of a field."""
    if fact["type"] == "array":
        kind: Any = ("array", "object" if fact["items_ref"] else fact["items"])
        if "items_enum" in fact:
            kind = ("array", ("one of", frozenset(fact["items_enum"])))
    elif fact.get("map"):
        values = {"any": "any", "string": "string", "array of string": ("array", "string")}
        kind = ("map", "object" if schema_in_map(fact) else values[fact["map_values"]])
    elif fact["enum"]:
        kind = ("one of", frozenset(fact["enum"]))
    else:
        kind = "date-time" if fact["format"] == "date-time" else fact["type"]
    return (kind, "or null") if fact["nullable"] else kind


@pytest.mark.parametrize(
    ("schema", "model"), PAIRS, ids=lambda value: getattr(value, "__name__", value)
)
def test_fields_are_those_of_the_facts(schema, model):
    """A model has the fields of each schema it stands for: name, nullability and type."""
    facts = {fact["name"]: fact for fact in SCHEMAS[schema]}
    known = wire_fields(model)

    assert facts.keys() | ADDED_FIELDS.get(model, set()) == known.keys()
    assert {name: promised(fact) for name, fact in facts.items()} == {
        name: described(hint) for name, (_, hint) in known.items() if name in facts
    }
    assert {name: attrs.NOTHING if fact["required"] else None for name, fact in facts.items()} == {
        name: attribute.default for name, (attribute, _) in known.items() if name in facts
    }


@pytest.mark.parametrize("model", MODELS)
def test_enums_are_open(model):
    """Wherever values are listed, any other string fits as well: the server may grow."""
    for _, hint in wire_fields(model).values():
        parts = [hint, *get_args(hint)]

        assert all(str in get_args(part) for part in parts if has_literal(get_args(part)))


def has_literal(arguments: tuple[Any, ...]) -> bool:
    """Return whether a closed set of values is among *arguments*."""
    return any(get_origin(argument) is Literal for argument in arguments)


def test_every_schema_has_one_model():
    """A schema is never read as two different classes."""
    assert len({schema for schema, _ in PAIRS}) == len(PAIRS)


def test_no_model_is_superfluous():
    """Every exported class is reached by an answer."""
    exported = {getattr(models, name) for name in models.__all__}

    assert {value for value in exported if attrs.has(value)} - OTHER_CLASSES == set(MODELS)


def test_same_shape_is_same_class():
    """Two classes have the same fields of the same types only where they mean different things."""
    shapes: dict[Any, set[type]] = {}
    for model in MODELS:
        shape = frozenset((name, repr(hint)) for name, (_, hint) in wire_fields(model).items())
        shapes.setdefault(shape, set()).add(model)

    assert [
        {models.EmailFactor, models.RetiredEmailAddress},
        {SCIMConnectionDeletedResponse, SSOConnectionDeletedResponse},
    ] == [twins for twins in shapes.values() if len(twins) > 1]


@pytest.mark.parametrize("model", [*MODELS, ResponseMeta])
def test_models_are_values(model):
    """Every model is frozen, slotted, keyword-only and documented."""
    instance = sample(model)

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(instance, attrs.fields(model)[0].name, None)
    with pytest.raises((AttributeError, TypeError)):
        instance.unforeseen = 1
    assert not hasattr(instance, "__dict__")
    assert all(attribute.kw_only for attribute in attrs.fields(model))
    assert (inspect.getdoc(model) or "").split("\n")[0].endswith(".")


@pytest.mark.parametrize("model", MODELS)
def test_models_pickle_and_copy(model):
    """A model survives pickle, copy and deep copy."""
    instance = sample(model)

    assert instance == pickle.loads(pickle.dumps(instance))
    assert instance == copy.copy(instance)
    assert instance == copy.deepcopy(instance)


def sample(model: type) -> Any:
    """Return an instance, every field of which is given."""
    if model is ResponseMeta:
        return received(SCIMConnectionResponse).meta
    values = {}
    for attribute, hint in wire_fields(model).values():
        values[attribute.name] = sample_value(hint, attribute.name)
    return model(**values)


def sample_value(hint: Any, name: str) -> Any:
    """Return a value that fits *hint* and tells where it stands."""
    if get_origin(hint) in (Union, UnionType):
        return sample_value(get_args(hint)[0], name)
    if get_origin(hint) is tuple:
        return (sample_value(get_args(hint)[0], name),)
    if attrs.has(hint):
        return sample(hint)
    kind = described(hint)
    return {
        "string": f"the {name}",
        "one of": f"the {name}",
        "integer": 7,
        "boolean": True,
        "date-time": datetime(2026, 5, 4, 3, 2, 1, tzinfo=timezone.utc),
        "map": {},
    }[kind if isinstance(kind, str) else kind[0]]


def secrets() -> Iterator[tuple[type, str]]:
    """Yield the fields that hold a secret by what they are called."""
    for model in MODELS:
        for attribute, hint in wire_fields(model).values():
            if (
                hint in (str, str | None, tuple[str, ...])
                and attribute.name.endswith(SECRET_ENDINGS)
                and (model, attribute.name) not in NO_SECRETS
            ) or (model, attribute.name) in MORE_SECRETS:
                yield model, attribute.name


def test_the_walk_finds_secrets():
    """What is held below is held of all the fields that carry a secret today."""
    inherited = {
        LoginResponse: {"intermediate_session_token", "session_jwt", "session_token"},
        SessionResponse: {"session_jwt", "session_token"},
        DiscoveryResponse: {"intermediate_session_token"},
    }
    logins = {
        (model, name)
        for base, names in inherited.items()
        for model in MODELS
        if issubclass(model, base)
        for name in names
    }

    assert logins | MORE_SECRETS | {
        (EncryptionPrivateKey, "private_key"),
        (IDPOAuthAuthorizeSubmitResponse, "authorization_code"),
        (OAuthProviderValues, "access_token"),
        (OAuthProviderValues, "id_token"),
        (OAuthProviderValues, "refresh_token"),
        (OIDCConnection, "client_secret"),
        (RecoveryCodesResponse, "recovery_codes"),
        (models.SCIMConnectionWithNextToken, "next_bearer_token"),
        (SCIMConnectionWithToken, "bearer_token"),
        (SessionAuthenticateResponse, "session_jwt"),
        (SessionAuthenticateResponse, "session_token"),
        (TOTPCreateResponse, "qr_code"),
        (TOTPCreateResponse, "recovery_codes"),
        (TOTPCreateResponse, "secret"),
    } == set(secrets())


@pytest.mark.parametrize(("model", "name"), list(secrets()))
def test_secrets_do_not_show(model, name):
    """A repr tells of a secret only whether there is one, or of several how many."""
    instance = sample(model)
    is_several = isinstance(getattr(instance, name), tuple)
    hidden, nothing = (("…",), ()) if is_several else ("…", "")
    without = attrs.evolve(instance, **{name: nothing})

    assert f"{name}={hidden!r}" in repr(instance)
    assert f"'the {name}'" not in repr(instance)
    assert f"{name}={nothing!r}" in repr(without)


def test_only_secrets_are_hidden():
    """What is no secret shows, names that sound like one included."""
    shown = repr(sample(SCIMAddress)) + repr(sample(SCIMConnectionResponse))

    assert "postal_code='the postal_code'" in shown
    assert "bearer_token_last_four='the bearer_token_last_four'" in shown


def test_hashable_where_all_fields_are():
    """Models hash by value; one that holds free-form JSON has no hash."""
    assert hash(sample(SCIMGroup)) == hash(sample(SCIMGroup))
    with pytest.raises(TypeError):
        hash(sample(Member))


@pytest.mark.parametrize("model", MODELS)
def test_annotations_resolve_at_run_time(model):
    """Tools that read annotations get types, not names nobody imported."""
    assert {attribute.name for attribute in attrs.fields(model)} <= get_type_hints(model).keys()


def run(code: str) -> list[str]:
    """Return the words that a fresh interpreter prints."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return result.stdout.split()


def test_modules_load_at_first_use():
    """A program pays for the models it uses and no others."""
    loaded = "print(*sorted(m for m in sys.modules if m.startswith('stytch_b2b.models.')))"

    assert [] == run(f"import sys, stytch_b2b.models; {loaded}")
    assert ["stytch_b2b.models.rbac"] == run(
        f"import sys; from stytch_b2b.models import RBACPolicy; {loaded}"
    )


def public_names() -> Iterator[str]:
    """Yield the names of classes and type aliases that the package's public modules define."""
    for info in pkgutil.iter_modules(models.__path__):
        module = importlib.import_module(f"stytch_b2b.models.{info.name}")
        aliases = [
            name for name, note in inspect.get_annotations(module).items() if note == "TypeAlias"
        ]
        classes = [
            name
            for name, value in vars(module).items()
            if inspect.isclass(value) and value.__module__ == module.__name__
        ]
        if not info.name.startswith("_"):
            yield from aliases + classes


def test_exports_are_complete():
    """Everything public in the package's modules can be had from the package itself."""
    shared = {"APIResponse", "ResponseMeta", "JSONObject", "Timestamp"}

    assert sorted(shared.union(public_names())) == sorted(models.__all__)
    assert sorted(models.__all__) == dir(models)
    assert all(hasattr(models, name) for name in models.__all__)


def test_unknown_names_are_attribute_errors():
    """A slip in a name is reported as with any module."""
    with pytest.raises(AttributeError, match=r"'stytch_b2b\.models' has no attribute"):
        _ = models.Membre


BODY = b'{"data": {"request_id": "r", "status_code": 200, "meta": 5, "new": [1]}, "also_new": 1}'


def received(model: type) -> Any:
    """Return an instance as the engine hands it out."""
    # A mapping proxy refuses to pickle, as the headers of HTTP libraries do.
    headers = MappingProxyType({"Content-Type": "application/json", "X-Secret": "hush"})
    meta = ResponseMeta(
        status_code=200,
        headers=headers,
        request_id="r",
        body=b'{"data": {"connection": {"connection_id": "hush"}}}',
        attempts=2,
        elapsed=0.25,
    )
    return attach(sample(model), meta)


def test_meta_is_no_part_of_the_value():
    """Responses are compared, shown and hashed by what the API answered, not by how it came."""
    response = received(APIResponse)

    assert sample(APIResponse) == response
    assert repr(sample(APIResponse)) == repr(response)
    assert hash(sample(APIResponse)) == hash(response)
    assert "meta" not in [attribute.name for attribute in attrs.fields(APIResponse)]


def test_meta_survives_pickle_and_copy():
    """How an answer came is kept where the answer is, with headers found in whatever case."""
    response = received(SCIMConnectionResponse)

    assert response.meta is copy.copy(response).meta
    for twin in (pickle.loads(pickle.dumps(response)), copy.deepcopy(response)):
        assert response == twin
        assert response.meta == twin.meta
        assert "application/json" == twin.meta.headers["content-TYPE"]
        assert response.raw == twin.raw


def test_meta_hides_what_may_be_secret():
    """Neither body nor headers show in the repr."""
    assert "ResponseMeta(status_code=200, request_id='r', attempts=2, elapsed=0.25)" == repr(
        received(APIResponse).meta
    )


def test_made_by_hand_has_no_meta():
    """A response that was not received says so when asked how it came."""
    with pytest.raises(AttributeError, match="this APIResponse was not received from a server"):
        _ = sample(APIResponse).meta
    assert not hasattr(sample(APIResponse), "raw")


def test_meta_in_the_body_is_not_believed():
    """A field named ``meta`` from the server does not become the response's own."""
    response = decode(BODY, APIResponse)

    assert not hasattr(response, "meta")


def test_raw_is_the_whole_body():
    """Fields that no model knows are reachable, the envelope's included."""
    response = decode(BODY, APIResponse)
    attach(response, attrs.evolve(received(APIResponse).meta, body=BODY))

    assert json.loads(BODY) == response.raw
    assert response.raw is not response.raw


def test_raw_of_no_object_is_empty():
    """Whatever was attached, `raw` answers."""
    response = attach(sample(APIResponse), attrs.evolve(received(APIResponse).meta, body=b"[]"))

    assert {} == response.raw


def test_headers_keep_the_first_of_a_name():
    """Header fields are found in whatever case and listed as they came."""
    headers = Headers({"Date": "today", "DATE": "tomorrow", "Server": "s"})

    assert "today" == headers["date"]
    assert ["Date", "Server"] == list(headers)
    assert 2 == len(headers)
    assert "age" not in headers


def test_renamed_fields_are_snake_case_in_python():
    """Names that the API writes in camel case read like all others."""
    assert {"enabled", "site_key", "provider_type"} == {
        attribute.name for attribute in attrs.fields(CaptchaSettings)
    }
