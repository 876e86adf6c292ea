"""Reading whose session a request brings: what is found, what is refused, what never breaks."""

from __future__ import annotations

import pickle
import string
from collections.abc import Mapping

import pytest
from hypothesis import example, given, strategies as st

from stytch_b2b import NoSessionError
from stytch_b2b._request_credentials import RequestCredentials, read_credentials

TOKEN = "mZAYn5aLEqKUlZ_Ad9U_fWr38GaAQ1oFhTBB8y5vJdW1"
OTHER = "WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZW1iZXIifQ.c2lnbmF0dXJl"
OTHER_JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJvdGhlciJ9.c2lnbmF0dXJl"

TOKENS = st.text(string.ascii_letters + string.digits + "-_", min_size=1).filter(
    lambda text: not text.startswith("eyJ")
)

ANY_CASE = st.tuples(st.sampled_from(["authorization", "cookie"]), st.randoms()).map(
    lambda pair: "".join(pair[1].choice([c.lower(), c.upper()]) for c in pair[0])
)

HEADERS = st.dictionaries(
    ANY_CASE | st.text(),
    st.text()
    | st.text().map("Bearer {}".format)
    | st.text().map("stytch_session={}".format)
    | st.text().map("stytch_session_jwt={}; x".format)
    | st.text('"\\;=, \ud800\x00é€stytch_session', max_size=40),
)
"""Fields of all sorts, those that count among them."""


class RepeatedFields(dict[str, str]):
    """
    Headers of a framework that tell a field as often as it came.
    """

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__(fields)
        self._fields = fields

    def items(self) -> object:  # type: ignore[override]
        return iter(self._fields)


def read(headers: Mapping[str, str]) -> RequestCredentials:
    """
    Read *headers* with the usual names of cookies.
    """
    return read_credentials(
        headers,
        session_cookie="stytch_session",
        session_jwt_cookie="stytch_session_jwt",
        caller="with_request",
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer {TOKEN}"},
        {"AUTHORIZATION": f"BEARER \t {TOKEN}  "},
        {"Authorization": f"Bearer {TOKEN}", "Cookie": f"stytch_session={OTHER}"},
        {"Cookie": f"stytch_session={TOKEN}", "Authorization": "Basic dXNlcjpwYXNzd29yZA=="},
        {"Cookie": f"stytch_session={TOKEN}", "Authorization": "Bearer"},
        {"Cookie": f"stytch_session={TOKEN}", "Authorization": "Bearer  "},
        {"Cookie": f"stytch_session={TOKEN}", "Authorization": ""},
        {"cookie": f"stytch_session={TOKEN}"},
        {"COOKIE": f"  stytch_session = {TOKEN} ;"},
        {"Cookie": f'stytch_session="{TOKEN}"'},
        {"Cookie": f"a=1; stytch_session={TOKEN}; b=2"},
        {"Cookie": f"a=1;stytch_session={TOKEN};b=2"},
        {"Cookie": f'bad name=1; {{"x": [1,2]}}; =; ; é=ü; stytch_session={TOKEN}; a="'},
        {"Cookie": f'a="stytch_session={OTHER}"; stytch_session={TOKEN}'},
        {"Cookie": f"xstytch_session={OTHER}; Stytch_Session={OTHER}; stytch_session={TOKEN}"},
        {"Cookie": f"\u2000stytch_session={OTHER}; stytch_session={TOKEN}"},
        {"Cookie": f"stytch_session\xa0={OTHER}; stytch_session={TOKEN}"},
        {"Cookie": f"stytch_session=; stytch_session={TOKEN}; stytch_session={OTHER}"},
        {"Cookie": f"stytch_session={TOKEN}; stytch_session_jwt="},
        {"Cookie": f"stytch_session={TOKEN}; stytch_session_jwt=deleted"},
        RepeatedFields(("Cookie", "a=1"), ("Cookie", f"stytch_session={TOKEN}")),
        RepeatedFields(("Authorization", "Basic eDp5"), ("Authorization", f"Bearer {TOKEN}")),
    ],
    ids=lambda headers: repr(list(headers.items())).replace(TOKEN, "TOKEN").replace(OTHER, "OTHER"),
)
def test_session_token_is_found(headers: Mapping[str, str]) -> None:
    """
    The bearer token decides, whatever the case of its scheme; without one the cookie does.
    """
    assert RequestCredentials(TOKEN, None) == read(headers)


@pytest.mark.parametrize(
    ("cookies", "jwt"),
    [
        (f"stytch_session_jwt={JWT}; stytch_session={TOKEN}", JWT),
        (f'stytch_session={TOKEN}; stytch_session_jwt="{JWT}"', JWT),
        (f"stytch_session={TOKEN}; stytch_session_jwt={JWT}; stytch_session_jwt={OTHER_JWT}", JWT),
        (f"stytch_session={TOKEN}; stytch_session_jwt=; stytch_session_jwt={JWT}", JWT),
        (f"stytch_session={TOKEN}; stytch_session_jwt={TOKEN}", None),
    ],
    ids=["before", "quoted", "twice", "empty_first", "no_jwt"],
)
def test_jwt_comes_along(cookies: str, jwt: str | None) -> None:
    """
    The JWT that stands beside the token in a cookie is read, if it is one.
    """
    assert RequestCredentials(TOKEN, jwt) == read({"Cookie": cookies})


def test_jwt_in_a_cookie_is_not_for_a_bearer_token() -> None:
    """
    A bearer token and a cookie may be of two sessions, and are not put together.
    """
    headers = {"Authorization": f"Bearer {TOKEN}", "Cookie": f"stytch_session_jwt={JWT}"}

    assert RequestCredentials(TOKEN, None) == read(headers)


