"""Runs the client of docs/questions.md in a real browser."""

import re

from companion.chain.stages import ROOT

CLIENT = re.search(r"^```js\n(.*?)^```", (ROOT / "docs/questions.md").read_text(), re.MULTILINE | re.DOTALL)[1]
# A server whose access token "old" has expired. `refused` makes it reject the refresh token too.
SERVER = """
    const tokens = { access: "old", refresh: "1" };
    let refreshes = 0;
    const fetch = async (path, options) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (path === "/api/refresh") {
            refreshes += 1;
            if (refused || JSON.parse(options.body).refresh_token !== "1") return new Response("{}", { status: 401 });
            return new Response(JSON.stringify({ access_token: "new", refresh_token: "2" }));
        }
        return new Response("{}", { status: options.headers.Authorization === "Bearer new" ? 200 : 401 });
    };
"""


def ask(page, refused):
    """Sends eight requests at once. Returns their statuses or errors, the number of refreshes, and the tokens."""
    return page.evaluate(f"""async (refused) => {{
        {SERVER}
        {CLIENT}
        const sent = Array.from({{ length: 8 }}, () => api("/api/me").then((r) => r.status, (error) => error.message));
        return [await Promise.all(sent), refreshes, tokens];
    }}""", refused)  # fmt: skip


def test_eight_requests_share_one_refresh(visit):
    """All of them succeed with the new access token, and the client keeps the new refresh token."""
    assert ask(visit("questions/"), refused=False) == [[200] * 8, 1, {"access": "new", "refresh": "2"}]


def test_a_rejected_refresh_is_not_repeated(visit):
    """The client doesn't loop: each request fails with the advice to log in."""
    assert ask(visit("questions/"), refused=True) == [["Log in again."] * 8, 1, {"access": "old", "refresh": "1"}]
