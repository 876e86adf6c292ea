"""Settings of a client: what is accepted, what is refused, and what a refusal says."""

from __future__ import annotations

import math
from typing import Any

import pytest

from stytch_b2b import (
    AsyncStytchB2BClient,
    InvalidArgumentError,
    Software,
    StytchConfigurationError,
    Timeout,
)
from stytch_b2b._config import (
    BASE_URL_VARIABLE,
    LIVE_URL,
    PUBLIC_TOKEN_VARIABLE,
    TEST_URL,
    Options,
    find_base_url,
    find_public_token,
)

UUID = "11111111-2222-3333-4444-5555aaaabbbb"
TOKEN = f"public-token-test-{UUID}"
LIVE_TOKEN = f"public-token-live-{UUID}"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Start without settings in the environment.
    """
    monkeypatch.delenv(PUBLIC_TOKEN_VARIABLE, raising=False)
    monkeypatch.delenv(BASE_URL_VARIABLE, raising=False)


def base_url(value: str | None, *, token: str = TOKEN, allow_insecure_http: bool = False) -> str:
    """
    Return the base URL that a client would use.
    """
    return find_base_url(value, public_token=token, allow_insecure_http=allow_insecure_http)


@pytest.mark.parametrize("token", [TOKEN, LIVE_TOKEN])
def test_public_token(token: str) -> None:
    """
    Tokens of both environments are taken as they are.
    """
    assert token == find_public_token(token)


def test_public_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The environment's token serves where none is given, and a given one goes first.
    """
    monkeypatch.setenv(PUBLIC_TOKEN_VARIABLE, LIVE_TOKEN)

    assert "STYTCH_B2B_PUBLIC_TOKEN" == PUBLIC_TOKEN_VARIABLE
    assert LIVE_TOKEN == find_public_token(None)
    assert TOKEN == find_public_token(TOKEN)


@pytest.mark.parametrize("token", [None, ""])
def test_no_public_token(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without a token the error says where one is looked for; an empty variable is none.
    """
    monkeypatch.setenv(PUBLIC_TOKEN_VARIABLE, "")
    with pytest.raises(StytchConfigurationError, match="pass public_token or set STYTCH_B2B_"):
        find_public_token(token)


@pytest.mark.parametrize(
    "token",
    [
        "secret-test-hunter2-hunter2",
        f"project-test-{UUID}",
        f"public-token-prod-{UUID}",
        f"public-token-test-{UUID.upper()}",
        f"public-token-test-{UUID}0",
        f"public-token-test-{UUID}\n",
        f" public-token-test-{UUID}",
        f"public-token-test-{UUID.replace('-', '')}",
        f"public-token-test-{UUID}:secret",
        "public-token-test-hunter2",
        TOKEN.encode(),
        5,
    ],
    ids=ascii,
)
def test_malformed_public_token(token: Any) -> None:
    """
    A malformed token is refused with the expected form, and never shown: it may be a secret.
    """
    with pytest.raises(StytchConfigurationError, match=r"public-token-test-xxxx") as caught:
        find_public_token(token)

    assert str(token) not in str(caught.value)
    assert caught.value.__context__ is None


def test_malformed_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error names the variable that holds the malformed token.
    """
    monkeypatch.setenv(PUBLIC_TOKEN_VARIABLE, "secret-test-hunter2")
    with pytest.raises(StytchConfigurationError, match=r"^STYTCH_B2B_PUBLIC_TOKEN must") as caught:
        find_public_token(None)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("token", "url"), [(TOKEN, TEST_URL), (LIVE_TOKEN, LIVE_URL)])
def test_default_base_url(token: str, url: str) -> None:
    """
    The token says which of Stytch's two APIs is meant.
    """
    assert url == base_url(None, token=token)
    assert {"https://test.stytch.com", "https://api.stytch.com"} == {TEST_URL, LIVE_URL}


