"""
From an HTTP request to its answer.

The path of a request, top to bottom: log it, let an injected fault have it, find its operation,
authenticate the caller, check the shape of the body, the proof that no machine calls and the
permissions, run the handler. A handler that needs to know what somebody has published is run again
when that is fetched. Two have a path of their own from the operation on: browsers, which
have no credentials and no JSON, and identity providers, which speak SCIM.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from aiohttp import web
from attrs import evolve

from . import documents, scim_provider, strict_json
from .answers import JSON, Answer, merged_headers
from .browser import PAGES, Visit
from .clock import Clock
from .documents import Document, DocumentNeededError
from .errors import (
    ApiError,
    BadRequestError,
    CaptchaRequiredError,
    InternalServerError,
    InvalidAuthorizationHeaderError,
    MethodNotAllowedError,
    OrganizationSuspendedError,
    RouteNotFoundError,
    SchemaError,
    SessionNotFoundError,
    UnauthorizedCredentialsError,
    UserUnauthenticatedError,
)
from .faults import Fault, Faults
from .handlers import HANDLERS, Call
from .request_log import LoggedRequest, RequestLog
from .routes import BACKEND_ROUTES, BROWSER_ROUTES, ROUTES, SCIM_ROUTES, Match, Router
from .rules import member_changes, protected_auth, roles, sessions
from .schema import Field, check
from .scim_provider import ScimRequest
from .store import MemberSession, Store

TEXT = "text/plain; charset=utf-8"

MEMBER_API_PREFIX = "/sdk/"
"""Only below this prefix answers are wrapped in ``data`` and callers are members."""

PROOF_FIELDS = {"dfp_telemetry_id": Field("string"), "captcha_token": Field("string")}
"""What a protected operation takes beside its own fields; handlers never see it."""

_log = logging.getLogger("stytch_b2b.emulator")


class App:
    """Answers API requests; knows the store, and no sockets."""

    def __init__(self, store: Store, *, clock: Clock, faults: Faults, requests: RequestLog) -> None:
        self.text_plain_errors = False
        self._store = store
        self._clock = clock
        self._faults = faults
        self._requests = requests
        self._router = Router((*ROUTES, *BACKEND_ROUTES, *BROWSER_ROUTES, *SCIM_ROUTES))
        self._delays: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, or do to it what an injected fault says."""
        # A delay counts from here: who sees the request in the log may advance the clock at once.
        arrived = self._clock.monotonic()
        path = _path(request)
        match = self._router.match(request.method, path)
        operation = match.route.operation if match else None
        fault = self._faults.take(operation=operation, path=path)

        if fault is not None and fault.drop == "before_read":
            self._log(request, operation, b"")
            return _dropped(request)

        try:
            body = await request.read()
        except ConnectionError:
            # Whoever hangs up in the middle of a request gets no answer, and leaves no trace.
            return _dropped(request)
        except web.HTTPRequestEntityTooLarge:
            self._log(request, operation, b"")
            message = "The request body is too large."
            request_id = self._store.ids.id("request-id")
            return _sent(self._error(BadRequestError(message), request_id, request))
        self._log(request, operation, body)
        if fault is None:
            return _sent(await self.answer(request, match, body))

        if fault.handle:
            answer = _spoilt(await self.answer(request, match, body), fault)
        else:
            answer = self._answer_of(fault)
        if fault.delay is not None:
            await self._hold(arrived + fault.delay)
        if fault.drop is not None:
            return _dropped(request)
        if fault.cut_body:
            return await _cut(request, answer)
        return _sent(answer)

    def release(self) -> None:
        """Let go of every answer that a fault holds."""
        for delay in self._delays:
            delay.cancel()

    async def answer(self, request: web.BaseRequest, match: Match | None, body: bytes) -> Answer:
        """Answer a request that nothing spoils."""
        request_id = self._store.ids.id("request-id")
        fetched: dict[str, Document] = {}
        while True:
            try:
                return self._attempt(request, match, body, request_id, fetched)
            except DocumentNeededError as needed:
                # The store is free meanwhile: whoever is asked may be this emulator itself, or may
                # call it before it answers. Nothing that was checked is relied on afterwards.
                fetched[needed.url] = await documents.fetch(needed.url)

    def _attempt(
        self,
        request: web.BaseRequest,
        match: Match | None,
        body: bytes,
        request_id: str,
        fetched: Mapping[str, Document],
    ) -> Answer:
        """Answer with the documents that are there, or say which one is missing."""
        with self._store.lock:
            try:
                _check_url(request)
                if match is not None and match.route.operation in PAGES:
                    return self._page(request, match, body)
                if _is_for_scim(request, match):
                    return self._provision(request, match, body)
                return self._success(self._data(request, match, body, fetched), match, request_id)
            except DocumentNeededError:
                raise
            except ApiError as exc:
                return self._error(exc, request_id, request)
            except SchemaError as exc:
                return self._labelled(Answer.of_json(exc.body(), status=exc.status))
            except Exception:
                # The emulator is at fault; its user has to see why, and the client a proper 500.
                _log.exception("the emulator failed at %s %s", request.method, _path(request))
                return self._error(InternalServerError(), request_id, request)

    def _page(self, request: web.BaseRequest, match: Match, body: bytes) -> Answer:
        visit = Visit(
            store=self._store,
            parameters=match.parameters,
            query=_given(_query(request)),
            form=_form(body),
        )
        return PAGES[match.route.operation](visit)

    def _provision(self, request: web.BaseRequest, match: Match | None, body: bytes) -> Answer:
        asked = ScimRequest(
            operation=None if match is None else match.route.operation,
            methods=self._router.methods(_path(request)),
            parameters={} if match is None else match.parameters,
            query=_given(_query(request)),
            authorization=request.headers.get("Authorization", ""),
            content_type=request.content_type,
            body=body,
            origin=f"{request.scheme}://{request.host}",
        )
        return scim_provider.answer(self._store, asked)

    def _data(
        self,
        request: web.BaseRequest,
        match: Match | None,
        raw_body: bytes,
        fetched: Mapping[str, Document],
    ) -> dict[str, Any]:
        if match is None:
            known = self._router.methods(_path(request))
            raise MethodNotAllowedError if known else RouteNotFoundError
        route = match.route
        handler = HANDLERS[route.operation]

        session = None
        if route.path.startswith(MEMBER_API_PREFIX):
            session = self._authenticate(request, required=route.auth == "session")
        _check_content_type(request, raw_body)
        if request.method == "GET":
            body = check(handler.fields, _given(_query(request)), place="query")
        else:
            proof = PROOF_FIELDS if route.dfp_protected else {}
            fields = {**handler.fields, **proof}
            body = check(fields, _parsed(raw_body) if fields else {})
        if route.dfp_protected:
            protected_auth.check(
                self._store,
                telemetry_id=body.pop("dfp_telemetry_id", None),
                captcha_token=body.pop("captcha_token", None),
            )
        if session is not None:
            organization = self._store.organizations[session.organization_id]
            named = member_changes.named(self._store, organization, match.parameters)
            roles.authorize(
                self._store,
                self._store.members[session.member_id],
                route,
                given=body,
                target_member_id=None if named is None else named.member_id,
                session=session,
            )
        call = Call(
            store=self._store,
            session=session,
            parameters=match.parameters,
            body=body,
            base_url=f"{request.scheme}://{request.host}",
            documents=fetched,
        )
        return handler.function(call)

    def _authenticate(self, request: web.BaseRequest, *, required: bool) -> MemberSession | None:
        public_token, session_token = _credentials(request)
        if public_token != self._store.project.public_token:
            raise UnauthorizedCredentialsError
        if session_token in ("", public_token):
            if required:
                raise UserUnauthenticatedError
            return None
        try:
            return sessions.get(self._store, session_token)
        except (OrganizationSuspendedError, SessionNotFoundError):
            # Somebody whose session has ended must still be able to log in again, or elsewhere.
            if required:
                raise
            return None

    def _success(self, data: dict[str, Any], match: Match | None, request_id: str) -> Answer:
        complete = {"request_id": request_id, "status_code": 200, **data}
        if match is not None and match.route.path.startswith(MEMBER_API_PREFIX):
            return Answer.of_json({"data": complete})
        return Answer.of_json(complete)

    def _error(self, exc: ApiError, request_id: str, request: web.BaseRequest) -> Answer:
        if isinstance(exc, CaptchaRequiredError) and (
            self._store.project.captcha_challenge == "text"
        ):
            return Answer(status=exc.status, headers={"Content-Type": TEXT}, body=str(exc).encode())
        headers: dict[str, str] = {}
        if isinstance(exc, MethodNotAllowedError):
            headers["Allow"] = ", ".join(self._router.methods(_path(request)))
        answer = Answer.of_json(exc.body(request_id), status=exc.status, headers=headers)
        return self._labelled(answer)

    def _labelled(self, answer: Answer) -> Answer:
        if self.text_plain_errors:
            return evolve(answer, headers=merged_headers(answer.headers, {"Content-Type": TEXT}))
        return answer

    def _answer_of(self, fault: Fault) -> Answer:
        status = fault.status if fault.status is not None else 200
        headers = merged_headers({"Content-Type": JSON}, fault.headers)
        body = fault.own_body(self._store.ids.id("request-id"))
        return Answer(status=status, headers=headers, body=body)

    async def _hold(self, deadline: float) -> None:
        delay = asyncio.ensure_future(self._clock.sleep_until(deadline))
        self._delays.add(delay)
        try:
            await asyncio.wait([delay])
        finally:
            self._delays.discard(delay)
            delay.cancel()

    def _log(self, request: web.BaseRequest, operation: str | None, body: bytes) -> None:
        logged = LoggedRequest(
            method=request.method,
            path=request.raw_path,
            operation=operation,
            headers=request.headers,
            body=body,
        )
        self._requests.append(logged)


