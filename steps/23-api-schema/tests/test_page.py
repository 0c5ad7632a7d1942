import re

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db


def test_the_page_is_where_links_lead(client):
    """The page is at `/`, and where the links in emails lead. It sets the CSRF cookie."""
    for path in ["", "register", "reset-password", "verify-email", "change-email"]:
        page = client.get(f"/{path}")

        assert page.status_code == 200
        assert page["Content-Type"] == "text/html; charset=utf-8"
        cookie = page.cookies["csrftoken"].OutputString()
        assert re.fullmatch(
            r"csrftoken=\w{32}; expires=[^;]+; Max-Age=31449600; Path=/; SameSite=Lax", cookie
        )


def test_the_page_has_no_inline_script_or_style(client):
    """Scripts and styles are files, because the policy refuses them in the HTML."""
    html = client.get("/").content.decode()
    names = re.findall(r'(?:src|href)="/static/([^"]+)"', html)

    assert names and all(finders.find(name) for name in names)
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", html) == []


def test_a_policy_limits_what_pages_load(client, admin_client):
    """The page, the API and the admin have a Content-Security-Policy without `unsafe-inline`."""
    for response in [client.get("/"), client.get("/api/me"), admin_client.get("/admin/")]:
        assert sorted(response["Content-Security-Policy"].split("; ")) == [
            "base-uri 'none'",
            "default-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
