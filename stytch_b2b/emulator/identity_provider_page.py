"""
The page that stands in for Google, for Okta and for all others.

It is plain HTML: without scripts, without anything from elsewhere, and with every text escaped. It
can be used by keyboard, by a screen reader, or by a test that posts the form.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from attrs import field, frozen

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 2rem auto; padding: 0 1rem }
button, input { font: inherit; padding: .5rem; box-sizing: border-box }
button { cursor: pointer }
label { display: block; margin: .5rem 0 }
label input:not([type=checkbox]), li button { display: block; width: 100%; text-align: left }
ul { list-style: none; padding: 0 }
li { margin: .5rem 0 }
"""

_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")

# No form-action: browsers apply it to the redirect that answers the form, which leads elsewhere.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@frozen(kw_only=True)
class Choice:
    """Somebody who is known already."""

    email_address: str
    name: str


@frozen(kw_only=True)
class Question:
    """What the page asks, and what it has to know for that."""

    action: str
    """Where the answer goes."""

    state: str = field(repr=False)

    provider: str
    """Whom the page stands in for."""

    application: str
    """Who wants to know."""

    organization: str | None
    """Where the person logs in, or nothing while the organization is to be chosen."""

    people: Sequence[Choice]

    login_hint: str
    """Who it will probably be."""

    has_tenants: bool
    """Whether people belong to a tenant of the provider."""

    has_groups: bool
    """Whether the provider says in which of its groups people are."""

    may_be_unverified: bool
    """Whether the provider may know people without having checked their addresses."""


def render(question: Question) -> str:
    """Return the page."""
    provider, application = escape(question.provider), escape(question.application)
    where = "" if question.organization is None else f" to {escape(question.organization)}"
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in with {provider}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Log in with {provider}</h1>
<p>{application} asks who you are, to log you in{where}.
This is an emulator: nothing is checked, and no password is asked for.</p>
{_known(question)}
{_somebody_else(question)}
<form method="post" action="{escape(question.action)}">
{_hidden_state(question)}
<p><button name="cancel" value="true">Cancel</button></p>
</form>
</main>
</body>
</html>
"""


def _known(question: Question) -> str:
    if not question.people:
        return ""
    buttons = "\n".join(_button(choice, question.login_hint) for choice in question.people)
    return f"""\
<form method="post" action="{escape(question.action)}" aria-labelledby="known">
<h2 id="known">Who are you?</h2>
{_hidden_state(question)}
{_tenant(question)}
{_groups(question)}
<ul>
{buttons}
</ul>
</form>"""


def _button(choice: Choice, login_hint: str) -> str:
    address = escape(choice.email_address)
    text = f"{escape(choice.name)} ({address})" if choice.name else address
    focus = " autofocus" if _is_hinted(choice, login_hint) else ""
    return f'<li><button name="email_address" value="{address}"{focus}>{text}</button></li>'


def _somebody_else(question: Question) -> str:
    # The hint is in one place only: two elements that want the focus would get it by chance.
    is_known = any(_is_hinted(choice, question.login_hint) for choice in question.people)
    hint = "" if is_known else escape(question.login_hint)
    return f"""\
<form method="post" action="{escape(question.action)}" aria-labelledby="other">
<h2 id="other">Somebody else</h2>
{_hidden_state(question)}
<label>E-mail address
<input type="email" name="email_address" value="{hint}" autocomplete="off" required></label>
<label>Name
<input name="name" autocomplete="off"></label>
{_tenant(question)}
{_groups(question)}
{_unverified(question)}
<p><button>Log in</button></p>
</form>"""


def _is_hinted(choice: Choice, login_hint: str) -> bool:
    return choice.email_address == login_hint.lower()


def _hidden_state(question: Question) -> str:
    return f'<input type="hidden" name="state" value="{escape(question.state)}">'


def _tenant(question: Question) -> str:
    if not question.has_tenants:
        return ""
    return '<label>ID of your tenant\n<input name="tenant_id" autocomplete="off"></label>'


def _groups(question: Question) -> str:
    if not question.has_groups:
        return ""
    return '<label>Groups, separated by commas\n<input name="groups" autocomplete="off"></label>'


def _unverified(question: Question) -> str:
    if not question.may_be_unverified:
        return ""
    return (
        '<label><input type="checkbox" name="email_verified" value="false">\n'
        "The provider has not verified the address</label>"
    )
