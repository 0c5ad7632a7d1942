import pytest


@pytest.fixture
def request_id(client, settings):
    settings.MIDDLEWARE = ["exercises.tracing.RequestIDMiddleware", *settings.MIDDLEWARE]

    def request_id(**headers):
        return client.get("/api/me", headers=headers)["X-Request-ID"]

    return request_id


def test_every_response_has_an_id_of_its_own(request_id):
    """Every response has a header `X-Request-ID` with 32 new hexadecimal digits."""
    first, second = request_id(), request_id()
    assert (len(bytes.fromhex(first)), len(bytes.fromhex(second))) == (16, 16)
    assert first != second


def test_the_id_of_a_proxy_is_kept(request_id):
    """If the request has an id of letters, digits and hyphens, the response has the same."""
    assert request_id(**{"X-Request-ID": "Ada-1"}) == "Ada-1"


@pytest.mark.parametrize("sent", ["", "a b", "a\u0661", "a" * 65, '"><script>'], ids=ascii)
def test_an_id_that_could_do_harm_is_replaced(request_id, sent):
    """An id that is empty, longer than 64 characters, or has other characters is replaced.

    `re.fullmatch` checks a whole text. Name the characters: `\\w` matches far more than ASCII.
    """
    assert len(request_id(**{"X-Request-ID": sent})) == 32
