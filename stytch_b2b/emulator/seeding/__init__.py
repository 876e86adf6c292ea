"""State that tests arrange, whoever would be permitted to do so over the API."""

from __future__ import annotations

from .connections import ConnectionSeeding
from .credentials import CredentialSeeding
from .people import SignedIn
from .project import ProjectSeeding

__all__ = ["Seeding", "SignedIn"]


class Seeding(ConnectionSeeding, CredentialSeeding, ProjectSeeding):
    """
    Arrange state from any thread.

    Organizations and members that the methods return are the emulator's own, to be read; what
    changes them is `update_organization` and `update_member`, and the API itself.
    """
