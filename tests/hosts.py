"""Finds hosts in a text that do not exist, for tests of pages and of commands' output."""

import re
from html.parser import HTMLParser

LOCAL = {"127.0.0.1", "localhost", "api", "logins"}  # the last two are containers of compose.yaml
# Hosts that were looked up and exist. Add a host here when a page links to it for the first time.
KNOWN = {
    "cheatsheetseries.owasp.org", "datatracker.ietf.org", "distributed.dask.org", "docs.djangoproject.com",
    "docs.python.org", "dolos.ugent.be", "drf-spectacular.readthedocs.io", "github.com", "schemathesis.readthedocs.io",
    "squidfunk.github.io", "theory.stanford.edu", "www.django-rest-framework.org", "www.rfc-editor.org",
    "www.sitemaps.org", "www.w3.org",
}  # fmt: skip
RESERVED = re.compile(r"(^|.*\.)(example(\.com|\.net|\.org)?|test|invalid)")  # RFC 2606: for examples of code
ADDRESS = re.compile(r"https?://([\w-][\w.-]*)")
BARE = re.compile(r"(?<![\w@.-])(?:[\w-]+\.)+(?:example|invalid)\b(?!\.\w)")
FENCE = re.compile(r"^( *)(```+).*?^\1\2|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def made_up(text, code=False):
    """Returns the hosts in a text that do not exist; in `code`, reserved names are allowed."""
    hosts = {host.rstrip(".") for host in ADDRESS.findall(text)} | set(BARE.findall(text))
    return {host for host in hosts - KNOWN - LOCAL if not (code and RESERVED.fullmatch(host))}


def made_up_in_markdown(text):
    """Returns the same for Markdown, whose code can use reserved names."""
    inside = " ".join(match[0] for match in FENCE.finditer(text))
    return made_up(FENCE.sub("", text)) | made_up(inside, code=True)


def made_up_in_html(text):
    """Returns the same for an HTML page: its attributes, its text and its code."""
    page = _Page()
    page.feed(text)
    return made_up(" ".join(page.prose)) | made_up(" ".join(page.code), code=True)


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.depth, self.prose, self.code = 0, [], []

    def handle_starttag(self, tag, attrs):
        self.depth += tag in ("pre", "code")
        self.prose += [value for _, value in attrs if value]

    def handle_endtag(self, tag):
        self.depth -= tag in ("pre", "code")

    def handle_data(self, data):
        (self.code if self.depth else self.prose).append(data)
