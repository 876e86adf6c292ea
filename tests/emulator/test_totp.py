"""Authenticator apps: setting one up, and its codes."""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyotp
import pytest

from stytch_b2b.emulator import Emulator

if TYPE_CHECKING:
    from stytch_b2b.emulator import SignedIn

    from .conftest import Api, Reply

TOTP = "/sdk/v1/b2b/totp"
STEP = 30


@pytest.fixture
def ada(api: Api) -> SignedIn:
    """
    Ada is signed in to Acme; the clock stands still in the middle of a step.
    """
    api.emulator.clock.freeze()
    into_the_step = api.emulator.clock.now().timestamp() % STEP
    api.emulator.clock.advance(seconds=STEP - into_the_step + 15)
    return api.emulator.sign_in("ada@example.com", "Acme", roles=())


def create(api: Api, ada: SignedIn, token: str | None = None, **fields: Any) -> Reply:
    """
    Begin to set up an app for Ada.
    """
    body = {"organization_id": ada.organization_id, "member_id": ada.member_id, **fields}
    return api.post(TOTP, body, token=ada.session_token if token is None else token)


def authenticate(
    api: Api, ada: SignedIn, code: str, token: str | None = None, **fields: Any
) -> Reply:
    """
    Type what Ada's app shows.
    """
    body = {
        "organization_id": ada.organization_id,
        "member_id": ada.member_id,
        "code": code,
        "session_duration_minutes": 60,
        **fields,
    }
    token = ada.session_token if token is None else token
    return api.post(f"{TOTP}/authenticate", body, token=token)


def code_at(api: Api, secret: str, steps: int = 0) -> str:
    """
    Return what an app shows so many steps from now.
    """
    now = int(api.emulator.clock.now().timestamp())
    return pyotp.TOTP(secret).at(now + steps * STEP)


def wrong_code(api: Api, secret: str) -> str:
    """
    Return six digits that no clock near this one shows.
    """
    right = {code_at(api, secret, steps) for steps in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


def test_creating(api: Api, ada: SignedIn) -> None:
    """
    The answer has all that an app needs, and the recovery codes; the member has no app yet.
    """
    data = create(api, ada).data

    assert set(data) == {
        "request_id",
        "status_code",
        "member_id",
        "totp_registration_id",
        "secret",
        "qr_code",
        "recovery_codes",
        "member",
        "organization",
    }
    assert ada.member_id == data["member_id"]
    assert data["totp_registration_id"].startswith("member-totp-test-")
    assert len(base64.b32decode(data["secret"])) == 20
    assert len(set(data["recovery_codes"])) == 10
    assert data["member"]["totp_registration_id"] == ""
    assert ada.organization_id == data["organization"]["organization_id"]


def test_the_qr_code_is_an_image(api: Api, ada: SignedIn) -> None:
    """
    A browser can show it as it is.
    """
    head, _, encoded = create(api, ada).data["qr_code"].partition(",")
    image = base64.b64decode(encoded)
    width, height = struct.unpack(">II", image[16:24])

    assert head == "data:image/png;base64"
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert width == height > 100


def test_the_first_code(api: Api, ada: SignedIn) -> None:
    """
    It finishes the setup and strengthens the session, which stays the same.
    """
    created = create(api, ada).data
    data = authenticate(api, ada, code_at(api, created["secret"])).data
    factors = data["member_session"]["authentication_factors"]

    assert set(data) == {
        "request_id",
        "status_code",
        "member_id",
        "member",
        "organization",
        "member_session",
        "session_token",
        "session_jwt",
        "member_device",
    }
    assert ada.session_token == data["session_token"]
    assert ada.member_session_id == data["member_session"]["member_session_id"]
    assert created["totp_registration_id"] == data["member"]["totp_registration_id"]
    assert data["member"]["default_mfa_method"] == "totp"
    assert data["member"]["mfa_enrolled"] is False
    assert ["PRIMARY", "SECONDARY"] == [factor["sequence_order"] for factor in factors]
    assert (factors[1]["type"], factors[1]["delivery_method"]) == ("totp", "authenticator_app")
    assert factors[1]["authenticator_app_factor"] == {"totp_id": created["totp_registration_id"]}


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_one_step_of_drift(api: Api, ada: SignedIn, steps: int) -> None:
    """
    Clocks may differ by one step either way.
    """
    secret = create(api, ada).data["secret"]

    assert authenticate(api, ada, code_at(api, secret, steps)).status == 200


@pytest.mark.parametrize("steps", [-2, 2])
def test_two_steps_of_drift(api: Api, ada: SignedIn, steps: int) -> None:
    """
    Clocks that differ by more are wrong.
    """
    secret = create(api, ada).data["secret"]
    reply = authenticate(api, ada, code_at(api, secret, steps))

    assert reply.error == (401, "unable_to_authenticate_totp")


def test_a_wrong_code(api: Api, ada: SignedIn) -> None:
    """
    What the app does not show is refused, and leaves no app behind.
    """
    secret = create(api, ada).data["secret"]
    reply = authenticate(api, ada, wrong_code(api, secret))

    assert reply.error == (401, "unable_to_authenticate_totp")
    assert api.emulator._store.members[ada.member_id].default_mfa_method == ""


def test_a_code_works_once(api: Api, ada: SignedIn) -> None:
    """
    Neither a code nor one that came before it is taken again; the next one is.
    """
    secret = create(api, ada).data["secret"]
    earlier, code = code_at(api, secret, -1), code_at(api, secret)
    authenticate(api, ada, code)
    errors = [authenticate(api, ada, used).error for used in (code, earlier)]
    api.emulator.clock.advance(seconds=STEP)

    assert [(401, "totp_code_already_authenticated")] * 2 == errors
    assert authenticate(api, ada, code_at(api, secret)).status == 200


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "12345a", "\u0661\u0662\u0663\u0664\u0665\u0666"]
)
def test_what_is_no_code(api: Api, ada: SignedIn, code: str) -> None:
    """
    Six digits of ASCII, or nothing.
    """
    create(api, ada)

    assert authenticate(api, ada, code).error == (400, "invalid_totp_code")