def test_base_url_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The environment's base URL serves where none is given, and is held to the same rules.
    """
    monkeypatch.setenv(BASE_URL_VARIABLE, "https://proxy.example/stytch")
    of_environment = base_url(None)
    given = base_url("https://other.example")
    monkeypatch.setenv(BASE_URL_VARIABLE, "http://proxy.example")

    assert "STYTCH_B2B_BASE_URL" == BASE_URL_VARIABLE
    assert "https://proxy.example/stytch" == of_environment
    assert "https://other.example" == given
    with pytest.raises(StytchConfigurationError):
        base_url(None)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://api.example", "https://api.example"),
        ("https://api.example/", "https://api.example"),
        ("https://api.example:8443", "https://api.example:8443"),
        ("https://proxy.example/stytch", "https://proxy.example/stytch"),
        ("https://proxy.example/stytch/", "https://proxy.example/stytch"),
        ("https://proxy.example/a/b//", "https://proxy.example/a/b"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("HTTPS://API.example", "HTTPS://API.example"),
    ],
)
def test_base_url(given: str, used: str) -> None:
    """
    Host, port and prefix are kept; slashes at the end are not.
    """
    assert used == base_url(given)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "http://localhost:4010",
        "http://LOCALHOST:4010",
        "http://api.localhost:4010",
        "http://127.0.0.1:4010",
        "http://127.8.9.10",
        "http://[::1]:4010",
    ],
)
def test_http_to_loopback(url: str) -> None:
    """
    Nobody listens on the way to this machine itself.
    """
    assert url == base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://emulator:4010",
        "http://api.stytch.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://[2001:db8::1]",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "http://notlocalhost",
        "http://128.0.0.1",
    ],
)
def test_http_to_others(url: str) -> None:
    """
    Credentials travel encrypted to every other host, unless a parameter that says so allows it.
    """
    with pytest.raises(StytchConfigurationError, match="allow_insecure_http=True"):
        base_url(url)

    assert url == base_url(url, allow_insecure_http=True)


@pytest.mark.parametrize(
    "url",
    [
        "api.stytch.com",
        "//api.stytch.com",
        "ftp://api.stytch.com",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://api.example:port",
        "https://api.example:99999",
        "https://[::1",
        "https://api.example?a=b",
        "https://api.example#a",
        "https://api.example/a b",
        "https://api.example/\nb",
        "https://api exa.mple",
        " https://api.example",
        "https://api.example ",
        "https://api.example\\@elsewhere.example",
    ],
    ids=ascii,
)
def test_malformed_base_url(url: str) -> None:
    """
    What is no base URL is refused when the client is made, not when it is used.
    """
    with pytest.raises(StytchConfigurationError, match="base_url"):
        base_url(url, allow_insecure_http=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@api.example",
        "https://:hunter2@api.example",
        "https://hunter2@api.example",
        "//user:hunter2@api.example",
        "user:hunter2@api.example",
        "https:user:hunter2@api.example",
        "https://user:hunter2@api\u2100.example",
        "https://user:hunter2@api.example:port",
        "https://api.example?token=hunter2",
    ],
    ids=ascii,
)
def test_credentials_in_base_url(url: str) -> None:
    """
    Credentials in a base URL are refused, and not shown, however they are written.
    """
    with pytest.raises(StytchConfigurationError) as caught:
        base_url(url)

    assert "hunter2" not in str(caught.value)


def test_timeout() -> None:
    """
    A number is the deadline, and the other limits stay; a whole `Timeout` replaces all of them.
    """
    assert (5.0, 10.0, 30.0) == (Timeout().connect, Timeout().read, Timeout().deadline)
    assert Timeout(connect=1, deadline=3) == Timeout(connect=1).changed(3)
    assert Timeout(connect=1, read=2) == Timeout(deadline=4).changed(Timeout(connect=1, read=2))


@pytest.mark.parametrize(
    "value", [0, -1, -0.5, math.nan, True, False, "5", b"5", [5], None], ids=repr
)
@pytest.mark.parametrize("name", ["connect", "read", "deadline"])
def test_malformed_timeout(name: str, value: Any) -> None:
    """
    Each limit is a number of seconds above zero; the error names it and shows what it got.
    """
    with pytest.raises(StytchConfigurationError, match=f"timeout: {name} must be a number") as at:
        Timeout(**{name: value})

    assert str(at.value).endswith(f"got {value!r}")


@pytest.mark.parametrize("value", [0, -1, True, "5"], ids=repr)
def test_malformed_deadline(value: Any) -> None:
    """
    What is given as `timeout` itself is held to the same rule.
    """
    with pytest.raises(StytchConfigurationError, match="deadline"):
        AsyncStytchB2BClient(TOKEN, timeout=value)


@pytest.mark.parametrize("value", [-1, 1.0, True, "2", [2], math.inf], ids=repr)
def test_malformed_retries(value: Any) -> None:
    """
    Retries are counted in whole numbers, and there may be none.
    """
    assert 0 == Options(retries=0).retries
    with pytest.raises(StytchConfigurationError, match="retries must be a whole number"):
        AsyncStytchB2BClient(TOKEN, retries=value)


@pytest.mark.parametrize("value", ["off", "Enforce", "", True, 0], ids=repr)
def test_malformed_permission_checks(value: Any) -> None:
    """
    There are two modes; a word that is neither is never taken for the milder one.
    """
    with pytest.raises(StytchConfigurationError, match="'explain' or 'enforce'"):
        AsyncStytchB2BClient(TOKEN, permission_checks=value)


def test_changed_options() -> None:
    """
    Options change one by one, and what is not given stays.
    """
    options = Options(
        timeout=Timeout(connect=1, deadline=3), retries=5, permission_checks="enforce"
    )
    same = options.changed(timeout=None, retries=None, permission_checks=None)
    other = options.changed(timeout=4, retries=0, permission_checks="explain")

    assert options == same
    assert (
        Options(timeout=Timeout(connect=1, deadline=4), retries=0, permission_checks="explain")
        == other
    )


def test_options_are_checked_when_changed() -> None:
    """
    A derived client is refused for the same reasons as a new one.
    """
    client = AsyncStytchB2BClient(TOKEN)
    wrong: Any = "sometimes"
    with pytest.raises(StytchConfigurationError, match="retries"):
        client.with_options(retries=-1)
    with pytest.raises(StytchConfigurationError, match="permission_checks"):
        client.with_options(permission_checks=wrong)
    with pytest.raises(StytchConfigurationError, match="deadline"):
        client.with_options(timeout=0)


@pytest.mark.parametrize(
    "tokens", [{"session_token": ""}, {"session_token": "t", "session_jwt": ""}]
)
def test_empty_tokens(tokens: dict[str, str]) -> None:
    """
    An empty token is refused everywhere: a missing cookie makes no calls as nobody.
    """
    client = AsyncStytchB2BClient(TOKEN)
    with pytest.raises(InvalidArgumentError, match=r"not (be )?empty"):
        client.session.update_session(**tokens)
    with pytest.raises(InvalidArgumentError, match=r"not (be )?empty"):
        client.with_session(**tokens)


def test_client_needs_a_token() -> None:
    """
    The client itself looks for the token and refuses to be made without.
    """
    with pytest.raises(StytchConfigurationError, match="public token is needed"):
        AsyncStytchB2BClient()


def test_repr_of_a_client() -> None:
    """
    A client shows where it calls and as whom, and no token but those that everybody may see.
    """
    client = AsyncStytchB2BClient(TOKEN, base_url="https://proxy.example/stytch", app="shop")
    acting = client.with_session(session_token="hunter2", session_jwt="hunter2.jwt")

    assert "logged out" in repr(client)
    assert "proxy.example" in repr(client)
    assert "acting as an unknown Member" in repr(acting)
    assert "hunter2" not in repr(acting) + repr(acting.state) + str(acting.state)


def test_software() -> None:
    """
    A program has a name, and a version if it likes.
    """
    assert "" == Software("shop").version
