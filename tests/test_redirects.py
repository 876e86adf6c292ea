"""What a URL says that a browser was sent to, and what anybody may write into one."""

from __future__ import annotations

from typing import get_args
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, strategies as st

from stytch_b2b import AuthenticateURL, NeedsNewPassword, NotOurs
from stytch_b2b._authenticate_urls import TokenType, read

OURS = "https://acme.example/callback?stytch_token_type={}&token=t"

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
token_types = st.sampled_from(get_args(TokenType))
foreign_names = st.text().filter(
    lambda name: (
        name
        not in ("stytch_token_type", "token", "stytch_redirect_type", "error", "error_description")
    )
)
parameters = st.sampled_from(
    ["stytch_token_type", "token", "stytch_redirect_type", "slug", "error", "public_token"]
)
urls_like_ours = st.builds(
    lambda base, query, fragment: f"{base}?{query}#{fragment}",
    st.sampled_from(["https://a.example/cb", "myapp://x", "http://[::1", "", "//", "?"]),
    st.lists(
        st.builds(
            "{}={}".format,
            parameters,
            st.one_of(token_types, st.text(st.characters(exclude_categories=["Cs"])).map(quote)),
        )
    ).map("&".join),
    st.text(),
)


class TestOurs:
    """
    URLs that Stytch sends browsers to.
    """

    @given(
        token_type=token_types,
        token=texts,
        base=st.sampled_from(
            [
                "https://acme.example/callback",
                "http://localhost:3000/authenticate",
                "stytch-ui-public-token-test://deeplink",
                "com.acme.app:/auth",
                "/callback",
                "",
            ]
        ),
        others=st.dictionaries(foreign_names.filter(lambda name: name.isprintable()), texts),
        fragment=st.sampled_from(["", "#", "#token=other&stytch_token_type=sso"]),
        as_bytes=st.booleans(),
    )
    def test_what_is_put_in_comes_out(
        self, token_type, token, base, others, fragment, as_bytes
    ) -> None:
        """
        Type and token come out as they went in, whatever stands around them.
        """
        query = urlencode({**others, "stytch_token_type": token_type, "token": token})
        url = f"{base}?{query}{fragment}"

        found = read(url.encode() if as_bytes else url)

        assert (
            AuthenticateURL(
                token_type=token_type,
                token=token,
                is_password_reset=token_type == "multi_tenant_passwords",
            )
            == found
        )

    @pytest.mark.parametrize("token_type", get_args(TokenType))
    def test_reset_password(self, token_type) -> None:
        """
        The redirect type says that a new password is wanted, for whatever token.
        """
        found = read(OURS.format(token_type) + "&stytch_redirect_type=reset_password&slug=acme")

        assert AuthenticateURL(token_type=token_type, token="t", is_password_reset=True) == found

    def test_unknown_redirect_type(self) -> None:
        """
        A redirect type that nobody knows changes nothing.
        """
        assert read(OURS.format("sso")) == read(OURS.format("sso") + "&stytch_redirect_type=new")

    def test_the_same_twice(self) -> None:
        """
        A parameter that is repeated with the same value is no other value.
        """
        assert read(OURS.format("sso")) == read(OURS.format("sso") + "&token=t&token=")

    def test_url_objects(self) -> None:
        """
        The URL objects of web frameworks need not be made text first.
        """

        class FrameworkURL:
            def __str__(self) -> str:
                return OURS.format("sso")

        assert AuthenticateURL(token_type="sso", token="t") == read(FrameworkURL())  # type: ignore[arg-type]

    def test_token_is_not_shown(self) -> None:
        """
        Neither what is read nor what is handed back prints its token.
        """
        found = read("?stytch_token_type=sso&token=hush")

        assert "hush" not in repr(found)
        assert "hush" not in repr(NeedsNewPassword(flow="discovery", token="hush"))


class TestForeign:
    """
    All other URLs.
    """

    @given(st.one_of(st.text(), st.binary(), urls_like_ours, st.characters(categories=["Cs"])))
    def test_nothing_raises(self, url) -> None:
        """
        Whatever it is, it is read; what is taken for a token could be sent as one.
        """
        found = read(url)

        if isinstance(found, AuthenticateURL):
            assert found.token
            assert found.token.encode()
        else:
            assert isinstance(found, NotOurs)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "https://acme.example/",
            "https://acme.example/?code=abc&state=def",
            "https://acme.example/?token=t",
            "https://acme.example/?stytch_token_type=&token=t",
            "https://acme.example/#stytch_token_type=sso&token=t",
            "https://[::1?stytch_token_type=sso&token=t",
            "https://acme.example/?stytch_token_type=sso&token=t;x\ud800",
            b"\xff\xfe",
            OURS.format("sso") + "&token=another",
            OURS.format("sso") + "&stytch_token_type=oauth",
        ],
    )
    def test_not_ours(self, url) -> None:
        """
        Without a type and a token, or with two of them, nothing is ours.
        """
        assert NotOurs() == read(url)

    @pytest.mark.parametrize("token_type", ["magic_links", "SSO", "sso ", "discovery_sso"])
    def test_unknown_token_type(self, token_type) -> None:
        """
        A type that this package does not know is kept, its token is not.
        """
        found = read(OURS.format(quote(token_type)))

        assert NotOurs(token_type=token_type) == found

    def test_type_without_token(self) -> None:
        """
        A type alone is nothing to go on with.
        """
        assert NotOurs(token_type="sso") == read("?stytch_token_type=sso&token=")

    def test_error(self) -> None:
        """
        What an identity provider says instead of a token is kept.
        """
        found = read("/callback?error=access_denied&error_description=No+thanks")

        assert NotOurs(error="access_denied", error_description="No thanks") == found
