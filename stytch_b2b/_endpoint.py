"""
Endpoints: one HTTP operation each, and everything that may be asked of one.

They are declared in `stytch_b2b._async` with the decorators of `_declare`. What needs the types
of the signature resolves them at the first use, so that no model is imported before.
"""

from __future__ import annotations

import functools
import re
import typing
from collections.abc import Callable, Collection, Coroutine, Mapping
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast
from urllib.parse import quote

import attrs
import msgspec
from attrs import field, frozen

from ._arguments import PKCEFlow
from ._converter import convert, encode_json
from ._wire import path_segment
from .errors import InvalidArgumentError
from .permissions import Permission, Undocumented

if TYPE_CHECKING:
    from .models import APIResponse

Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]

PATH_FIELD = re.compile(r"{(\w+)}")
"""A field in the template of a path."""


class ActsAs(Enum):
    """Whose credentials a call needs. A session that is held is sent with every call."""

    NO_SESSION = "none"
    SESSION = "session"
    OPTIONAL_SESSION = "session_optional"
    INTERMEDIATE_SESSION = "intermediate_session"
    INTERMEDIATE_OR_FULL_SESSION = "intermediate_session_or_session"


class Retry(Enum):
    """What repeating a call would do, which decides when it is repeated."""

    READ = "read"
    """Changes nothing."""
    IDEMPOTENT = "idempotent"
    """Twice is as good as once."""
    CREATES = "creates"
    """Twice makes two, or fails because the first succeeded."""
    ENDS = "ends"
    """Twice fails: what it acts on is gone after the first."""
    SENDS_MESSAGE = "sends_message"
    """Twice sends a person two messages."""
    CONSUMES_TOKEN = "consumes_token"
    """Twice fails: what it presents works once."""

    def __init__(self, value: str) -> None:
        # An attribute rather than a property: every call asks.
        self.is_repeatable: bool = value in ("read", "idempotent")
        """Whether the call may be sent again although the first may have taken effect."""


class StateEffect(Enum):
    """What a successful call does to the state of the client."""

    NONE = "none"
    SESSION = "session"
    """The session of the response is stored."""
    SESSION_OR_INTERMEDIATE = "session_or_ist"
    """The session is stored; a login that is incomplete leaves an intermediate one instead."""
    INTERMEDIATE_ONLY = "ist_only"
    """An intermediate session replaces whatever there was."""
    CLEAR_ALL = "clear_all"
    """Session, Member, Organization, tokens and intermediate session are forgotten."""
    CLEAR_ALL_IF_SELF = "clear_all_if_self"
    """The same, if the response is about the Member who made the call."""
    UPDATE_MEMBER = "update_member_cache"
    """The cached Member is replaced."""
    UPDATE_MEMBER_IF_SELF = "update_member_cache_if_self"
    """The cached Member is replaced if the response is about that one."""
    UPDATE_ORGANIZATION = "update_organization_cache"
    """The cached Organization is replaced."""


class OnRejection(Enum):
    """What an answer that the session is gone for good does to the state of the client."""

    KEEP = "keep"
    CLEAR_SESSION = "clear_session"
    """Everything but an intermediate session is forgotten."""
    CLEAR_ALL = "clear_all"


@frozen
class PKCEChallenge:
    """Filled with the code challenge of a *flow*'s pair, which is made if there is none."""

    flow: PKCEFlow


@frozen
class PKCEVerifier:
    """Filled with the code verifier of a *flow*'s pair; success forgets the pair."""

    flow: PKCEFlow
    is_required: bool = False
    """Whether a call without verifier is pointless, and fails before it is sent."""


@frozen
class PKCEVerifierByTrial:
    """
    Filled with the code verifiers of some *flows*, one after the other until one is accepted.

    Success forgets the pair that fitted. This is for the tokens of magic links alone: a link does
    not tell which flow it belongs to, that of magic links or that of an e-mail about a password.
    """

    flows: tuple[PKCEFlow, ...]
    """In the order in which they are tried."""
    may_do_without: bool
    """
    Whether the call is sent without a verifier where none is expected: invitations expect none.

    Any other token that expects none must not be accepted without: it may be an attacker's own,
    slipped in so that the victim works in the attacker's account (login CSRF).
    """


