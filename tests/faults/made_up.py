"""Makes up requests: odd paths, headers and bodies, in a form that a server can read to its end."""

import json
from urllib.parse import quote

PATHS = [
    "/", "/admin/", "/admin/login/", "/api/login", "/api/logout", "/api/me", "/api/me/delete",
    "/api/refresh", "/api/registration", "/api/registration/confirm", "/api/password/change",
    "/api/password/reset", "/api/password/confirm", "/api/email/change", "/api/email/confirm",
    "/api/email/resend", "/api/email/verify", "/api/sessions", "/api/sessions?page=2", "/api/browser/login",
    "/api/browser/refresh", "/api/browser/logout", "/.well-known/jwks.json", "/health/live", "/register",
    "/static/admin/css/base.css",
]  # fmt: skip
DOCS = ["/api/schema", "/api/docs"]  # each takes as long as a hundred others
METHODS = [*["GET", "POST"] * 12, "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "X-Y", "CONNECT"]
HEADERS = [
    "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Access-Control-Request-Method",
    "Authorization", "Cache-Control", "Content-Encoding", "Content-Type", "Cookie", "Date", "Forwarded",
    "From", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Origin",
    "Range", "Referer", "TE", "Trailer", "Upgrade", "User-Agent", "Via", "X-CSRFToken", "X-Forwarded-For",
    "X-Forwarded-Host", "X-HTTP-Method-Override", "X-Real-IP", "X-Request-ID", "X-Requested-With",
]  # fmt: skip
FIELDS = ["email", "username", "password", "new_password", "token", "refresh_token", "page", "__proto__", "id"]
WORDS = [
    "ada@example.com", "a@b.c", "sessionid=", "csrftoken=", "Bearer", "Basic", "Token", "application/json",
    "text/html", "*/*", "charset=utf-8", "charset=x", ";", ",", "=", ":", '"', "'", "\\", "/", "..", "%00",
    "%2e", "%ff", "ÿ", "Ã©", "í", "\x80", "gzip", "bytes=0-1", "0", "-1", "1e999", "9999999999999999999999",
    "NaN", "null", "true", "https", "http", "127.0.0.1", "[::1]", "[", "example.com:99999",
    "multipart/form-data;boundary=x", "q=0.5", "*", "eyJ", "a.b.c",
]  # fmt: skip
ODD = [None, True, 0, -1, 1.5, 10**30, float("nan"), float("inf"), "\0", "\ud800", "x" * 5000, ""]


def text(random):
    """Makes up a text, from words that mean something to a server and from single characters, seldom control ones."""
    first, made = 33 if random.random() < 0.99 else 0, ""
    for _ in range(random.randrange(6)):
        made += random.choice(WORDS) if random.random() < 0.7 else chr(random.randrange(first, 256))
    return made


def value(random, depth=0):
    """Makes up a value that JSON can write."""
    kind = random.randrange(12 if depth < 4 else 8)
    if kind < 4:
        return text(random)
    if kind < 8:
        return random.choice(ODD)
    inner = [value(random, depth + 1) for _ in range(random.randrange(4))]
    return inner if kind < 10 else {random.choice(FIELDS): one for one in inner}


def body(random):
    """Makes up a body: often JSON with our fields, often damaged, sometimes random bytes."""
    if random.random() < 0.2:
        return random.randbytes(random.randrange(300))
    fields = {random.choice(FIELDS): value(random) for _ in range(random.randrange(4))}
    written = json.dumps(fields if random.random() < 0.8 else value(random)).encode()
    if random.random() < 0.3:
        place = random.randrange(len(written) + 1)
        written = written[:place] + random.randbytes(random.randrange(3)) + written[place + random.randrange(3) :]
    return written


def request(random, token):
    """Makes up a request as bytes. This access token is in some, but in none that can log it out."""
    method, path = random.choice(METHODS), random.choice(PATHS if random.random() < 0.998 else DOCS)
    if random.random() < 0.3:
        more = text(random)
        path += random.choice(["", "/", "?", "%"]) + (quote(more) if random.random() < 0.9 else more)
    headers = [(random.choice(HEADERS), text(random)) for _ in range(random.randrange(5))]
    if random.random() < 0.02:
        headers.append((text(random), text(random)))
    if random.random() < 0.3 and method != "DELETE" and "logout" not in path:
        headers.append(("Authorization", f"Bearer {token}"))
    if random.random() < 0.95:
        headers += [("Host", "127.0.0.1"), ("X-Forwarded-Proto", "https")]
    if random.random() < 0.8:
        headers.append(("Content-Type", "application/json"))
    content = body(random) if random.random() < 0.7 else b""
    if random.random() < 0.1:
        headers.append(("Transfer-Encoding", "chunked"))
        content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content) if content else b"0\r\n\r\n"
    else:
        headers.append(("Content-Length", str(len(content))))
    lines = [f"{method} {clean(path)} HTTP/1.1", *(f"{clean(name)}: {clean(text)}" for name, text in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1") + content


def clean(text):
    """Removes line breaks, because a server that waits for the rest of a request answers nothing."""
    return text.replace("\r", " ").replace("\n", " ")
