"""
Ask what a Member may do, be refused with a reason, and refuse without asking the server.

Runs on the embedded emulator.
"""

from __future__ import annotations

from stytch_b2b import PermissionDeniedError, StytchB2BClient
from stytch_b2b.emulator import Emulator


def main() -> None:
    """Try the same call as an admin and as somebody who may not make it."""
    with (
        Emulator() as emulator,
        StytchB2BClient(emulator.public_token, base_url=emulator.url) as client,
    ):
        ada = emulator.sign_in("ada@example.com", roles=("stytch_admin",))
        bob = emulator.sign_in("bob@example.com", roles=())
        admin = client.with_session(session_token=ada.session_token)
        member = client.with_session(session_token=bob.session_token, session_jwt=bob.session_jwt)

        created = admin.scim.create_connection(display_name="Okta")
        connection_id = created.connection.connection_id

        print("May they update the SCIM connection?")
        # Of Ada only the session token is known, so her roles are not known before she is asked.
        print(f"  Ada, before:  {admin.can(admin.scim.update_connection).value}")
        admin.session.authenticate()
        print(f"  Ada, after:   {admin.can(admin.scim.update_connection).value}")
        print(f"  Bob:          {member.can(member.scim.update_connection).value}")

        print("Bob tries, and the server's refusal is explained:")
        try:
            member.scim.update_connection(connection_id, display_name="Bob's")
        except PermissionDeniedError as error:
            print(f"  missing:      {', '.join(map(str, error.missing_permissions))}")
            print(f"  roles held:   {', '.join(error.held_roles or ())}")
            print(f"  granted by:   {', '.join(error.granting_roles)}")

        print("A field may need a permission of its own:")
        try:
            member.scim.update_connection(
                connection_id,
                scim_group_implicit_role_assignments=[
                    {"group_id": "engineers", "role_id": "stytch_admin"}
                ],
            )
        except PermissionDeniedError as error:
            print(f"  missing:      {', '.join(map(str, error.missing_permissions))}")

        print("With permission_checks='enforce' the call is not even sent:")
        strict = member.with_options(permission_checks="enforce")
        before = len(emulator.requests)
        try:
            strict.scim.delete_connection(connection_id)
        except PermissionDeniedError as error:
            print(f"  refused by:   {'the server' if error.sent else 'the client'}")
        print(f"  requests:     {len(emulator.requests) - before}")


if __name__ == "__main__":
    main()
