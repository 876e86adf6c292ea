"""Bootstrap and the key set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stytch_b2b.emulator import tokens

if TYPE_CHECKING:
    from .conftest import Api


def bootstrap_path(api: Api) -> str:
    """
    Return the path that clients ask first.
    """
    return f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}"


def test_bootstrap(api: Api) -> None:
    """
    A new project has the default policy and demands nothing.
    """
    data = api.get(bootstrap_path(api)).data
    grants = {
        role["role_id"]: [(one["resource_id"], one["actions"]) for one in role["permissions"]]
        for role in data["rbac_policy"]["roles"]
    }

    assert grants == {
        "stytch_member": [("stytch.self", ["*"])],
        "stytch_admin": [
            ("stytch.organization", ["*"]),
            ("stytch.member", ["*"]),
            ("stytch.sso", ["*"]),
            ("stytch.scim", ["*"]),
        ],
    }
    assert [] == data["rbac_policy"]["scopes"]
    assert {
        "stytch.organization",
        "stytch.member",
        "stytch.self",
        "stytch.sso",
        "stytch.scim",
        "stytch.custom-org-roles",
    } == {resource["resource_id"] for resource in data["rbac_policy"]["resources"]}
    assert data["vertical"] == "B2B"
    assert data["captcha_settings"]["enabled"] is False
    assert data["pkce_required_for_email_magic_links"] is False


def test_bootstrap_of_another_project(api: Api) -> None:
    """
    The token in the path must be the project's as well.
    """
    reply = api.get("/sdk/v1/projects/bootstrap/public-token-test-other")

    assert reply.error == (404, "public_token_not_found")


def test_bootstrap_flags_can_be_set(api: Api) -> None:
    """
    Flags that were set are answered, the others stay; the policy can be taken away.
    """
    api.emulator.set_bootstrap(project_name="Mine", rbac_policy=None)
    data = api.get(bootstrap_path(api)).data

    assert (data["project_name"], data["rbac_policy"]) == ("Mine", None)
    assert data["vertical"] == "B2B"


def test_unknown_bootstrap_flags_are_refused(api: Api) -> None:
    """
    A slip in the name of a flag does not pass in silence.
    """
    with pytest.raises(ValueError, match="bootstrap has no projekt_name"):
        api.emulator.set_bootstrap(projekt_name="Mine")


def test_a_policy_can_be_replaced(api: Api) -> None:
    """
    Clients get the policy that was set, complete in every field.
    """
    api.emulator.set_policy(
        {
            "roles": [
                {
                    "role_id": "reader",
                    "permissions": [{"resource_id": "documents", "actions": ("read",)}],
                }
            ],
            "resources": [{"resource_id": "documents", "description": "", "actions": ["read"]}],
        }
    )

    assert api.get(bootstrap_path(api)).data["rbac_policy"] == {
        "roles": [
            {
                "role_id": "reader",
                "description": "",
                "permissions": [{"resource_id": "documents", "actions": ["read"]}],
            }
        ],
        "resources": [{"resource_id": "documents", "description": "", "actions": ["read"]}],
        "scopes": [],
    }


def test_what_is_no_policy_is_refused(api: Api) -> None:
    """
    A mapping with other keys is probably a role, and not a policy.
    """
    with pytest.raises(ValueError, match="roles, resources and scopes, but got permissions"):
        api.emulator.set_policy({"permissions": []})


def test_the_key_set_is_public(api: Api) -> None:
    """
    Keys are answered to anyone, not wrapped, and are the same for as long as the process lives.
    """
    path = f"/v1/b2b/sessions/jwks/{api.emulator.project_id}"
    replies = [api.get(path, headers={"Authorization": None}) for _ in range(2)]
    (key,) = replies[0].json["keys"]

    assert replies[0].json["keys"] == replies[1].json["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert key["kid"].startswith("jwk-test-")
    assert "d" not in key


def test_the_key_set_of_another_project(api: Api) -> None:
    """
    The project id in the path must be the emulator's.
    """
    reply = api.get("/v1/b2b/sessions/jwks/project-test-other")

    assert reply.error == (404, "project_not_found")


def test_a_missing_jwt_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Who has not installed the extra is told which one it is.
    """
    monkeypatch.setitem(__import__("sys").modules, "jwt", None)

    with pytest.raises(ImportError, match=r"pip install 'stytch-b2b\[emulator\]'"):
        tokens.key_set()
