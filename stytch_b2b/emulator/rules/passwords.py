"""
Passwords: compared, and replaced by whoever knows the present one or is logged in.

Whether a person has one password for every organization or one for each is a setting of the
project. Here it is one for every organization unless a test says otherwise, because only then is
there a password that can be asked for before an organization is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ..errors import (
    CannotResetPasswordWithExistingPasswordError,
    CrossOrgPasswordsEnabledError,
    CrossOrgPasswordsNotEnabledError,
    InsufficientFactorsError,
    MemberPasswordNotFoundError,
    MemberResetPasswordError,
    SessionTooOldToResetPasswordError,
    UnauthorizedCredentialsError,
)
from ..store import Member, MemberSession, Password, Store, Stranger
from . import (
    discovery,
    factors,
    lockout,
    logins,
    members,
    organizations,
    proofs,
    sessions,
    strength,
)

FRESH_SESSION = timedelta(minutes=5)
"""How long ago a factor may have been proved for a session to reset the password."""


def of(store: Store, member: Member) -> Password | None:
    """Return the password that a member logs in with, if there is one."""
    if store.project.cross_organization_passwords:
        return store.passwords.get(member.email_address)
    return member.password


def put(store: Store, member: Member, value: str) -> None:
    """Set a member's password, good or bad, without any check."""
    if store.project.cross_organization_passwords:
        store.passwords[member.email_address] = _new(store, value)
    else:
        member.password = _new(store, value)


def set_cross_organization(store: Store, enabled: bool) -> None:
    """
    Choose whether a person has one password for every organization, as the dashboard does it.

    Raises:
        ValueError: There are passwords already, which would be lost.
    """
    if enabled == store.project.cross_organization_passwords:
        return
    if store.passwords or any(member.password for member in store.members.values()):
        msg = "whether passwords hold across organizations cannot change once there are any"
        raise ValueError(msg)
    store.project.cross_organization_passwords = enabled


def authenticate(
    store: Store,
    *,
    organization_id: str,
    email_address: str,
    password: str,
    duration_minutes: int,
    earlier: proofs.Earlier,
) -> logins.Login:
    """
    Log in with a password.

    Where the organization does not allow passwords, a right one is not enough: the login goes on
    with another method.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        MemberPasswordNotFoundError: There is no such member, or the member has no password.
        UserLockLimitReachedError: The member is locked.
        UnauthorizedCredentialsError: The password is another one.
        MemberResetPasswordError: It is right, but known from a breach.
        ApiError: The duration or the intermediate session does not fit.
    """
    member = _member_with_password(
        store, organization_id=organization_id, email_address=email_address, password=password
    )
    return logins.complete(
        store,
        member,
        proved=[factors.password(store)],
        duration_minutes=duration_minutes,
        earlier=earlier,
    )


def reset_by_existing_password(
    store: Store,
    *,
    organization_id: str,
    email_address: str,
    existing_password: str,
    new_password: str,
    duration_minutes: int,
) -> logins.Login:
    """
    Exchange a password for another one, and log in with it; every other session ends.

    Raises:
        OrganizationNotFoundError: There is no such organization.
        MemberPasswordNotFoundError: There is no such member, or the member has no password.
        UserLockLimitReachedError: The member is locked.
        UnauthorizedCredentialsError: The present password is another one.
        MemberResetPasswordError: It is right, but known from a breach.
        AuthMethodNotAllowedError: The organization does not allow passwords.
        BreachedPasswordError: The new password is known from a breach.
        WeakPasswordError: It does not satisfy the policy of the project.
        CannotResetPasswordWithExistingPasswordError: It is the present one.
        InvalidSessionDurationError: The duration is outside of what the API allows.
    """
    member = _member_with_password(
        store,
        organization_id=organization_id,
        email_address=email_address,
        password=existing_password,
    )
    check_method(store, member)
    check_new(store, new_password, email_address=member.email_address, present=of(store, member))
    login = logins.complete(
        store,
        member,
        proved=[factors.password(store)],
        duration_minutes=duration_minutes,
        earlier=proofs.Earlier(),
    )
    change(store, member, new_password, keep=login)
    return login


def reset_by_session(store: Store, session: MemberSession, password: str) -> logins.Login:
    """
    Set a new password for the member who calls; every other session of the member ends.

    A session that lies about for long says little about who uses it, so a factor must have been
    proved just now. And a password for every organization takes a proof that counts in each: the
    identity provider of one may claim any address.

    Raises:
        SessionNotMutableError: Somebody acts in the member's place.
        InsufficientFactorsError: No factor counts wherever the password will.
        SessionTooOldToResetPasswordError: No factor was proved in the last five minutes.
        AuthMethodNotAllowedError: The organization does not allow passwords.
        BreachedPasswordError: The password is known from a breach.
        WeakPasswordError: It does not satisfy the policy of the project.
        CannotResetPasswordWithExistingPasswordError: It is the present one.
    """
    member = store.members[session.member_id]
    sessions.check_mutable(session.factors)
    is_for_all = store.project.cross_organization_passwords
    if is_for_all and not proofs.is_known_everywhere(session.factors):
        raise InsufficientFactorsError
    since = store.clock.now() - FRESH_SESSION
    if not any(factor.last_authenticated_at >= since for factor in session.factors):
        raise SessionTooOldToResetPasswordError
    check_method(store, member)
    check_new(store, password, email_address=member.email_address, present=of(store, member))
    login = logins.Login(
        member=member,
        organization=store.organizations[member.organization_id],
        session=session,
    )
    change(store, member, password, keep=login)
    sessions.touch(store, session, duration_minutes=None)
    return login