def _path(request: web.BaseRequest) -> str:
    return request.raw_path.partition("?")[0]


def _is_for_scim(request: web.BaseRequest, match: Match | None) -> bool:
    """Tell whether an identity provider is to be answered, be it that there is nothing there."""
    if match is None:
        return _path(request).startswith(scim_provider.PREFIX)
    return match.route.operation in scim_provider.OPERATIONS


def _query(request: web.BaseRequest) -> str:
    return request.raw_path.partition("?")[2]


def _check_url(request: web.BaseRequest) -> None:
    try:
        unquote_to_bytes(request.raw_path).decode()
    except UnicodeError:
        message = "The URL is not UTF-8."
        raise BadRequestError(message) from None


def _given(encoded: str) -> dict[str, str]:
    """Return the first value of each name: a later one must not replace what was checked."""
    given: dict[str, str] = {}
    for name, value in parse_qsl(encoded, errors="strict"):
        given.setdefault(name, value)
    return given


def _form(body: bytes) -> dict[str, str]:
    try:
        return _given(body.decode())
    except UnicodeError:
        message = "The form is not UTF-8."
        raise BadRequestError(message) from None


def _credentials(request: web.BaseRequest) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise InvalidAuthorizationHeaderError
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        raise InvalidAuthorizationHeaderError from None
    if not colon:
        raise InvalidAuthorizationHeaderError
    return user, password


def _check_content_type(request: web.BaseRequest, body: bytes) -> None:
    sent = request.headers.get("Content-Type")
    if sent is None and not body:
        return
    # The API takes no parameters here: a charset, though it says nothing, is refused.
    if sent != JSON:
        message = f"The Content-Type must be exactly {JSON}."
        raise BadRequestError(message)


def _parsed(body: bytes) -> Any:
    try:
        return strict_json.parsed(body or b"{}")
    except ValueError:
        message = "The request body is not JSON."
        raise BadRequestError(message) from None


def _spoilt(answer: Answer, fault: Fault) -> Answer:
    return Answer(
        status=answer.status if fault.status is None else fault.status,
        headers=merged_headers(answer.headers, fault.headers),
        body=answer.body if fault.body is None else fault.body,
    )


def _sent(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


def _dropped(request: web.BaseRequest) -> web.StreamResponse:
    request.protocol.force_close()
    # Never sent: the connection is gone, and aiohttp ends the request at the first write.
    return web.StreamResponse()


async def _cut(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    headers = merged_headers(answer.headers, {"Content-Length": str(len(answer.body))})
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.force_close()
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    return response
