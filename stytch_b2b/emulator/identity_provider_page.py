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
:root { color-scheme: light dark; accent-color: #2563eb }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 2rem auto; padding: 0 1rem;
  overflow-wrap: anywhere }
h1 { line-height: 1.2 }
fieldset { border: 0; margin: 1.5rem 0; padding: 0 }
legend { font-size: 1.25rem; font-weight: bold; padding: 0; margin-bottom: .5rem }
input, button { font: inherit; padding: .5rem; box-sizing: border-box }
.text { display: block; margin: .5rem 0 }
.text input { width: 100% }
.choice { display: flex; gap: .75rem; align-items: baseline; margin: .5rem 0 }
.choice input { flex: none; margin: 0 }
.person { border: 1px solid GrayText; border-radius: .25rem; padding: .5rem .75rem;
  cursor: pointer }
.hint { margin: 0 0 1rem; font-size: .875rem }
.actions { display: flex; gap: .75rem; align-items: center }
button { cursor: pointer; border: 1px solid GrayText; border-radius: .25rem; padding: .5rem 1rem;
  background: transparent; color: CanvasText }
.primary { background: #2563eb; border-color: #2563eb; color: #fff; font-weight: bold }
:focus-visible { outline: 3px solid CanvasText; outline-offset: 2px }
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
    """Who is offered; empty where an address is to be typed."""

    other: str
    """Where the question is asked the other way; empty if there is only this one."""

    login_hint: str
    """Who it will probably be."""

    has_tenants: bool
    """Whether people belong to a tenant of the provider."""

    has_groups: bool
    """Whether the provider says in which of its groups people are."""

    may_be_unverified: bool
    """Whether the provider may know people without having checked their addresses."""


def render(question: Question) -> str:
    """Return the page: one form, in which Enter logs in and nothing else."""
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
<form method="post" action="{escape(question.action)}">
<input type="hidden" name="state" value="{escape(question.state)}">
{_people(question) if question.people else _somebody(question)}
{_tenant(question)}
{_groups(question)}
{_unverified(question)}
<p class="actions"><button class="primary">Log in</button>
<button name="cancel" value="true" formnovalidate>Cancel</button></p>
</form>
</main>
</body>
</html>
"""


def _people(question: Question) -> str:
    choices = "\n".join(_choice(choice, question.login_hint) for choice in question.people)
    return f"""\
<fieldset>
<legend>Who are you?</legend>
{choices}
<p><a href="{escape(question.other)}">Somebody else</a></p>
</fieldset>"""


def _choice(choice: Choice, login_hint: str) -> str:
    address = escape(choice.email_address)
    text = f"{escape(choice.name)} ({address})" if choice.name else address
    hinted = " checked autofocus" if is_hinted(choice, login_hint) else ""
    return (
        '<label class="choice person">'
        f'<input type="radio" name="email_address" value="{address}" required{hinted}>\n'
        f"<span>{text}</span></label>"
    )


def _somebody(question: Question) -> str:
    back = f'\n<p><a href="{escape(question.other)}">Choose a member</a></p>'
    return f"""\
<fieldset>
<legend>Who are you?</legend>
<label class="text">E-mail address
<input type="email" name="email_address" value="{escape(question.login_hint)}" autocomplete="off"
required autofocus></label>
<label class="text">Name (optional)
<input name="name" autocomplete="off"></label>{back if question.other else ""}
</fieldset>"""


def is_hinted(choice: Choice, login_hint: str) -> bool:
    """Tell whether somebody is who it will probably be."""
    return choice.email_address == login_hint.lower()


def _tenant(question: Question) -> str:
    if not question.has_tenants:
        return ""
    return f"""\
<label class="text">ID of the tenant (optional)
<input name="tenant_id" autocomplete="off" aria-describedby="tenant"></label>
<p class="hint" id="tenant">Your workspace or company at {escape(question.provider)}: organizations
can let newcomers in by it.</p>"""


def _groups(question: Question) -> str:
    if not question.has_groups:
        return ""
    return """\
<label class="text">Groups, separated by commas (optional)
<input name="groups" autocomplete="off"></label>"""


def _unverified(question: Question) -> str:
    if not question.may_be_unverified:
        return ""
    return (
        '<label class="choice"><input type="checkbox" name="email_verified" value="false">\n'
        f"<span>{escape(question.provider)} has not verified the address</span></label>"
    )
