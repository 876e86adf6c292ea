"""
The control plane: arrange and inspect the emulator over HTTP, from any language.

It has no credentials, so it answers only to programs on this machine: requests must name a
loopback host, and pages of other web origins are refused.
"""

from __future__ import annotations

import inspect
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, cast, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from aiohttp import web
from attrs import frozen

from . import shapes, strict_json
from .errors import (
    ApiError,
    BadRequestError,
    ControlPlaneRefusedError,
    MethodNotAllowedError,
    RouteNotFoundError,
)
from .store import RedirectType
from .typed import fits

if TYPE_CHECKING:
    from .server import Emulator

CONTROL_PREFIX = "/_emulator/"

_MODULE = re.compile(r"(?:\w+\.)+(?=[A-Z])")


@frozen
class Command:
    """A method that takes its arguments from the body of a request, or from the query of a GET."""

    method: Callable[..., object]

    names: Sequence[str] = ()
    """What of the result is answered: attributes, or the one name of a text."""

    def __call__(self, arguments: Mapping[str, object]) -> object:
        """
        Run the method; return what is answered.

        Raises:
            TypeError: It has no such argument, or one of them is something else.
        """
        hints = get_type_hints(self.method)
        for name, value in arguments.items():
            if name in hints and not fits(value, hints[name]):
                msg = f"{name} is something else: {', '.join(self.arguments)}"
                raise TypeError(msg)
        result = self.method(**arguments)
        if isinstance(result, str):
            return dict.fromkeys(self.names, result)
        if self.names:
            return {name: getattr(result, name) for name in self.names}
        return result or {}

    @property
    def arguments(self) -> list[str]:
        """What it takes, as Python would write it."""
        hints = get_type_hints(self.method)
        return [
            str(parameter.replace(annotation=_AsWritten(_written(hints[name]))))
            for name, parameter in inspect.signature(self.method).parameters.items()
        ]


class _AsWritten(str):
    """An annotation that a signature prints as it is."""

    __slots__ = ()

    __repr__ = str.__str__


def _written(hint: Any) -> str:
    # Python 3.10 makes Optional[...] of what has None as its default.
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(map(_written, get_args(hint)))
    if hint is type(None):
        return "None"
    return _MODULE.sub("", inspect.formatannotation(hint))


