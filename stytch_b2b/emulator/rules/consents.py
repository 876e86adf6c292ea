"""What members have let connected apps do, listed and withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from ..errors import ConnectedAppNotFoundError
from ..store import Member, Organization, Store
from ..trust import ConnectedApp


@frozen(kw_only=True)
class Consent:
    """What a member lets an app do."""

    app: ConnectedApp
    member: Member
    scopes: Sequence[str]


def of_member(store: Store, member: Member) -> Sequence[Consent]:
    """Return what a member lets apps do."""
    return [
        Consent(app=store.connected_apps[client_id], member=member, scopes=sorted(scopes))
        for (member_id, client_id), scopes in store.consents.items()
        if member_id == member.member_id
    ]


def of_organization(
    store: Store, organization: Organization
) -> Mapping[str, tuple[ConnectedApp, Sequence[Consent]]]:
    """Return the apps that members of an organization let do something, by client id."""
    found: dict[str, tuple[ConnectedApp, list[Consent]]] = {}
    for (member_id, client_id), scopes in store.consents.items():
        member, app = store.members[member_id], store.connected_apps[client_id]
        if member.organization_id == organization.organization_id:
            _, consents = found.setdefault(client_id, (app, []))
            consents.append(Consent(app=app, member=member, scopes=sorted(scopes)))
    return found


def get_of_organization(
    store: Store, organization: Organization, client_id: str
) -> tuple[ConnectedApp, Sequence[Consent]]:
    """
    Find an app that members of an organization let do something, with what they do.

    Raises:
        ConnectedAppNotFoundError: There is no such app, or nobody there uses it.
    """
    found = of_organization(store, organization)
    if client_id not in found:
        raise ConnectedAppNotFoundError
    return found[client_id]


def withdraw(store: Store, member: Member, client_id: str) -> None:
    """
    Withdraw what a member lets an app do: its tokens for the member are good no longer.

    Raises:
        ConnectedAppNotFoundError: There is no such app, or the member does not use it.
    """
    if (member.member_id, client_id) not in store.consents:
        raise ConnectedAppNotFoundError
    del store.consents[member.member_id, client_id]
    for token in store.access_tokens.values():
        if (token.member_id, token.client_id) == (member.member_id, client_id):
            token.is_revoked = True
    for code in [*store.authorization_codes.values()]:
        if (code.member_id, code.client_id) == (member.member_id, client_id):
            del store.authorization_codes[code.code]


def withdraw_all(store: Store, member: Member) -> None:
    """Withdraw what a member lets any app do."""
    for consent in of_member(store, member):
        withdraw(store, member, consent.app.client_id)