def test_a_recovery_code_is_no_code(api: Api, ada: SignedIn) -> None:
    """
    Who mixes them up is told so.
    """
    code = create(api, ada).data["recovery_codes"][0]

    assert authenticate(api, ada, code).error == (400, "recovery_code_used_as_totp_code")


def test_there_is_no_app(api: Api, ada: SignedIn) -> None:
    """
    A member without an app has no codes.
    """
    assert authenticate(api, ada, "123456").error == (404, "totp_not_found")


@pytest.mark.parametrize(("fields", "minutes"), [({}, 60), ({"expiration_minutes": 5}, 5)])
def test_the_first_code_has_a_time_limit(
    api: Api, ada: SignedIn, fields: dict[str, int], minutes: int
) -> None:
    """
    An app is to be set up within the hour, or within the time asked for.
    """
    session = api.emulator.create_session(ada.member_id, duration_minutes=1440)
    secret = create(api, ada, **fields).data["secret"]
    api.emulator.clock.advance(minutes=minutes)
    late = authenticate(api, session, code_at(api, secret))
    again = create(api, session).data["secret"]

    assert late.error == (401, "expired_totp")
    assert authenticate(api, session, code_at(api, again)).status == 200


def test_an_app_does_not_expire(api: Api, ada: SignedIn) -> None:
    """
    After its first code an app is good for ever.
    """
    secret = create(api, ada).data["secret"]
    authenticate(api, ada, code_at(api, secret))
    api.emulator.clock.advance(hours=1000)
    later = api.emulator.create_session(ada.member_id)

    assert authenticate(api, later, code_at(api, secret)).status == 200


@pytest.mark.parametrize("minutes", [4, 1441])
def test_the_time_limit_has_limits(api: Api, ada: SignedIn, minutes: int) -> None:
    """
    Less than five minutes and more than a day are refused.
    """
    reply = create(api, ada, expiration_minutes=minutes)

    assert reply.error == (400, "invalid_expiration")
    assert "between 5 and 1440" in reply.json["error_message"]


def test_a_member_has_one_app(api: Api, ada: SignedIn) -> None:
    """
    There is no second registration beside one that works.
    """
    secret = create(api, ada).data["secret"]
    authenticate(api, ada, code_at(api, secret))

    assert create(api, ada).error == (400, "active_totp_exists")


def test_a_setup_can_begin_again(api: Api, ada: SignedIn) -> None:
    """
    Who lost sight of the secret gets another, and the first is good no longer.
    """
    first = create(api, ada).data
    second = create(api, ada).data
    old = authenticate(api, ada, wrong_code(api, second["secret"]))

    assert first["secret"] != second["secret"]
    assert set(first["recovery_codes"]).isdisjoint(second["recovery_codes"])
    assert old.error == (401, "unable_to_authenticate_totp")
    assert authenticate(api, ada, code_at(api, second["secret"])).status == 200