class Fill(Enum):
    """What else the client fills in."""

    PUBLIC_TOKEN = "public_token"
    INTERMEDIATE_SESSION_TOKEN = "intermediate_session_token"
    DFP_TELEMETRY_ID = "dfp_telemetry_id"
    CAPTCHA_TOKEN = "captcha_token"


FilledBy: TypeAlias = PKCEChallenge | PKCEVerifier | PKCEVerifierByTrial | Fill

PROTECTED_AUTH: Mapping[str, Fill] = {
    "dfp_telemetry_id": Fill.DFP_TELEMETRY_ID,
    "captcha_token": Fill.CAPTCHA_TOKEN,
}
"""The parameters of every call that a project can have protected from bots."""

PROOFS = frozenset(PROTECTED_AUTH.values())
"""What proves that a call comes from a person; each value works once."""


@frozen
class Parameter:
    """One argument of an endpoint and its place in the request."""

    name: str
    place: Literal["path", "query", "body"]
    wire_name: str
    is_required: bool


@frozen
class _Check:
    """How the value of one parameter is checked."""

    parameter: Parameter
    hint: Any

    @functools.cached_property
    def _takes_any_text(self) -> bool:
        is_union = typing.get_origin(self.hint) in (typing.Union, UnionType)
        return self.hint is str or (is_union and str in typing.get_args(self.hint))

    def __call__(self, value: object) -> object:
        """
        Return *value* as a plain value.

        Raises:
            ValueError: It does not fit; or a `msgspec.ValidationError` or `TypeError`.
        """
        if self._takes_any_text and type(value) is str:
            # What most arguments are, the short way.
            value.encode()
        else:
            value = convert(value, self.hint)
            # What cannot be encoded is found here, where the argument still has a name.
            encode_json(value)
        if self.parameter.place == "path" and value in _NO_SEGMENT:
            msg = f"must name one thing; {value!r} would make another path of it"
            raise ValueError(msg)
        return value


_NO_SEGMENT = ("", ".", "..")


