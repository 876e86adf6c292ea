"""The Member that the client acts as."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from stytch_b2b import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NoSessionError,
    NotFoundError,
    SessionState,
    StytchAPIError,
)
from stytch_b2b.emulator import Emulator
from tests.api.support import operations

pytestmark = pytest.mark.anyio


async def test_get(admin, emulator, admin_session) -> None:
    """
    The Member comes back and is kept; nothing else of the state changes.
    """
    await admin.session.authenticate()
    before = admin.state
    emulator.update_member(admin_session.member_id, name="Countess")

    response = await admin.self.get()

    assert "Countess" == response.member.name
    assert response.member == admin.state.member
    assert before.member_session is admin.state.member_session
    assert before.organization is admin.state.organization
    assert before.credentials == admin.state.credentials


async def test_get_by_token_alone(admin) -> None:
    """
    A client that knows nothing but the token learns who the Member is, and no session.
    """
    await admin.self.get()

    assert "ada@acme.example" == admin.state.member.email_address
    assert admin.session.get_sync() is None


async def test_tells_no_session_listener(admin, emulator) -> None:
    """
    A new Member is no new session.
    """
    await admin.session.authenticate()
    changes: list[Any] = []
    admin.session.on_change(lambda old, new: changes.append((old, new)))
    emulator.update_member(admin.state.member.member_id, name="Countess")

    await admin.self.get()

    assert [] == changes


async def test_needs_a_session(client, emulator) -> None:
    """
    Without a session nothing is sent, and the error names the call.
    """
    with pytest.raises(NoSessionError) as caught:
        await client.self.get()

    assert "self.get" == caught.value.endpoint
    assert [] == operations(emulator)


async def test_expired_session(admin, emulator) -> None:
    """
    An expired session is an authentication error; a mere read does not log the Member out.
    """
    await admin.session.authenticate()
    before = admin.state
    emulator.clock.advance(hours=2)

    with pytest.raises(AuthenticationError) as caught:
        await admin.self.get()

    assert "session_not_found" == caught.value.error_type
    assert before is admin.state


async def test_intermediate_session_is_no_session(client, emulator) -> None:
    """
    An unfinished login does not make a Member of anybody.
    """
    unfinished = client.with_state(SessionState(intermediate_session_token="token"))

    with pytest.raises(NoSessionError):
        await unfinished.self.get()

    assert [] == operations(emulator)


PHONE = "+12025550162"
PASSWORD = "violet-tundra-92-kite"
OLD = "bob@acme.example"
NEW = "robert@acme.example"

CHANGES: dict[str, Any] = {
    "name": "Robert",
    "mfa_enrolled": True,
    "mfa_phone_number": PHONE,
    "untrusted_metadata": {"theme": "dark"},
}


@pytest.mark.parametrize("field", CHANGES)
async def test_update(member, field: str) -> None:
    """
    A field changes alone; the Member is kept as it is now, and nothing else changes.
    """
    await member.session.authenticate()
    before = member.state
    response = await member.self.update(**{field: CHANGES[field]})
    after = attrs.asdict(response.member, recurse=False)
    changed = {
        name
        for name, value in attrs.asdict(before.member, recurse=False).items()
        if value != after[name]
    }

    assert CHANGES[field] == after[field]
    assert changed <= {field, "updated_at"}
    assert response.member == member.state.member
    assert response.member_id == before.member.member_id
    assert before.member_session is member.state.member_session
    assert before.organization is member.state.organization
    assert before.credentials == member.state.credentials


@pytest.mark.parametrize(
    ("given", "error_class", "error_type"),
    [
        ({"mfa_phone_number": "555"}, BadRequestError, "invalid_phone_number"),
        ({"mfa_phone_number": PHONE}, ConflictError, "duplicate_member_phone_number"),
        ({"default_mfa_method": "totp"}, BadRequestError, "default_mfa_member_missing_factor"),
        ({"untrusted_metadata": {"much": "x" * 5000}}, BadRequestError, "metadata_too_large"),
    ],
)
async def test_refused_update(
    member, emulator, given: dict[str, Any], error_class: type, error_type: str
) -> None:
    """
    If one field does not fit none changes, and the client keeps what it knows.
    """
    emulator.enroll_phone(emulator.create_member("Acme", "eve@acme.example"), PHONE)
    await member.session.authenticate()
    before = member.state
    with pytest.raises(StytchAPIError) as caught:
        await member.self.update(name="Robert", **given)
    kept = member.state
    current = await member.self.get()

    assert (error_class, 400, error_type) == (
        type(caught.value),
        caught.value.status_code,
        caught.value.error_type,
    )
    assert before is kept
    assert before.member == current.member


async def test_another_phone(member, member_session, emulator) -> None:
    """
    A number that was proved has to be deleted before another takes its place.
    """
    emulator.enroll_phone(member_session.member_id, PHONE)
    with pytest.raises(ConflictError) as caught:
        await member.self.update(mfa_phone_number="+12025550199")
    await member.self.delete_mfa_phone_number()
    await member.self.update(mfa_phone_number="+12025550199")

    assert "duplicate_member_phone_number_for_member" == caught.value.error_type
    assert ("+12025550199", False) == (
        member.state.member.mfa_phone_number,
        member.state.member.mfa_phone_number_verified,
    )


@pytest.mark.parametrize(
    ("method", "field", "error_type"),
    [
        ("delete_mfa_phone_number", "mfa_phone_number", "member_phone_number_not_found"),
        ("delete_mfa_totp", "totp_registration_id", "totp_not_found"),
    ],
)
async def test_deletions(
    member, member_session, emulator, method: str, field: str, error_type: str
) -> None:
    """
    What is deleted is gone from the client's Member, and the session stays.
    """
    emulator.enroll_phone(member_session.member_id, PHONE)
    emulator.enroll_totp(member_session.member_id)
    await member.session.authenticate()
    before = member.state
    response = await getattr(member.self, method)()
    with pytest.raises(NotFoundError) as caught:
        await getattr(member.self, method)()

    assert "" != getattr(before.member, field)
    assert "" == getattr(response.member, field)
    assert response.member == member.state.member
    assert before.member_session is member.state.member_session
    assert error_type == caught.value.error_type


async def test_delete_password(member, member_session, emulator) -> None:
    """
    A password goes by its ID, and logs nobody in any more.
    """
    emulator.set_cross_organization_passwords(False)
    emulator.set_password(member_session.member_id, PASSWORD)
    password_id = (await member.self.get()).member.member_password_id
    response = await member.self.delete_password(password_id)
    with pytest.raises(StytchAPIError) as caught:
        await member.passwords.authenticate(
            organization_id="acme",
            email_address=OLD,
            password=PASSWORD,
            session_duration_minutes=60,
        )

    assert "" == response.member.member_password_id
    assert response.member == member.state.member
    assert "member_password_not_found" == caught.value.error_type


async def prove_by_link(client, emulator: Emulator) -> Any:
    """
    Open the link that was sent to the new address.
    """
    token = emulator.outbox.last().token
    return await client.magic_links.authenticate(
        magic_links_token=token, session_duration_minutes=60
    )


async def prove_by_code(client, emulator: Emulator) -> Any:
    """
    Type the code that was sent to the new address.
    """
    return await client.otps.email.authenticate(
        email_address=NEW,
        organization_id="acme",
        code=emulator.outbox.last().code,
        session_duration_minutes=60,
    )


@pytest.mark.parametrize(
    ("delivery_method", "prove"),
    [(None, prove_by_link), ("EMAIL_MAGIC_LINK", prove_by_link), ("EMAIL_OTP", prove_by_code)],
)
async def test_new_address(member, admin, emulator, delivery_method: str | None, prove) -> None:
    """
    The address is the Member's once it is proved; the old one is kept from others until given up.
    """
    await member.session.authenticate()
    started = await member.self.start_email_update(
        email_address=NEW, delivery_method=delivery_method
    )
    message = emulator.outbox.last()
    login = await prove(member, emulator)
    (retired,) = login.member.retired_email_addresses
    with pytest.raises(BadRequestError) as caught:
        await admin.organization.members.create(email_address=OLD)
    unlinked = await member.self.unlink_retired_email(email_id=retired.email_id)
    other = await admin.organization.members.create(email_address=OLD)

    assert (OLD, NEW) == (started.member.email_address, message.to)
    assert (NEW, True) == (login.member.email_address, login.member.email_address_verified)
    assert OLD == retired.email_address
    assert "retired_member_email" == caught.value.error_type
    assert () == unlinked.member.retired_email_addresses
    assert unlinked.member == member.state.member
    assert OLD == other.member.email_address


@pytest.mark.parametrize(
    ("email_address", "error_class", "error_type"),
    [
        ("robert", BadRequestError, "invalid_email"),
        (OLD, ConflictError, "duplicate_member_email"),
        ("eve@acme.example", ConflictError, "duplicate_member_email"),
        ("eva@acme.example", BadRequestError, "desired_email_deactivated_by_different_member"),
    ],
)
async def test_address_that_cannot_be_had(
    member, admin, emulator, email_address: str, error_class: type, error_type: str
) -> None:
    """
    An address that is none, or that somebody has or had, is refused, and nothing is sent.
    """
    eve = emulator.create_member("Acme", "eva@acme.example")
    await admin.organization.members.update(eve.member_id, email_address="eve@acme.example")
    with pytest.raises(StytchAPIError) as caught:
        await member.self.start_email_update(email_address=email_address)

    assert (error_class, 400, error_type) == (
        type(caught.value),
        caught.value.status_code,
        caught.value.error_type,
    )
    assert [] == [*emulator.outbox]


async def test_two_want_one_address(member, admin) -> None:
    """
    Who comes second is refused while the first has not proved the address.
    """
    await admin.self.start_email_update(email_address=NEW)
    with pytest.raises(BadRequestError) as caught:
        await member.self.start_email_update(email_address=NEW)

    assert "desired_email_updating_for_different_member" == caught.value.error_type


async def test_nothing_to_unlink(member) -> None:
    """
    Only a retired address can be given up, and it has to be named.
    """
    with pytest.raises(BadRequestError) as unnamed:
        await member.self.unlink_retired_email()
    with pytest.raises(NotFoundError) as present:
        await member.self.unlink_retired_email(email_address=OLD)

    assert "retired_email_missing_email_identifiers" == unnamed.value.error_type
    assert "email_not_found" == present.value.error_type


async def test_deleted_member(member, member_session, emulator) -> None:
    """
    A Member who was deleted acts no more.
    """
    emulator.update_member(member_session.member_id, status="deleted")
    with pytest.raises(StytchAPIError) as caught:
        await member.self.update(name="Robert")

    assert (AuthenticationError, "session_not_found") == (
        type(caught.value),
        caught.value.error_type,
    )


async def test_deprecated_names(member) -> None:
    """
    The names that `self` has taken over change the Member, and warn.
    """
    with pytest.warns(DeprecationWarning, match=r"client\.self\.update"):
        await member.member.update(name="Robert", mfa_phone_number=PHONE)
    updated = member.state.member
    with pytest.warns(DeprecationWarning, match=r"client\.self\.delete_mfa_phone_number"):
        await member.member.delete_mfa_phone_number()

    assert ("Robert", PHONE) == (updated.name, updated.mfa_phone_number)
    assert "" == member.state.member.mfa_phone_number


def test_sync(sync_admin: Any, emulator: Emulator) -> None:
    """
    The blocking client keeps the Member, too.
    """
    response = sync_admin.self.get()

    assert response.member == sync_admin.state.member
    assert ["self.get"] == operations(emulator)