def test_a_refused_session_leaves_the_code(api: Api, ada: SignedIn) -> None:
    """
    A duration out of range does not use the code up.
    """
    secret = create(api, ada).data["secret"]
    code = code_at(api, secret)
    reply = authenticate(api, ada, code, session_duration_minutes=4)

    assert reply.error == (400, "invalid_session_duration_minutes")
    assert authenticate(api, ada, code).status == 200


@pytest.mark.parametrize("operation", ["", "/authenticate"])
def test_who_is_meant_must_be_right(api: Api, ada: SignedIn, operation: str) -> None:
    """
    Another organization, another member, and nobody's session are refused.
    """
    bob = api.emulator.create_member("Acme", "bob@example.com")
    api.emulator.create_organization("Other")

    def error(token: str = ada.session_token, **fields: Any) -> tuple[int, str]:
        body = {"organization_id": "acme", "member_id": ada.member_id, "code": "123456", **fields}
        return api.post(f"{TOTP}{operation}", body, token=token).error

    assert error(organization_id="x") == (404, "organization_not_found")
    assert error(organization_id="other") == (404, "member_not_found")
    assert error(member_id="x") == (404, "member_not_found")
    assert error(member_id=bob.member_id) == (400, "member_session_member_id_mismatch")
    assert error(token="") == (401, "user_unauthenticated")
    assert error(intermediate_session_token="x") == (404, "intermediate_session_not_found")


def test_an_organization_can_refuse_apps(api: Api, ada: SignedIn) -> None:
    """
    Where only phones are accepted no app is set up.
    """
    secret = create(api, ada).data["secret"]
    api.emulator.update_organization(
        "Acme", mfa_methods="RESTRICTED", allowed_mfa_methods=["sms_otp"]
    )
    error = (403, "operation_restricted_by_organization_mfa_methods")

    assert error == create(api, ada).error
    assert error == authenticate(api, ada, code_at(api, secret)).error


def test_the_default_method_can_be_changed(api: Api, ada: SignedIn) -> None:
    """
    What was set up first stays the default until the app is made it.
    """
    api.emulator.enroll_phone(ada.member_id, "+12025550162")
    api.emulator.enroll_totp(ada.member_id)
    kept = authenticate(api, ada, api.emulator.totp_code(ada.member_id)).data["member"]
    api.emulator.clock.advance(seconds=STEP)
    code = api.emulator.totp_code(ada.member_id)
    changed = authenticate(api, ada, code, set_default_mfa=True).data["member"]

    assert kept["default_mfa_method"] == "sms_otp"
    assert changed["default_mfa_method"] == "totp"


@pytest.mark.parametrize("library", ["pyotp", "segno"])
def test_without_the_libraries(
    api: Api,
    ada: SignedIn,
    library: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    Whoever installed the package without its extra reads what is missing.
    """
    monkeypatch.setitem(sys.modules, library, None)
    reply = create(api, ada)

    assert reply.error == (500, "internal_server_error")
    assert f"need {library}: pip install 'stytch-b2b[emulator]'" in caplog.text


def test_the_libraries_are_loaded_late() -> None:
    """
    An emulator that nobody sets an app up with starts without them.
    """
    program = (
        "import sys; from stytch_b2b.emulator import Emulator\n"
        "with Emulator() as emulator: emulator.sign_in()\n"
        "sys.exit(bool({'pyotp', 'segno'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_app_can_be_seeded(api: Api, ada: SignedIn) -> None:
    """
    A test need not walk through the setup, and sees what the app shows.
    """
    registration = api.emulator.enroll_totp(ada.member_id)
    code = api.emulator.totp_code(ada.member_id)
    member = authenticate(api, ada, code).data["member"]

    assert code_at(api, registration.secret) == code
    assert registration.secret not in repr(registration)
    assert registration.registration_id == member["totp_registration_id"]
    assert (member["mfa_enrolled"], member["default_mfa_method"]) == (True, "totp")


def test_there_is_no_app_to_look_at() -> None:
    """
    A member without an app shows no code.
    """
    quiet = Emulator()
    ada = quiet.create_member(quiet.create_organization("Acme"), "ada@example.com")

    with pytest.raises(LookupError, match=r"ada@example.com has no authenticator app"):
        quiet.totp_code(ada)


def test_an_app_can_be_seeded_over_http(api: Api, ada: SignedIn) -> None:
    """
    Programs in other languages can seed an app, too, and see what it shows.
    """
    seeded = api.post("/_emulator/totp", {"member": ada.member_id}).json
    code = api.get(f"/_emulator/totp?member={ada.member_id}").json["code"]

    assert code_at(api, seeded["secret"]) == code
    member = authenticate(api, ada, code).data["member"]
    assert seeded["totp_registration_id"] == member["totp_registration_id"]
