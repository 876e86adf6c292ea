"""Protection from machines: telemetry ids, CAPTCHA tokens, and who needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stytch_b2b.emulator.handlers import HANDLERS
from stytch_b2b.emulator.routes import ROUTES

if TYPE_CHECKING:
    from .conftest import Api, Reply

AUTHENTICATE = "/sdk/v1/b2b/magic_links/authenticate"
SEND = "/sdk/v1/b2b/magic_links/email/login_or_signup"
PROTECTED = [route for route in ROUTES if route.dfp_protected]


def attempt(api: Api, **proof: str) -> Reply:
    """
    Make a protected call; what lets it through leaves it without its link.
    """
    return api.post(AUTHENTICATE, {"magic_links_token": "x", **proof})


def passed(reply: Reply) -> bool:
    """
    Tell whether a call came as far as looking for its link.
    """
    return reply.error == (404, "magic_link_not_found")


def test_a_new_project_asks_for_nothing(api: Api) -> None:
    """
    Whatever clients send, it is not looked at.
    """
    assert passed(attempt(api))
    assert passed(attempt(api, dfp_telemetry_id="x", captcha_token="y"))


def test_deciding_asks_unknown_devices_for_a_captcha(api: Api) -> None:
    """
    Without a telemetry id, and with one that nobody knows, a CAPTCHA is demanded.
    """
    api.emulator.set_protected_auth("DECISIONING")

    assert attempt(api).error == (403, "captcha_required")
    assert attempt(api, dfp_telemetry_id="x").error == (403, "captcha_required")
    assert attempt(api).json["error_message"] == "Captcha required"


def test_a_captcha_lets_through_once(api: Api) -> None:
    """
    A good token serves one call; another one is wrong, and so is the same again.
    """
    api.emulator.set_protected_auth("DECISIONING")
    token = api.emulator.create_captcha_token()
    first = attempt(api, captcha_token=token)

    assert passed(first)
    assert attempt(api, captcha_token=token).error == (429, "captcha_failed")
    assert attempt(api, captcha_token="x").error == (429, "captcha_failed")


def test_a_good_device_is_let_through_once(api: Api) -> None:
    """
    Telemetry ids serve one call, too; the CAPTCHA token beside a good one is not used up.
    """
    api.emulator.set_protected_auth("DECISIONING")
    good, spare = api.emulator.create_telemetry_id(), api.emulator.create_captcha_token("mine")
    first = attempt(api, dfp_telemetry_id=good, captcha_token=spare)
    again = attempt(api, dfp_telemetry_id=good)

    assert spare == "mine"
    assert passed(first)
    assert again.error == (403, "captcha_required")
    assert passed(attempt(api, captcha_token=spare))


def test_verdicts(api: Api) -> None:
    """
    A doubtful device has to be challenged, a bad one is blocked whatever it sends.
    """
    api.emulator.set_protected_auth("DECISIONING")
    doubtful = [api.emulator.create_telemetry_id("CHALLENGE") for _ in range(2)]
    bad = api.emulator.create_telemetry_id("BLOCK", "bad-device")
    captcha = api.emulator.create_captcha_token()

    assert bad == "bad-device"
    assert attempt(api, dfp_telemetry_id=doubtful[0]).error == (403, "captcha_required")
    assert attempt(api, dfp_telemetry_id=bad, captcha_token=captcha).error == (
        403,
        "unauthorized_action",
    )
    assert passed(attempt(api, dfp_telemetry_id=doubtful[1], captcha_token=captcha))


def test_observing_blocks_nobody(api: Api) -> None:
    """
    Neither without proof, nor with wrong proof, nor from a bad device.
    """
    api.emulator.set_protected_auth("OBSERVATION")
    bad = api.emulator.create_telemetry_id("BLOCK")

    assert passed(attempt(api))
    assert passed(attempt(api, dfp_telemetry_id=bad, captcha_token="wrong"))


def test_a_captcha_alone(api: Api) -> None:
    """
    Without device fingerprinting each call needs a token; telemetry ids are no way around it.
    """
    api.emulator.set_protected_auth()
    telemetry_id = api.emulator.create_telemetry_id()

    assert attempt(api).error == (403, "captcha_required")
    assert attempt(api, dfp_telemetry_id=telemetry_id).error == (403, "captcha_required")
    assert attempt(api, captcha_token="wrong").error == (429, "captcha_failed")
    assert passed(attempt(api, captcha_token=api.emulator.create_captcha_token()))


def test_the_demand_may_be_plain_text(api: Api) -> None:
    """
    The other spelling of the demand has no JSON at all; a wrong CAPTCHA is an error as ever.
    """
    api.emulator.set_protected_auth("DECISIONING", challenge="text")
    reply = attempt(api)

    assert (reply.status, reply.body) == (403, b"Captcha required")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert attempt(api, captcha_token="x").error == (429, "captcha_failed")


def test_clients_are_told(api: Api) -> None:
    """
    Bootstrap has the mode and whether CAPTCHA tokens are wanted; switched off is as before.
    """
    path = f"/sdk/v1/projects/bootstrap/{api.emulator.public_token}"
    before = api.get(path).data
    api.emulator.set_protected_auth("DECISIONING")
    during = api.get(path).data
    api.emulator.set_protected_auth(None, captcha=False)
    after = api.get(path).data

    assert during["dfp_protected_auth_enabled"] is True
    assert during["dfp_protected_auth_mode"] == "DECISIONING"
    assert during["captcha_settings"]["enabled"] is True
    assert during["captcha_settings"]["siteKey"]
    for name in ("dfp_protected_auth_enabled", "dfp_protected_auth_mode", "captcha_settings"):
        assert before[name] == after[name]


def test_the_flags_decide(api: Api) -> None:
    """
    Who sets the flags of bootstrap one by one gets the same.
    """
    api.emulator.set_bootstrap(
        dfp_protected_auth_enabled=True, dfp_protected_auth_mode="DECISIONING"
    )

    assert attempt(api).error == (403, "captcha_required")


@pytest.mark.parametrize(
    "route",
    [route for route in PROTECTED if route.operation in HANDLERS],
    ids=lambda route: route.operation,
)
def test_protected_operations(api: Api, route: Any) -> None:
    """
    Each is stopped as soon as its request has the right shape.
    """
    api.emulator.set_protected_auth("DECISIONING")
    ada = api.emulator.sign_in()
    shapes = HANDLERS[route.operation].fields
    samples: dict[str, Any] = {
        "string": "x",
        "integer": 60,
        "boolean": True,
        "array": [],
        "object": {},
    }
    body = {
        name: field.choices[0] if field.choices else samples[field.type]
        for name, field in shapes.items()
        if field.required
    }
    reply = api.call(route.method, route.path, body, token=ada.session_token)

    assert reply.error == (403, "captcha_required")


def test_other_operations_are_not_protected(api: Api) -> None:
    """
    Sending a link to an organization needs no proof, nor does anything with a session.
    """
    api.emulator.set_protected_auth("DECISIONING")
    ada = api.emulator.sign_in("ada@example.com", "Acme")
    body = {"email_address": "ada@example.com", "organization_id": "acme"}

    assert api.post(SEND, body).status == 200
    assert api.post("/sdk/v1/b2b/sessions/authenticate", token=ada.session_token).status == 200


def test_proof_has_to_be_text(api: Api) -> None:
    """
    A value of another type is an issue of the body, like any other.
    """
    reply = api.post(AUTHENTICATE, {"magic_links_token": "x", "captcha_token": 5})

    assert [issue["dataPath"] for issue in reply.json["body"]] == [".captcha_token"]


def test_a_reset_ends_the_protection(api: Api) -> None:
    """
    Settings, ids and tokens are forgotten, and so is the spelling of the demand.
    """
    telemetry_id = api.emulator.create_telemetry_id()
    token = api.emulator.create_captcha_token()
    api.emulator.set_protected_auth("DECISIONING", challenge="text")
    api.emulator.reset()
    free = attempt(api)
    api.emulator.set_bootstrap(
        dfp_protected_auth_enabled=True, dfp_protected_auth_mode="DECISIONING"
    )

    assert passed(free)
    assert attempt(api, dfp_telemetry_id=telemetry_id).error == (403, "captcha_required")
    assert attempt(api, captcha_token=token).error == (429, "captcha_failed")


def test_slips_are_refused(api: Api) -> None:
    """
    There are three verdicts, two modes, and two spellings.
    """
    with pytest.raises(ValueError, match="the verdict is one of ALLOW"):
        api.emulator.create_telemetry_id("allow")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the mode is one of OBSERVATION"):
        api.emulator.set_protected_auth("DECIDING")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the challenge is one of json"):
        api.emulator.set_protected_auth("DECISIONING", challenge="xml")  # type: ignore[arg-type]
