"""The client's IP address is read from what a server or a proxy sends."""

import pytest
from rest_framework.test import APIRequestFactory

from authentication.throttles import AddressThrottle, client_address

PROXY = "192.0.2.9"
FORMS = [
    ("7.7.7.7", "7.7.7.7"),
    (" 7.7.7.7\t", "7.7.7.7"),
    ("7.7.7.7:40001", "7.7.7.7"),
    ("7.7.7.7:", "7.7.7.7"),
    ("1.2.3.4, 7.7.7.7:40001", "7.7.7.7"),
    ("[7.7.7.7]:40001", "7.7.7.7"),
    ("::ffff:7.7.7.7", "7.7.7.7"),
    ("::FFFF:707:707", "7.7.7.7"),
    ("[::ffff:7.7.7.7]", "7.7.7.7"),
    ("[::ffff:7.7.7.7]:40001", "7.7.7.7"),
    ("2001:db8::1", "2001:db8::1"),
    ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[2001:db8::1]:40001", "2001:db8::1"),
    ("[2001:db8::1%eth0]:40001", "2001:db8::1"),
    ("fe80::1%eth0", "fe80::1"),
    ("::1", "::1"),
    # Not an IP address, so the proxy's address is used.
    ("", PROXY),
    (",", PROXY),
    ("unknown", PROXY),
    ("_hidden", PROXY),
    (":40001", PROXY),
    ("[", PROXY),
    ("[]:1", PROXY),
    ("%", PROXY),
    ("7.7.7", PROXY),
    ("07.7.7.7", PROXY),
    ("7.7.7.7:1:2", PROXY),
    ("7.7.7.256", PROXY),
    ("2001:db8::1::2", PROXY),
    ("2001:db8:::40001", PROXY),
    ("\uff17.7.7.7", PROXY),
    ("7.7.7.7\0", PROXY),
    ("\0" * 300, PROXY),
    ("1" * 5000, PROXY),
]


@pytest.fixture(autouse=True)
def one_proxy(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}


def throttle():
    return type("Any", (AddressThrottle,), {"scope": "login"})()


def request_with(header, remote=PROXY):
    return APIRequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=header)


@pytest.mark.parametrize(("header", "address"), FORMS)
def test_an_address_has_one_form(header, address):
    """The client's IP address has no port, brackets or zone; for other text, the proxy's address is used."""
    assert client_address(request_with(header)) == address


@pytest.mark.parametrize("remote", [None, "", "unknown", "\0", "/run/api.sock"])
def test_a_unix_socket_has_no_ip_address_and_causes_no_crash(remote):
    """A Unix socket has no IP address. Then all its clients are counted together."""
    assert client_address(request_with("unknown", remote)) == ""
    assert throttle().get_ident(request_with("unknown", remote)) == ""


@pytest.mark.parametrize(("header", "address"), FORMS)
def test_the_server_may_write_the_same_forms(settings, header, address):
    """Without a proxy, the server's own `REMOTE_ADDR` is read in the same way."""
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 0}
    expected = "" if address == PROXY else address
    single = header.split(",")[-1].strip()

    assert client_address(request_with("8.8.8.8", single)) == expected


@pytest.mark.parametrize(
    ("header", "counted"),
    [
        ("7.7.7.7:40001", "7.7.7.7"),
        ("::ffff:7.7.7.7", "7.7.7.7"),
        ("[2001:db8:1:2:3:4:5:6]:40001", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unknown", PROXY),
    ],
)
def test_an_ipv6_network_is_counted_as_one_client(header, counted):
    """The rate limits count an IPv4 address, or the first half of an IPv6 address."""
    assert throttle().get_ident(request_with(header)) == counted
