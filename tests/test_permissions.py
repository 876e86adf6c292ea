"""The catalogue of permissions; its rows are compared with the facts in tests/test_facts.py."""

from __future__ import annotations

import pytest

from stytch_b2b import Permission
from stytch_b2b.permissions import SCIM, UNDOCUMENTED


def test_known_action() -> None:
    """
    An action of a resource is a permission, and reads as one.
    """
    assert Permission("stytch.scim", "update") == SCIM["update"]
    assert "update on stytch.scim" == str(SCIM["update"])


def test_unknown_action() -> None:
    """
    A slip in a declaration is an error that says what there is.
    """
    with pytest.raises(KeyError, match=r"stytch\.scim has no action 'udpate'; known: .*'update'"):
        SCIM["udpate"]


def test_undocumented() -> None:
    """
    What the documentation does not say reads as that.
    """
    assert "UNDOCUMENTED" == repr(UNDOCUMENTED)