def test_names_of_cookies() -> None:
    """
    A service may name its cookies as it likes.
    """
    headers = {"Cookie": f"stytch_session={OTHER}; __Host-s={TOKEN}; __Host-j={JWT}"}

    found = read_credentials(
        headers, session_cookie="__Host-s", session_jwt_cookie="__Host-j", caller="x"
    )

    assert RequestCredentials(TOKEN, JWT) == found


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "neither a bearer token nor the cookie 'stytch_session'"),
        ({"Cookie": ""}, "neither a bearer token"),
        ({"Cookie": "stytch_session="}, "neither a bearer token"),
        ({"Cookie": 'stytch_session=""'}, "neither a bearer token"),
        ({"Authorization": "Basic dXNlcjpwYXNzd29yZA=="}, "neither a bearer token"),
        ({"Authorization": f"Bearer{TOKEN}"}, "neither a bearer token"),
        ({"Authorization": f"Bearer {JWT}"}, "the bearer token is a session JWT; the API"),
        (
            {"Authorization": f"Bearer {JWT}", "Cookie": f"stytch_session={TOKEN}"},
            "the bearer token is a session JWT; the API",
        ),
        ({"Cookie": f"stytch_session_jwt={JWT}"}, "a session JWT alone; the API"),
        ({"Cookie": f"stytch_session={JWT}"}, "'stytch_session' holds is a session JWT; the API"),
        ({"Authorization": f"Bearer {TOKEN} {TOKEN}"}, "the bearer token cannot be one"),
        ({"Authorization": f"Bearer {TOKEN}é"}, "the bearer token cannot be one"),
        ({"Authorization": f"Bearer {TOKEN}\udc80"}, "the bearer token cannot be one"),
        ({"Authorization": f"Bearer {TOKEN}\r\nX: y"}, "the bearer token cannot be one"),
        (
            {"Authorization": f"Bearer {TOKEN},", "Cookie": f"stytch_session={OTHER}"},
            "the bearer token cannot be one",
        ),
        ({"Cookie": f"stytch_session={TOKEN}\udc80"}, "'stytch_session' holds cannot be one"),
        ({"Cookie": f"stytch_session=é{TOKEN}"}, "'stytch_session' holds cannot be one"),
        ({"Cookie": f"stytch_session={TOKEN}\u2000"}, "'stytch_session' holds cannot be one"),
        ({"Cookie": f"\u2000stytch_session={TOKEN}"}, "neither a bearer token"),
        ({"Authorization": f"Bearer {TOKEN}\x85"}, "the bearer token cannot be one"),
        (
            {"Authorization": f"Bearer {TOKEN}", "authorization": f"Bearer {OTHER}"},
            "several bearer tokens",
        ),
    ],
    ids=lambda value: (
        value[:12] if isinstance(value, str) else ascii(value).replace(TOKEN, "").replace(JWT, "J")
    ),
)
def test_nothing_to_act_by(headers: Mapping[str, str], words: str) -> None:
    """
    A request without a session token is refused, in words that help and show nothing secret.
    """
    with pytest.raises(NoSessionError) as caught:
        read(headers)

    text = str(caught.value)
    assert text.startswith("with_request: needs a session token, and ")
    assert words in text
    assert all(secret[:8] not in repr(caught.value) for secret in (TOKEN, OTHER, JWT, "dXNlcjpw"))
    assert "with_request" == caught.value.endpoint
    assert text == str(pickle.loads(pickle.dumps(caught.value)))


@given(HEADERS)
@example({"Cookie": "stytch_session=\ud800"})
@example({"authorization": "Bearer ", "Authorization": "Bearer \x00", "COOKIE": ";=;"})
def test_no_header_breaks_it(headers: dict[str, str]) -> None:
    """
    Whatever a request brings, there is a token that can be sent, or a `NoSessionError`.
    """
    try:
        found = read(headers)
    except NoSessionError:
        return

    assert found.session_token
    assert found.session_token.isascii()
    assert found.session_token.isprintable()
    assert any(found.session_token in value for value in headers.values())
    assert found.session_jwt is None or found.session_jwt.isascii()


@given(
    token=TOKENS,
    others=st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters=";=")).filter(
                lambda name: name.strip() != "stytch_session"
            ),
            st.text(st.characters(exclude_characters=";")),
        )
    ),
    place=st.integers(0, 99),
    quote=st.sampled_from(["", '"']),
)
def test_neighbours_do_not_matter(
    token: str, others: list[tuple[str, str]], place: int, quote: str
) -> None:
    """
    The session token is found among whatever other cookies a browser sends.
    """
    pairs = [f"{name}={value}" for name, value in others]
    pairs.insert(place % (len(pairs) + 1), f"stytch_session={quote}{token}{quote}")

    assert token == read({"Cookie": "; ".join(pairs)}).session_token


@given(token=TOKENS, name=ANY_CASE, scheme=st.sampled_from(["Bearer", "bearer", "bEaReR"]))
def test_case_does_not_matter(token: str, name: str, scheme: str) -> None:
    """
    Neither that of a header's name nor that of the scheme.
    """
    value = f"{scheme} {token}" if name.lower() == "authorization" else f"stytch_session={token}"

    assert token == read({name: value}).session_token


def test_repr() -> None:
    """
    What was read shows nothing of itself.
    """
    assert "RequestCredentials()" == repr(RequestCredentials(TOKEN, JWT))
