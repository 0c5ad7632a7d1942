"""Decodes the JSON Web Tokens on a page, in a figure below the block that shows them."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from typing import Any

from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markupsafe import Markup

from companion.chain.chapters import parse
from companion.site.templates import html

TOKEN = re.compile(r"(?<![\w.-])(eyJ[\w-]+)\.(eyJ[\w-]+)\.([\w-]{16,})(?![\w.-])")
SHOWS_OUTPUT = ("console", "pycon")
CODE = re.compile(r"<code>.*?</code>", re.DOTALL)
UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
END_OF_TIME = 253402300800  # seconds: the first second of the year 10000, which datetime can't represent
PARTS = ("header", "claims", "signature")
MEANS = {
    "sub": "the subject: which user it identifies",
    "sid": "the session that it belongs to",
    "iss": "the issuer: who made it",
    "aud": "the audience: whom it is for",
}


def tokens(text: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]]:
    """Yields the three parts of each token in a text (RFC 7519), and the first two decoded.

    Skips text that only looks like a token.
    """
    for match in TOKEN.finditer(text):
        with suppress(ValueError):
            header, claims = (json.loads(urlsafe_b64decode(part + "==")) for part in match.groups()[:2])
            yield match.groups(), header, claims


def span(seconds: int) -> str:
    """Returns a number of seconds in its largest whole unit: 3600 is "1 hour"."""
    unit, length = next(pair for pair in UNITS if seconds % pair[1] == 0)
    count = seconds // length
    return f"{count} {unit}{'' if count == 1 else 's'}"


def meaning(name: str, claims: dict[str, Any]) -> str:
    """Returns the meaning of a claim in words, or "" for a claim that is not registered (RFC 7519 §4.1)."""
    value, issued = claims[name], claims.get("iat")
    if name in ("iat", "exp") and type(value) is int and 0 <= value < END_OF_TIME:
        after = f", {span(value - issued)} later" if name == "exp" and type(issued) is int else ""
        when = datetime.fromtimestamp(value, UTC)
        return f"{'issued' if name == 'iat' else 'expires'} on {when.day} {when:%B %Y, %H:%M:%S} UTC{after}"
    return MEANS.get(name, "")


def figure(raw: tuple[str, ...], header: dict[str, Any], claims: dict[str, Any], is_open: bool) -> str:
    """Returns the HTML of a token's figure, which can be unfolded: each part as sent, and decoded."""
    rows = [(_json(name), _json(value), meaning(name, claims)) for name, value in claims.items()]
    size = len(raw[2]) * 6 // 8
    return html("token", raw=raw, header=_json(header), claims=rows, size=size, is_open=is_open)


def _json(value: object) -> Markup:
    return Markup(escape(json.dumps(value, ensure_ascii=False), quote=False))


class AddFigures(Preprocessor):
    """Puts the figure of each token below the first block that shows it.

    In a Python shell the token itself is the point, so there the figure is open.
    """

    def run(self, lines: list[str]) -> list[str]:
        seen: set[tuple[str, ...]] = set()
        below: list[tuple[int, str]] = []
        for fence in parse(lines)[1]:
            shown = lines[fence.start : fence.end] if fence.kind in SHOWS_OUTPUT else []
            for raw, header, claims in tokens("\n".join(shown)):
                if raw not in seen:
                    seen.add(raw)
                    stored = self.md.htmlStash.store(figure(raw, header, claims, fence.kind == "pycon"))
                    below.append((fence.end + 1, f"{fence.indent}{stored}"))
        for end, text in reversed(below):
            lines[end:end] = ["", text, ""]
        return lines


class Tint(Postprocessor):
    """Gives the three parts of a token in a code block the colours of the figure. The text is not changed."""

    def run(self, text: str) -> str:
        tinted = ".".join(rf'<span class="tk-{part}">\{n}</span>' for n, part in enumerate(PARTS, 1))
        return CODE.sub(lambda code: TOKEN.sub(tinted, code[0]), text)
