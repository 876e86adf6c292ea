"""How good a password is: hard to guess or of many kinds of characters, and not leaked."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.password_calls import (
    ADA,
    NEW,
    OLD,
    ROOT,
    exchange,
)

if TYPE_CHECKING:
    from .conftest import Api


@pytest.fixture(autouse=True)
def acme(api: Api) -> None:
    """
    Acme has one member, Ada, who has a password.
    """
    api.emulator.create_organization("Acme")
    api.emulator.create_member("Acme", ADA, password=OLD)


class TestStrength:
    """
    How good a password is.
    """

    def check(self, api: Api, password: str, **fields: Any) -> Any:
        """
        Ask for a judgement.
        """
        return api.post(f"{ROOT}/strength_check", {"password": password, **fields}).data

    def test_a_good_password(self, api: Api) -> None:
        """
        What is hard to guess is valid, without further words.
        """
        data = self.check(api, NEW)
        del data["request_id"]

        assert data == {
            "status_code": 200,
            "valid_password": True,
            "score": 4,
            "breached_password": False,
            "strength_policy": "zxcvbn",
            "breach_detection_on_create": True,
            "luds_feedback": None,
            "zxcvbn_feedback": {"warning": "", "suggestions": []},
        }

    def test_a_weak_password(self, api: Api) -> None:
        """
        What is easy to guess is not valid, and the answer says why and what helps.
        """
        data = self.check(api, "zebra")

        assert data["valid_password"] is False
        assert data["score"] < 3
        assert data["zxcvbn_feedback"]["warning"]
        assert data["zxcvbn_feedback"]["suggestions"]

    def test_a_breached_password(self, api: Api) -> None:
        """
        What is known from a breach is not valid, however hard to guess.
        """
        data = self.check(api, "correct horse battery staple")

        assert (data["valid_password"], data["breached_password"]) == (False, True)
        assert data["score"] == 4

    def test_the_address_counts(self, api: Api) -> None:
        """
        A password made from the owner's address is weaker for that owner.
        """
        password = "wilhelmina.zacharias"
        own = self.check(api, password, email_address="wilhelmina.zacharias@example.com")

        assert own["score"] < self.check(api, password)["score"]

    @pytest.mark.parametrize(
        "password", ["4@8({[</369&#!1|7$5+%2p4ssw0rd" * 50, "1/1/1" * 300, "x" * 100_000]
    )
    def test_a_judgement_takes_no_time(self, api: Api, password: str) -> None:
        """
        Nobody can keep the emulator busy with one password.
        """
        before = time.process_time()
        self.check(api, password)

        assert time.process_time() - before < 2

    def test_a_long_password(self, api: Api) -> None:
        """
        Length is no mistake.
        """
        assert self.check(api, NEW * 100)["valid_password"] is True

    @pytest.mark.parametrize(
        ("password", "kinds", "missing"),
        [
            ("", (False, False, False, False), (3, 8)),
            ("abc", (True, False, False, False), (2, 5)),
            ("Abc-123", (True, True, True, True), (0, 1)),
            ("abcdefgh", (True, False, False, False), (2, 0)),
            ("Abcdefg1", (True, True, True, False), (0, 0)),
            ("ÄÖÜäöü €", (True, True, False, True), (0, 0)),
        ],
    )
    def test_kinds_of_characters(
        self, api: Api, password: str, kinds: tuple[bool, ...], missing: tuple[int, int]
    ) -> None:
        """
        With LUDS the answer says which kinds there are, and how much is missing.
        """
        api.emulator.set_bootstrap(password_config={"luds_complexity": 3, "luds_minimum_count": 8})
        data = self.check(api, password)

        assert data["strength_policy"] == "luds"
        assert data["valid_password"] is (missing == (0, 0))
        assert data["zxcvbn_feedback"] is None
        assert tuple(data["luds_feedback"].values()) == (*kinds, *missing)

    def test_luds_decides(self, api: Api) -> None:
        """
        What satisfies LUDS may be set though it is easy to guess, unless it has leaked.
        """
        api.emulator.set_bootstrap(password_config={"luds_complexity": 3, "luds_minimum_count": 8})

        assert exchange(api, "Password1!").error == (400, "breached_password")
        assert exchange(api, "abcdefghijk").error == (400, "weak_password")
        assert exchange(api, "Abcdefg1").status == 200

    def test_without_zxcvbn(self, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
        """
        Whoever lacks the library is told how to get it.
        """
        monkeypatch.setitem(sys.modules, "zxcvbn", None)

        reply = api.post(f"{ROOT}/strength_check", {"password": NEW})

        assert reply.error == (500, "internal_server_error")
        assert "pip install 'stytch-b2b[emulator]'" in caplog.text
