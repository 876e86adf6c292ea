"""
The pages that people see who come back to a program from their browser.

They load nothing from elsewhere but the one script that a page is about, quote nothing that came
with a request, and take the query, which holds a token, out of the address bar and the history.
"""

from __future__ import annotations

import hashlib
import html
import json
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import field, frozen

_STYLE = """
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; }
main { max-width: 32rem; margin: 20vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; font-weight: 600; }
"""

_FAREWELL = "That was all. You may close this page and go on in the program."

_FORGET_QUERY = 'history.replaceState(null, "", location.pathname);'

_MAKE_TELEMETRY_ID = """
const settings = %s;
const report = async (telemetryID) => {
  await fetch(settings.reportPath, { method: "POST", body: telemetryID });
  document.querySelector("p").textContent = settings.farewell;
};
const script = document.createElement("script");
script.src = settings.scriptURL;
script.onerror = () => report("");
script.onload = async () => {
  let telemetryID = "";
  try {
    telemetryID = await GetTelemetryID(settings.publicToken, settings.submitURL);
  } finally {
    report(telemetryID);
  }
};
document.head.append(script);
"""

_TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
</main>
<script>{script}</script>
</body>
</html>
"""

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@frozen
class Page:
    """An answer to a browser."""

    status: int
    html: str = ""
    headers: Mapping[str, str] = field(factory=lambda: dict(_HEADERS))


def _page(
    status: int,
    title: str,
    text: str,
    *,
    script: str = _FORGET_QUERY,
    sources: Mapping[str, str] | None = None,
) -> Page:
    """
    Make a page.

    Args:
        status: HTTP status.
        title: Plain text.
        text: Plain text.
        script: What runs in the page.
        sources: What its policy allows besides that script, by directive.
    """
    allowed = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "style-src": _digest(_STYLE),
        "script-src": _digest(script),
    }
    for directive, more in (sources or {}).items():
        allowed[directive] = f"{allowed.get(directive, '')} {more}".strip()
    content = _TEMPLATE.format(
        title=html.escape(title), text=html.escape(text), style=_STYLE, script=script
    )
    policy = "; ".join(f"{directive} {what}" for directive, what in allowed.items())
    return Page(status, content, {**_HEADERS, "Content-Security-Policy": policy})


def _digest(inline: str) -> str:
    digest = hashlib.sha256(inline.encode()).digest()
    return f"'sha256-{b64encode(digest).decode('ascii')}'"


DONE = _page(200, "Thank you", _FAREWELL)

FAILED = _page(
    502,
    "This did not work",
    "You are not logged in. The program that sent you here can tell why; you may close this page.",
)

FOREIGN = _page(
    400,
    "This is not the login that is waited for",
    "Nothing has happened. The program goes on waiting: go back to the page where you log in, or "
    "open the newest link, in this browser.",
)

REFUSED = _page(
    400,
    "You were not let in",
    "Whoever was to confirm who you are did not. The program goes on waiting: go back and try "
    "again, or end the program.",
)

TOO_LATE = _page(
    410,
    "Nobody waits for this any more",
    "Nothing has happened. You may close this page and begin again in the program.",
)

NOTED = Page(204)


def misdirected(status: int) -> Page:
    """Return the page for a request that is none of those that are waited for."""
    return _page(status, "Nothing to see here", "This address belongs to a program.")


def telemetry(*, script_url: str, submit_url: str, public_token: str, report_path: str) -> Page:
    """
    Return the page that makes a telemetry id and reports it; an empty one if it cannot.

    Args:
        script_url: Where the script is that makes it.
        submit_url: Where that script sends what it has found out.
        public_token: The project's.
        report_path: Where the id is posted to.
    """
    settings = json.dumps(
        {
            "scriptURL": script_url,
            "submitURL": submit_url,
            "publicToken": public_token,
            "reportPath": report_path,
            "farewell": _FAREWELL,
        }
    )
    # Within a script nothing is escaped, so nothing may look like its end.
    script = _MAKE_TELEMETRY_ID % settings.replace("<", "\\u003c")
    page = _page(
        200,
        "Checking this device",
        "This takes a moment.",
        script=script,
        sources={
            "script-src": _origin(script_url),
            "connect-src": f"'self' {_origin(script_url)} {_origin(submit_url)}",
        },
    )
    # The script's owner may want to know on whose page it runs, though not on which one.
    return Page(page.status, page.html, {**page.headers, "Referrer-Policy": "origin"})


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
