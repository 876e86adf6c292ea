"""
One contender of ``calls.py``, alone in its process: reads a page of 100 Members from JSON.

Prints the size of the page and what reading it took as JSON. Nothing is imported but what the
contender needs, so that this runs in any environment that has it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from importlib import import_module
from time import perf_counter
from types import GenericAlias
from typing import Any

ORGANIZATION_ID = "organization-test-07971b06-ac8b-4cdb-9c15-63b17e653931"


def member(number: int) -> dict[str, Any]:
    return {
        "organization_id": ORGANIZATION_ID,
        "member_id": f"member-test-32fc5024-9c09-4da3-bd2e-{number:012}",
        "email_address": f"member-{number}@example.com",
        "status": "active",
        "name": f"Member {number}",
        "sso_registrations": [
            {
                "connection_id": "saml-connection-test-51861cbc-d3b9-428b-9761-227f5fb12be9",
                "external_id": f"member-{number}@example.com",
                "registration_id": f"sso-registration-test-8b2f1c1e-4d0f-4a54-{number:012}",
                "sso_attributes": {"groups": ["engineering", "admins"], "department": "R&D"},
            }
        ],
        "is_breakglass": False,
        "member_password_id": "",
        "oauth_registrations": [],
        "email_address_verified": True,
        "mfa_phone_number_verified": False,
        "is_admin": number % 10 == 0,
        "totp_registration_id": "",
        "retired_email_addresses": [],
        "is_locked": False,
        "mfa_enrolled": False,
        "mfa_phone_number": "",
        "default_mfa_method": "",
        "roles": [
            {
                "role_id": "stytch_member",
                "sources": [{"type": "direct_assignment", "details": {}}],
            },
            {
                "role_id": "editor",
                "sources": [
                    {"type": "email_assignment", "details": {"email_domain": "example.com"}}
                ],
            },
        ],
        "trusted_metadata": {"billing_id": f"cus_{number:08}"},
        "untrusted_metadata": {"theme": "dark", "onboarded": True},
        "created_at": "2026-01-29T12:33:09Z",
        "updated_at": "2026-11-20T08:01:44Z",
        "scim_registration": None,
        "external_id": f"employee-{number}",
    }


def page() -> dict[str, Any]:
    return {
        "request_id": "request-id-test-b05c992f-ebdc-489d-a754-c7e70ba13141",
        "status_code": 200,
        "members": [member(number) for number in range(100)],
        "organizations": {},
        "results_metadata": {"total": 4711, "next_cursor": "Vb0M7mYb1sQvOa3GkqTfXw0pRz4uNcHj"},
    }


ENVELOPED = json.dumps({"data": page()}, separators=(",", ":")).encode()
FLAT = json.dumps(page(), separators=(",", ":")).encode()


def page_model() -> Any:
    attrs, models = import_module("attrs"), import_module("stytch_b2b.models")
    metadata = attrs.make_class(
        "ResultsMetadata",
        {"total": attrs.field(type=int), "next_cursor": attrs.field(type=str | None, default=None)},
        frozen=True,
        kw_only=True,
        slots=True,
    )
    return attrs.make_class(
        "MembersPage",
        {
            "members": attrs.field(type=GenericAlias(tuple, (models.Member, ...))),
            "results_metadata": attrs.field(type=metadata),
        },
        bases=(models.APIResponse,),
        frozen=True,
        kw_only=True,
        slots=True,
    )


def stytch_b2b() -> Callable[[], Any]:
    decode, model = import_module("stytch_b2b._converter").decode, page_model()
    return lambda: decode(ENVELOPED, model)


def msgspec() -> Callable[[], Any]:
    library = import_module("msgspec")
    envelope = library.defstruct("Envelope", [("data", page_model())])
    decoder = library.json.Decoder(envelope)
    return lambda: decoder.decode(ENVELOPED).data


def official() -> Callable[[], Any]:
    model = import_module("stytch.b2b.models.organizations_members").SearchResponse
    return lambda: model.from_json(200, json.loads(FLAT))


CONTENDERS = {"stytch_b2b": stytch_b2b, "msgspec": msgspec, "stytch": official}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=sorted(CONTENDERS))
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args()

    read = CONTENDERS[options.contender]()
    assert [each.name for each in read().members] == [f"Member {n}" for n in range(100)]
    pages, start = 0, perf_counter()
    while (now := perf_counter()) < start + options.seconds:
        read()
        pages += 1
    print(json.dumps({"bytes": len(ENVELOPED), "us": 1e6 * (now - start) / pages}))


if __name__ == "__main__":
    main()