def authenticate_discovery(
    store: Store, *, email_address: str, password: str
) -> discovery.Discovery:
    """
    Begin a login with the password that a person has for every organization.

    Raises:
        CrossOrgPasswordsNotEnabledError: The project has one password for each organization.
        MemberPasswordNotFoundError: There is no password for the address.
        UserLockLimitReachedError: A member with the address is locked, or the address itself.
        UnauthorizedCredentialsError: The password is another one.
        MemberResetPasswordError: It is right, but known from a breach.
    """
    check_cross_organization(store)
    email_address = members.normal_email(email_address)
    _compare(
        store,
        lockout.guessed(store, email_address),
        known=store.passwords.get(email_address),
        given=password,
    )
    return discovery.begin(store, email_address=email_address, proved=[factors.password(store)])


def check_cross_organization(store: Store) -> None:
    """
    Check that a person has a password before an organization is chosen.

    Raises:
        CrossOrgPasswordsNotEnabledError: The project has one password for each organization.
    """
    if not store.project.cross_organization_passwords:
        raise CrossOrgPasswordsNotEnabledError


def check_method(store: Store, member: Member) -> None:
    """
    Check that a password is of any use to a member.

    Raises:
        AuthMethodNotAllowedError: The organization does not allow passwords.
    """
    organization = store.organizations[member.organization_id]
    organizations.check_may_use(organization, member, "password")


def check_new(store: Store, password: str, *, email_address: str, present: Password | None) -> None:
    """
    Check that a password may take the place of the present one, if there is one.

    Raises:
        BreachedPasswordError: It is known from a breach.
        WeakPasswordError: It does not satisfy the policy of the project.
        CannotResetPasswordWithExistingPasswordError: It is the present one.
    """
    strength.check(store, password, email_address=email_address)
    if present is not None and present.value == password:
        raise CannotResetPasswordWithExistingPasswordError


def change(store: Store, member: Member, password: str, *, keep: logins.Login) -> None:
    """Set a password, and end whatever may rest on the old one, but the login *keep*."""
    if store.project.cross_organization_passwords:
        change_everywhere(store, member.email_address, password, keep=keep)
    else:
        put(store, member, password)
        _end_others(store, member.email_address, [member], keep)


def change_everywhere(
    store: Store, email_address: str, password: str, *, keep: logins.Login | None = None
) -> None:
    """Set a person's password for every organization, and end likewise what is there."""
    store.passwords[email_address] = _new(store, password)
    _end_others(store, email_address, members.of_person(store, email_address), keep)


def delete(store: Store, member: Member) -> None:
    """
    Delete a member's password; sessions stay.

    Raises:
        CrossOrgPasswordsEnabledError: It is the person's in every organization.
    """
    if store.project.cross_organization_passwords:
        raise CrossOrgPasswordsEnabledError
    member.password = None


def follow(store: Store, member: Member, *, old_address: str) -> None:
    """
    Keep a person's password for every organization with the person, whose address has changed.

    It stays behind where somebody else has the old address, and is forgotten where somebody else
    has the new one: no organization gives its password to whom it does not know.
    """
    if any(other is not member for other in members.of_person(store, old_address)):
        return
    password = store.passwords.pop(old_address, None)
    others = [one for one in members.of_person(store, member.email_address) if one is not member]
    if password is not None and not others:
        store.passwords.setdefault(member.email_address, password)


def _end_others(
    store: Store, email_address: str, people: Sequence[Member], keep: logins.Login | None
) -> None:
    """
    End what may rest on an old password: sessions, logins that have begun, and other reset links.

    Args:
        store: Where everything is.

        email_address: Whose password it was.

        people: Whom it logged in.

        keep: The login that goes on with the new password.
    """
    for member in people:
        sessions.revoke_all_of(store, member, but=keep.session if keep else None)
    places = {None, *(member.organization_id for member in people)}
    for intermediate in [*store.intermediate_sessions.values()]:
        rests_on_it = (
            intermediate.email_address == email_address
            and intermediate.organization_id in places
            and any(factor.type == "password" for factor in intermediate.factors)
        )
        if rests_on_it and not (keep and intermediate is keep.intermediate):
            sessions.end_intermediate(store, intermediate)
    member_ids = {None, *(member.member_id for member in people)}
    for link in store.password_resets.values():
        if link.email_address == email_address and link.member_id in member_ids:
            link.used = True


def _member_with_password(
    store: Store, *, organization_id: str, email_address: str, password: str
) -> Member:
    organization = organizations.get(store, organization_id)
    member = members.find_by_email(store, organization, members.normal_email(email_address))
    # The same answer for somebody unknown and for a member without: who asks learns no names.
    if member is None or member.status == "deleted":
        raise MemberPasswordNotFoundError
    _compare(store, [member], known=of(store, member), given=password)
    return member


def _compare(
    store: Store, guessed: Sequence[Member | Stranger], *, known: Password | None, given: str
) -> None:
    """Compare a password, on account of everybody whom it would log in."""
    if known is None:
        raise MemberPasswordNotFoundError
    for each in guessed:
        lockout.check(store, each)
    if known.value != given:
        for each in guessed:
            lockout.note_failure(store, each)
        raise UnauthorizedCredentialsError
    if strength.is_breached(given):
        raise MemberResetPasswordError


def _new(store: Store, value: str) -> Password:
    return Password(password_id=store.ids.id("member-password"), value=value)
