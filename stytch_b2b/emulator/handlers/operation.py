"""What a handler is, what it gets, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from attrs import field, frozen

from ..documents import Document, DocumentNeededError
from ..errors import UserUnauthenticatedError
from ..rules import members, organizations, proofs, second_factors, sessions
from ..schema import Field
from ..store import Member, MemberSession, Organization, Store

SOME_OR_NONE = Field("string", choices=("ALL_ALLOWED", "RESTRICTED", "NOT_ALLOWED"))
ALL_OR_SOME = Field("string", choices=("ALL_ALLOWED", "RESTRICTED"))
MFA_ENROLLMENT = Field("string", choices=get_args(second_factors.MFAEnrollment))


@frozen(kw_only=True)
class Call:
    """One call, with its parameters parsed and its permissions checked."""

    store: Store

    session: MemberSession | None
    """Whose call it is; None if nobody is logged in."""

    parameters: Mapping[str, str] = field(repr=False)
    """What the path names."""

    body: Mapping[str, Any] = field(repr=False)
    """The fields given, and no others."""

    base_url: str
    """Where the caller reached the emulator."""

    documents: Mapping[str, Document] = field(factory=dict[str, Document], repr=False)
    """What was fetched for the call so far, by URL."""

    def document(self, url: str) -> Document:
        """
        Return what is at a URL.

        An operation asks before it changes anything, for it is run again after this error.

        Raises:
            DocumentNeededError: Nobody has fetched it yet.
        """
        if url not in self.documents:
            raise DocumentNeededError(url)
        return self.documents[url]

    @property
    def member_session(self) -> MemberSession:
        """The session, for an operation that cannot be called without."""
        if self.session is None:
            raise UserUnauthenticatedError
        return self.session

    @property
    def duration_minutes(self) -> int:
        """The life that a session is to have, for an operation that starts or extends one."""
        minutes: int = self.body.get("session_duration_minutes", sessions.DEFAULT_DURATION_MINUTES)
        return minutes

    @property
    def earlier(self) -> proofs.Earlier:
        """What the caller had proved before, for an operation that adds a factor to it."""
        return proofs.Earlier(
            session=self.session,
            intermediate_session_token=self.body.get("intermediate_session_token"),
        )

    @property
    def named_member(self) -> Member:
        """
        The member whom the body names, for an operation on a login that is not complete.

        Strangers learn nothing of who is there: the call has to come of a login.
        """
        proofs.check_begun(self.store, self.earlier)
        organization = organizations.get(self.store, self.body["organization_id"])
        return members.get(self.store, organization, self.body["member_id"])

    @property
    def target(self) -> Member:
        """The member whom the path names, for an operation on another or on oneself."""
        return members.get(self.store, self.organization, self.parameters["member_id"])

    @property
    def member(self) -> Member:
        """The calling member."""
        return self.store.members[self.member_session.member_id]

    @property
    def organization(self) -> Organization:
        """The calling member's organization."""
        return self.store.organizations[self.member_session.organization_id]


Function = Callable[[Call], dict[str, Any]]


@frozen
class Handler:
    """The function that answers an operation, and the shape of the body that it takes."""

    function: Function
    fields: Mapping[str, Field]


HANDLERS: dict[str, Handler] = {}
"""By operation."""


def operation(name: str, /, **fields: Field) -> Callable[[Function], Function]:
    """
    Make a function the handler of an operation.

    Args:
        name: As in the table of routes.

        **fields: The fields of the request body.
    """

    def register(function: Function) -> Function:
        HANDLERS[name] = Handler(function, fields)
        return function

    return register