class ControlPlane:
    """
    Everything below ``/_emulator/``.

    Args:
        emulator: What is controlled.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        organization = ("organization_id", "organization_name", "organization_slug")
        member = ("member_id", "organization_id", "email_address")
        session = (
            "organization_id",
            "member_id",
            "member_session_id",
            "session_token",
            "session_jwt",
        )
        connection = ("connection_id", "organization_id", "display_name")
        self._commands: Mapping[str, Mapping[str, Command]] = {
            "": {"GET": Command(self._describe)},
            "reset": {"POST": Command(emulator.reset)},
            "organizations": {
                "POST": Command(emulator.create_organization, organization),
                "PUT": Command(emulator.update_organization, organization),
            },
            "custom_roles": {"POST": Command(emulator.set_custom_roles)},
            "members": {
                "POST": Command(emulator.create_member, member),
                "PUT": Command(emulator.update_member, member),
            },
            "sessions": {"POST": Command(emulator.sign_in, session)},
            "totp": {
                "GET": Command(emulator.totp_code, ["code"]),
                "POST": Command(self._enroll_totp),
            },
            "phones": {"POST": Command(emulator.enroll_phone)},
            "passwords": {"POST": Command(emulator.set_password)},
            "cross_organization_passwords": {
                "POST": Command(emulator.set_cross_organization_passwords)
            },
            "lock_policy": {"POST": Command(emulator.set_lock_policy)},
            "sso_connections": {"POST": Command(emulator.create_sso_connection, connection)},
            "external_sso_connections": {
                "POST": Command(emulator.create_external_sso_connection, connection)
            },
            "scim_connections": {"POST": Command(emulator.create_scim_connection, connection)},
            "scim_groups": {
                "POST": Command(emulator.create_scim_group, ["group_id", "group_name"])
            },
            "google_client_id": {"POST": Command(emulator.set_google_client_id)},
            "google_id_tokens": {"POST": Command(emulator.google_id_token, ["id_token"])},
            "redirect_urls": {
                "POST": Command(self._register_redirect_url),
                "DELETE": Command(self._unregister_redirect_url),
            },
            "sandbox_values": {"POST": Command(emulator.enable_sandbox_values)},
            "bootstrap": {"POST": Command(emulator.set_bootstrap)},
            "policy": {"POST": Command(emulator.set_policy)},
            "connected_apps": {"POST": Command(emulator.create_connected_app, ["client_id"])},
            "connected_app_id_tokens": {"POST": Command(emulator.create_id_token, ["id_token"])},
            "access_tokens": {"POST": Command(emulator.create_access_token, ["access_token"])},
            "trusted_token_profiles": {
                "POST": Command(emulator.create_trusted_token_profile, ["profile_id"])
            },
            "trusted_tokens": {"POST": Command(emulator.trusted_token, ["token"])},
            "impersonation_tokens": {
                "POST": Command(emulator.create_impersonation_token, ["impersonation_token"])
            },
            "protected_auth": {"POST": Command(emulator.set_protected_auth)},
            "telemetry_ids": {"POST": Command(emulator.create_telemetry_id, ["telemetry_id"])},
            "captcha_tokens": {"POST": Command(emulator.create_captcha_token, ["captcha_token"])},
            "outbox": {"GET": Command(self._outbox), "DELETE": Command(emulator.outbox.clear)},
            "clock": {"GET": Command(self._clock), "POST": Command(self._advance)},
            "faults": {
                "POST": Command(emulator.faults.add),
                "DELETE": Command(emulator.faults.clear),
            },
            "requests": {
                "GET": Command(self._requests),
                "DELETE": Command(emulator.requests.clear),
            },
        }

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Run one command."""
        try:
            _check_origin(request)
            command = self._command(request)
            body = await request.read()
            answer = command(request.query if request.method == "GET" else _parsed(body))
        except ApiError as exc:
            return _json(exc.body(""), status=exc.status)
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as exc:
            # The commands take keyword arguments: a wrong name or value is the caller's mistake.
            return _json(BadRequestError(str(exc)).body(""), status=BadRequestError.status)
        return _json(answer)

    def _command(self, request: web.BaseRequest) -> Command:
        name = request.raw_path.partition("?")[0].removeprefix(CONTROL_PREFIX)
        if name not in self._commands:
            raise RouteNotFoundError
        methods = self._commands[name]
        if request.method not in methods:
            raise MethodNotAllowedError
        return methods[request.method]

    def _describe(self) -> dict[str, Any]:
        return {
            "url": self._emulator.url,
            "public_token": self._emulator.public_token,
            "project_id": self._emulator.project_id,
            "secret": self._emulator.secret,
            "commands": {
                f"{CONTROL_PREFIX}{name}": {
                    method: command.arguments for method, command in methods.items()
                }
                for name, methods in self._commands.items()
            },
        }

    def _enroll_totp(self, member: str) -> dict[str, Any]:
        registration = self._emulator.enroll_totp(member)
        return {
            "totp_registration_id": registration.registration_id,
            "secret": registration.secret,
        }

    def _register_redirect_url(self, url: str, types: Sequence[RedirectType] = ()) -> None:
        self._emulator.register_redirect_url(url, *types)

    def _unregister_redirect_url(self, url: str, types: Sequence[RedirectType] = ()) -> None:
        self._emulator.unregister_redirect_url(url, *types)

    def _outbox(self, to: str | None = None) -> dict[str, Any]:
        return {
            "messages": [
                {
                    "kind": message.kind,
                    "to": message.to,
                    "organization_id": message.organization_id,
                    "url": message.url,
                    "token": message.token,
                    "login_url": message.login_url,
                    "code": message.code,
                    "sent_at": shapes.timestamp(message.sent_at),
                }
                for message in self._emulator.outbox
                if to in (None, message.to)
            ]
        }

    def _clock(self) -> dict[str, Any]:
        return {"now": self._emulator.clock.now().isoformat()}

    def _advance(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0
    ) -> dict[str, Any]:
        self._emulator.clock.advance(seconds=seconds, minutes=minutes, hours=hours)
        return self._clock()

    def _requests(self) -> dict[str, Any]:
        return {
            "requests": [
                {
                    "method": request.method,
                    "path": request.path,
                    "operation": request.operation,
                    "headers": [[name, value] for name, value in request.headers.items()],
                    "body": request.body.decode(errors="replace"),
                }
                for request in self._emulator.requests
            ]
        }


def _check_origin(request: web.BaseRequest) -> None:
    # A page of another site can make a browser resolve that site's name to 127.0.0.1; the Host
    # header then still carries the name. And it can send simple requests, whose Origin tells.
    if not _is_loopback(request.headers.get("Host", "")):
        raise ControlPlaneRefusedError
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers["Host"]:
        raise ControlPlaneRefusedError
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise ControlPlaneRefusedError


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _parsed(body: bytes) -> dict[str, Any]:
    arguments = strict_json.parsed(body or b"{}")
    if not isinstance(arguments, dict):
        message = "The body must be a JSON object."
        raise BadRequestError(message)
    return cast("dict[str, Any]", arguments)


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)