@frozen(eq=False)
class Endpoint:
    """Everything the request path, the sync shims, the docs and the tests ask about a call."""

    name: str
    method: Method
    path: str
    parameters: tuple[Parameter, ...]
    acts_as: ActsAs
    permission: Permission | Undocumented | None
    field_permissions: Mapping[str, Permission]
    retry: Retry
    declared_effect: StateEffect
    on_rejection: OnRejection
    repeats_if_superseded: bool
    shares_flight: bool
    filled: Mapping[str, FilledBy]
    function: Callable[..., Coroutine[Any, Any, Any]] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.method} {self.path})"

    @functools.cached_property
    def path_fields(self) -> tuple[str, ...]:
        """Names in the path's template, in order."""
        return tuple(PATH_FIELD.findall(self.path))

    @functools.cached_property
    def _path_format(self) -> str:
        return PATH_FIELD.sub("%s", self.path.replace("%", "%%"))

    @functools.cached_property
    def query_parameters(self) -> tuple[Parameter, ...]:
        """Parameters that travel in the query."""
        return tuple(p for p in self.parameters if p.place == "query")

    @functools.cached_property
    def body_parameters(self) -> tuple[Parameter, ...]:
        """Parameters that travel in the JSON body; a call with none of them sends no body."""
        return tuple(p for p in self.parameters if p.place == "body")

    @functools.cached_property
    def hints(self) -> Mapping[str, Any]:
        """The resolved annotations; ``return`` is the model of the response."""
        return typing.get_type_hints(self.function, include_extras=True)

    @functools.cached_property
    def _checks(self) -> Mapping[str, _Check]:
        return {each.name: _Check(each, self.hints[each.name]) for each in self.parameters}

    @functools.cached_property
    def response(self) -> type[APIResponse]:
        """The model of the response."""
        return cast("type[APIResponse]", self.hints["return"])

    @functools.cached_property
    def state_effect(self) -> StateEffect:
        """The declared effect, or the one that the fields of the response imply."""
        if self.declared_effect is not StateEffect.NONE:
            return self.declared_effect
        names = {attribute.name for attribute in attrs.fields(self.response)}
        return {
            (True, True): StateEffect.SESSION_OR_INTERMEDIATE,
            (True, False): StateEffect.SESSION,
            (False, True): StateEffect.INTERMEDIATE_ONLY,
            (False, False): StateEffect.NONE,
        }["member_session" in names, "intermediate_session_token" in names]

    @functools.cached_property
    def verifiers(self) -> Mapping[str, PKCEVerifier | PKCEVerifierByTrial]:
        """The parameters that end a PKCE flow."""
        return {
            name: filler
            for name, filler in self.filled.items()
            if isinstance(filler, (PKCEVerifier, PKCEVerifierByTrial))
        }

    @functools.cached_property
    def proofs(self) -> Mapping[Fill, str]:
        """The parameters that prove that the call comes from a person, by what fills them."""
        return {
            filler: name
            for name, filler in self.filled.items()
            if isinstance(filler, Fill) and filler in PROOFS
        }

    def required_permissions(self, given: Collection[str]) -> tuple[Permission, ...]:
        """
        Return the permissions needed when the arguments named in *given* are passed.

        A field's own permission stands instead of the call's for that field; the call's is
        needed when any other field is given, or none.
        """
        fields = [p.name for p in self.parameters if p.place != "path" and p.name in given]
        own = [self.field_permissions[name] for name in fields if name in self.field_permissions]
        needed = list(dict.fromkeys(own))
        if isinstance(self.permission, Permission) and (not own or len(own) < len(fields)):
            needed.insert(0, self.permission)
        return tuple(needed)

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return those of *arguments* that were given, as plain values.

        They need not be all that the endpoint has; those that are required are looked for only
        among them.

        Raises:
            InvalidArgumentError: Some do not fit. All problems are named at once.
        """
        checked: dict[str, Any] = {}
        problems: dict[str, str] = {}
        checks = self._checks
        for name, value in arguments.items():
            check = checks[name]
            if value is None and not check.parameter.is_required:
                continue
            try:
                checked[name] = check(value)
            except (msgspec.ValidationError, ValueError, TypeError, RecursionError) as error:
                problems[name] = _explained(error, value)
        if problems:
            raise InvalidArgumentError(endpoint=self.name, problems=problems)
        return checked

    def target(self, arguments: Mapping[str, Any]) -> str:
        """Return path and query for *arguments*, percent-encoded."""
        target = self.path
        if self.path_fields:
            segments = [path_segment(arguments[name]) for name in self.path_fields]
            target = self._path_format % tuple(segments)
        if self.query_parameters:
            query = "&".join(
                f"{parameter.wire_name}={_query_value(arguments[parameter.name])}"
                for parameter in self.query_parameters
                if parameter.name in arguments
            )
            target = f"{target}?{query}" if query else target
        return target

    def body(self, arguments: Mapping[str, Any]) -> bytes | None:
        """Return the JSON body for *arguments*, or ``None`` if the call has no body."""
        if not self.body_parameters:
            return None
        return encode_json(
            {
                parameter.wire_name: arguments[parameter.name]
                for parameter in self.body_parameters
                if parameter.name in arguments
            }
        )


def endpoint_of(method: object) -> Endpoint:
    """
    Return the endpoint behind a resource's *method*, async or sync.

    Raises:
        TypeError: *method* stands for no call to the API.
    """
    endpoint = getattr(method, "endpoint", None)
    if not isinstance(endpoint, Endpoint):
        msg = (
            f"expected a method that calls the API, like client.scim.update_connection: {method!r}"
        )
        raise TypeError(msg)
    return endpoint


def _explained(error: Exception, value: object) -> str:
    """Say in Python's words what is wrong with *value*."""
    text = _JSON_TYPE.sub(lambda found: _PYTHON_TYPE[found[0]], str(error)).replace("`", "")
    if text.startswith("Invalid enum value"):
        # The value follows, and text is not shown: it may be a secret.
        text = "is none of the values that are accepted"
    elif isinstance(value, (int, float)) and "got" not in text and abs(value) < _LARGEST_SHOWN:
        text += f", got {value!r}"
    return text[:1].lower() + text[1:]


_PYTHON_TYPE = {"array": "list", "object": "dict", "null": "None"}
_JSON_TYPE = re.compile(r"\b(array|object|null)\b")
_LARGEST_SHOWN = 10**18


def _query_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(str(value), safe="")
