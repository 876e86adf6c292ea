"""
The control plane: arrange and inspect the emulator over HTTP, from any language.

It has no credentials, so it answers only to programs on this machine: requests must name a
loopback host, and pages of other web origins are refused.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from aiohttp import web

from . import shapes
from .errors import (
    ApiError,
    BadRequestError,
    ControlPlaneRefusedError,
    MethodNotAllowedError,
    RouteNotFoundError,
)

if TYPE_CHECKING:
    from .server import Emulator

CONTROL_PREFIX = "/_emulator/"

Command = Callable[[Mapping[str, Any]], Any]


class ControlPlane:
    """
    Everything below ``/_emulator/``.

    Args:
        emulator: What is controlled.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._commands: Mapping[str, Mapping[str, Command]] = {
            "": {"GET": self._describe},
            "reset": {"POST": self._reset},
            "organizations": {"POST": self._create_organization},
            "members": {"POST": self._create_member},
            "sessions": {"POST": self._create_session},
            "sso_connections": {"POST": self._create_sso_connection},
            "totp": {"GET": self._totp_code, "POST": self._enroll_totp},
            "phones": {"POST": self._enroll_phone},
            "lock_policy": {"POST": self._set_lock_policy},
            "passwords": {"POST": self._set_password},
            "cross_organization_passwords": {"POST": self._set_cross_organization_passwords},
            "redirect_urls": {
                "POST": self._register_redirect_url,
                "DELETE": self._unregister_redirect_url,
            },
            "sandbox_values": {"POST": self._enable_sandbox_values},
            "bootstrap": {"POST": _seeding(emulator.set_bootstrap)},
            "policy": {"POST": _seeding(emulator.set_policy)},
            "connected_apps": {"POST": _seeding(emulator.create_connected_app, "client_id")},
            "access_tokens": {"POST": _seeding(emulator.create_access_token, "access_token")},
            "id_tokens": {"POST": _seeding(emulator.create_id_token, "id_token")},
            "trusted_token_profiles": {
                "POST": _seeding(emulator.create_trusted_token_profile, "profile_id")
            },
            "trusted_tokens": {"POST": _seeding(emulator.trusted_token, "token")},
            "impersonation_tokens": {
                "POST": _seeding(emulator.create_impersonation_token, "impersonation_token")
            },
            "protected_auth": {"POST": _seeding(emulator.set_protected_auth)},
            "telemetry_ids": {"POST": _seeding(emulator.create_telemetry_id, "telemetry_id")},
            "captcha_tokens": {"POST": _seeding(emulator.create_captcha_token, "captcha_token")},
            "outbox": {"GET": self._outbox, "DELETE": self._clear_outbox},
            "clock": {"GET": self._clock, "POST": self._advance},
            "faults": {"POST": self._add_fault, "DELETE": self._clear_faults},
            "requests": {"GET": self._requests, "DELETE": self._clear_requests},
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
        except (AttributeError, LookupError, TypeError, ValueError) as exc:
            # The commands take keyword arguments: a wrong name or value is the caller's mistake.
            return _json(BadRequestError(str(exc)).body(""), status=BadRequestError.status)
        return _json({} if answer is None else answer)

    def _command(self, request: web.BaseRequest) -> Command:
        name = request.raw_path.partition("?")[0].removeprefix(CONTROL_PREFIX)
        if name not in self._commands:
            raise RouteNotFoundError
        methods = self._commands[name]
        if request.method not in methods:
            raise MethodNotAllowedError
        return methods[request.method]

    def _describe(self, arguments: Mapping[str, Any]) -> Any:
        return {
            "url": self._emulator.url,
            "public_token": self._emulator.public_token,
            "project_id": self._emulator.project_id,
            "secret": self._emulator.secret,
            "commands": {
                f"{CONTROL_PREFIX}{name}": sorted(methods)
                for name, methods in self._commands.items()
            },
        }

    def _reset(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.reset()

    def _create_organization(self, arguments: Mapping[str, Any]) -> Any:
        created = self._emulator.create_organization(**arguments)
        return {
            "organization_id": created.organization_id,
            "organization_name": created.organization_name,
            "organization_slug": created.organization_slug,
        }

    def _create_member(self, arguments: Mapping[str, Any]) -> Any:
        created = self._emulator.create_member(**arguments)
        return {
            "member_id": created.member_id,
            "organization_id": created.organization_id,
            "email_address": created.email_address,
        }

    def _create_session(self, arguments: Mapping[str, Any]) -> Any:
        signed_in = self._emulator.sign_in(**arguments)
        return {
            "organization_id": signed_in.organization_id,
            "member_id": signed_in.member_id,
            "member_session_id": signed_in.member_session_id,
            "session_token": signed_in.session_token,
            "session_jwt": signed_in.session_jwt,
        }

    def _enroll_totp(self, arguments: Mapping[str, Any]) -> Any:
        registration = self._emulator.enroll_totp(**arguments)
        return {
            "totp_registration_id": registration.registration_id,
            "secret": registration.secret,
        }

    def _totp_code(self, arguments: Mapping[str, Any]) -> Any:
        return {"code": self._emulator.totp_code(**arguments)}

    def _enroll_phone(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.enroll_phone(**arguments)

    def _set_lock_policy(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.set_lock_policy(**arguments)

    def _set_password(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.set_password(**arguments)

    def _set_cross_organization_passwords(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.set_cross_organization_passwords(**arguments)

    def _register_redirect_url(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.register_redirect_url(arguments["url"], *arguments.get("types", ()))

    def _unregister_redirect_url(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.unregister_redirect_url(arguments["url"], *arguments.get("types", ()))

    def _enable_sandbox_values(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.enable_sandbox_values()

    def _create_sso_connection(self, arguments: Mapping[str, Any]) -> Any:
        created = self._emulator.create_sso_connection(**arguments)
        return {
            "connection_id": created.connection_id,
            "organization_id": created.organization_id,
            "display_name": created.display_name,
        }

    def _outbox(self, arguments: Mapping[str, Any]) -> Any:
        wanted = arguments.get("to")
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
                if wanted in (None, message.to)
            ]
        }

    def _clear_outbox(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.outbox.clear()

    def _clock(self, arguments: Mapping[str, Any]) -> Any:
        return {"now": self._emulator.clock.now().isoformat()}

    def _advance(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.clock.advance(**arguments)
        return self._clock({})

    def _add_fault(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.faults.add(**arguments)

    def _clear_faults(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.faults.clear()

    def _requests(self, arguments: Mapping[str, Any]) -> Any:
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

    def _clear_requests(self, arguments: Mapping[str, Any]) -> Any:
        self._emulator.requests.clear()


def _seeding(method: Callable[..., object], *names: str) -> Command:
    """
    Return the command that calls a method of the emulator with the arguments of the body.

    Args:
        method: Takes keyword arguments.

        *names: What of its result is answered: attributes, or the one name of a string.
    """

    def command(arguments: Mapping[str, Any]) -> Any:
        result = method(**arguments)
        if isinstance(result, str):
            return dict.fromkeys(names, result)
        return {name: getattr(result, name) for name in names}

    return command


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
    arguments = json.loads(body or b"{}")
    if not isinstance(arguments, dict):
        message = "The body must be a JSON object."
        raise BadRequestError(message)
    return cast("dict[str, Any]", arguments)


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.json_response(body, status=status)
