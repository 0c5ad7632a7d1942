import threading

import pytest
from django.core.cache import cache, caches
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient, APIRequestFactory

from authentication.models import User
from authentication.throttles import AddressThrottle, LoginThrottle, client_address

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
ADMIN_LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The time that throttles see, in seconds: a quarter past one, until a test moves it."""
    clock = [13 * 3600 + 15 * 60]
    monkeypatch.setattr(AddressThrottle, "timer", lambda throttle: clock[0])
    return clock


@pytest.fixture
def proxies(settings):
    """Set the number of trusted proxies."""

    def proxies(number):
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": number}

    return proxies


def login(email="ada@example.com", password="wrong", address="192.0.2.1", **headers):
    data = {"email": email, "password": password}
    return APIClient(REMOTE_ADDR=address).post("/api/login", data, format="json", headers=headers)


def register(address="192.0.2.1"):
    return APIClient(REMOTE_ADDR=address).post("/api/registration", {}, format="json")


def admin_login(client, email="root@example.com", password="wrong"):
    return client.post(ADMIN_LOGIN, {"username": email, "password": password})


def test_an_account_is_limited_to_ten_guesses_an_hour(user, hashed):
    """After ten wrong passwords the response is 429 with a time to wait, and nothing is hashed.

    `GuessThrottle` counts after the fields are checked and before `authenticate` is called.
    """
    assert [login().status_code for _ in range(10)] == [401] * 10
    hashed.clear()
    answer = login(password=PASSWORD)

    assert answer.status_code == 429
    assert answer.json() == {"detail": "Request was throttled. Expected available in 2700 seconds."}
    assert answer["Retry-After"] == "2700"
    assert hashed == []


def test_the_count_is_reset_after_an_hour(user, clock):
    """The count is reset every hour."""
    assert [login().status_code for _ in range(11)][-1] == 429
    clock[0] += 2699
    assert login().status_code == 429
    clock[0] += 1
    assert login().status_code == 401


def test_a_successful_login_resets_the_count(user):
    """A login with the right password resets the count."""
    for _ in range(3):
        assert [login().status_code for _ in range(9)] == [401] * 9
        assert login(password=PASSWORD).status_code == 200


def test_a_dotted_capital_i_does_not_start_a_new_count():
    """Spellings that PostgreSQL treats as one email share a counter, on every database."""
    User.objects.create_user("ida", "ida@example.com", PASSWORD)

    assert [login("İda@example.com").status_code for _ in range(10)] == [401] * 10
    assert login("ida@example.com", PASSWORD).status_code == 429


def test_all_spellings_of_an_email_share_one_counter(user):
    """All spellings of an email belong to one account, so they share one counter."""
    spellings = ["ada@example.com", "ADA@example.com", " Ada@EXAMPLE.com", "ada@\uff45xample.com"]
    answers = [login(spellings[number % 4]).status_code for number in range(11)]

    assert answers == [401] * 10 + [429]


def test_guesses_at_an_unknown_account_are_counted():
    """The count does not reveal whether an account exists."""
    answers = [login("nobody@example.com").status_code for _ in range(11)]

    assert answers == [401] * 10 + [429]


def test_an_attacker_cannot_lock_out_the_owner(user):
    """Guesses from one IP address do not lock out the owner, who uses another one."""
    assert [login().status_code for _ in range(11)][-1] == 429

    assert login(password=PASSWORD, address="192.0.2.2").status_code == 200


def test_other_accounts_of_an_ip_address_are_not_locked_out(user):
    """Guesses at one account do not block other accounts at the same IP address."""
    assert [login("grace@example.com").status_code for _ in range(11)][-1] == 429

    assert login(password=PASSWORD).status_code == 200


def test_a_login_without_a_password_is_not_counted(user):
    """A login without a password returns 400, and does not count as a guess."""
    assert [login(password="").status_code for _ in range(15)] == [400] * 15
    assert login(password=PASSWORD).status_code == 200


def test_an_ip_address_is_limited_to_sixty_logins_a_minute(user, hashed, clock):
    """The 61st login from one IP address within a minute returns 429, for every account."""
    for number in range(60):
        assert login(f"person{number}@example.com").status_code == 401
    hashed.clear()
    answer = login(password=PASSWORD)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert hashed == []
    assert login(password=PASSWORD, address="192.0.2.2").status_code == 200
    clock[0] += 60
    assert login(password=PASSWORD).status_code == 200


def test_an_ip_address_is_limited_to_twenty_registrations_an_hour():
    """The 21st registration from an IP address within an hour gets a 429.

    Each of them can send an email to anybody.
    """
    assert [register().status_code for _ in range(20)] == [400] * 20
    answer = register()

    assert answer.status_code == 429
    assert answer["Retry-After"] == "2700"
    assert register("192.0.2.2").status_code == 400
    assert login().status_code == 401


def test_all_requests_sent_at_once_are_counted(monkeypatch):
    """Of 150 requests at once, exactly 60 are allowed.

    The cache counts with `incr`. Reading a count and writing it back would lose some requests: here
    all of them read at the same moment.
    """
    request = APIRequestFactory().post("/")
    allowed = []
    together = threading.Barrier(15)
    backend = type(caches["default"])
    get = backend.get

    def get_together(*arguments, **options):
        value = get(*arguments, **options)
        together.wait(timeout=30)
        return value

    monkeypatch.setattr(backend, "get", get_together)

    def ask():
        for _ in range(10):
            allowed.append(LoginThrottle().allow_request(request))

    threads = [threading.Thread(target=ask) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(allowed) == [False] * 90 + [True] * 60


def test_x_forwarded_for_is_ignored_without_a_proxy(user):
    """Without a proxy, `X-Forwarded-For` is ignored: a client can write anything into it."""
    answers = [login(x_forwarded_for=f"198.51.100.{number}") for number in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


def test_behind_a_proxy_the_last_forwarded_address_counts(user, proxies):
    """Behind one proxy, the last address counts: the proxy added it. A client can add others."""
    proxies(1)
    forged = [login(x_forwarded_for=f"198.51.100.{number}, 203.0.113.1") for number in range(11)]

    assert [answer.status_code for answer in forged] == [401] * 10 + [429]
    assert login(password=PASSWORD, x_forwarded_for="203.0.113.2").status_code == 200


@pytest.mark.parametrize("client", ["203.0.113.1:{}", "not an IP address {}"])
def test_another_port_does_not_start_a_new_count(user, proxies, client):
    """A client gets ten guesses, even if the proxy adds a new port to its IP address each time.

    `client_address` removes the port. Text that is not an IP address counts as the proxy.
    """
    proxies(1)
    answers = [login(x_forwarded_for=client.format(number)) for number in range(40001, 40012)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert login(password=PASSWORD, x_forwarded_for="203.0.113.2:40001").status_code == 200


def test_client_address_returns_an_ip_address_without_a_port(proxies):
    """`client_address` returns the IP address of the client, without a port.

    If the proxy wrote something else, it returns the IP address of the proxy.
    """
    proxies(1)
    for header, address in [
        ("7.7.7.7:40001", "7.7.7.7"),
        ("[2001:DB8::1]:40001", "2001:db8::1"),
        ("not an IP address", "192.0.2.9"),
    ]:
        meta = {"REMOTE_ADDR": "192.0.2.9", "HTTP_X_FORWARDED_FOR": header}

        assert client_address(APIRequestFactory().get("/", **meta)) == address


def test_an_ipv6_network_is_counted_as_one_client():
    """All IPv6 addresses of one /64 network share a counter. Each IPv4 address has its own."""
    for first, second, same in [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ]:
        keys = {
            LoginThrottle().get_cache_key(APIRequestFactory().post("/", REMOTE_ADDR=address), None)
            for address in (first, second)
        }

        assert len(keys) == (1 if same else 2)


@pytest.fixture
def cache_down(monkeypatch):
    """Make the cache fail when it counts for a throttle."""

    def cache_down(scope="", error=None):
        incr = cache.incr

        def broken(key):
            if f"throttle:{scope}" in key:
                raise error or RedisConnectionError("refused")
            return incr(key)

        monkeypatch.setattr(cache, "incr", broken)

    return cache_down


@pytest.mark.parametrize(
    ("scope", "send", "error"),
    [
        ("login", login, RedisConnectionError("refused")),
        ("guess", login, ValueError("no such key")),
        ("registration", register, RedisConnectionError("refused")),
    ],
    ids=["login", "guess", "registration"],
)
def test_without_the_cache_login_returns_503(user, cache_down, hashed, caplog, scope, send, error):
    """If the cache can't count, the response says when to try again, and the log has the error.

    `allow_request` raises `CannotCount`. Its `wait` becomes the header `Retry-After`.
    """
    hashed.clear()
    cache_down(scope, error)
    answer = send()

    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert answer.json() == {
        "detail": "The server cannot count requests right now. Try again later.",
        "code": "try_again_later",
    }
    assert hashed == []
    assert ("authentication.throttles", "The cache cannot count requests.") in {
        (record.name, record.message) for record in caplog.records
    }


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_without_the_cache_no_email_is_sent(user, cache_down, mailoutbox, email):
    """If the cache can't count emails, the response is the same 503 with and without an account."""
    cache_down("mail")
    for path in ["/api/registration", "/api/password/reset"]:
        answer = APIClient().post(path, {"email": email}, format="json")

        assert answer.status_code == 503
        assert answer["Retry-After"] == "10"
        assert answer.json() == {
            "detail": "The server cannot count requests right now. Try again later.",
            "code": "try_again_later",
        }
        assert mailoutbox == []


def test_without_the_cache_a_token_works(user, token_for, cache_down):
    """A request with a token works without the cache."""
    cache_down()
    answer = APIClient().get("/api/me", headers={"Authorization": f"Bearer {token_for(user)}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("scope", ["login", "guess"])
def test_without_the_cache_the_admin_shows_an_error(client, admin_user, cache_down, scope):
    """If the cache can't count, the admin's login form shows an error, and nobody can log in."""
    cache_down(scope)
    page = admin_login(client, password="password")

    assert page.status_code == 200
    assert page.context["form"].non_field_errors() == [
        "The server cannot count logins right now. Try again later."
    ]
    assert User.objects.get().last_login is None


def test_a_login_succeeds_when_its_count_cannot_be_reset(user, monkeypatch, caplog):
    """If the cache fails after the password was checked, the login still succeeds."""

    def broken(key):
        raise RedisConnectionError("refused")

    monkeypatch.setattr(cache, "delete", broken)

    assert login(password=PASSWORD).status_code == 200
    assert "The cache cannot forget a count." in caplog.messages


def test_the_admin_counts_guesses(client, admin_user):
    """The admin's login is blocked after ten wrong passwords. It shares a counter with the API."""
    for _ in range(5):
        login("root@example.com", address="127.0.0.1")
        assert "Please enter the correct email" in admin_login(client).content.decode()
    page = admin_login(client, password="password")

    assert page.status_code == 200
    assert page.context["form"].non_field_errors() == ["Too many guesses. Try again in an hour."]
    assert User.objects.get().last_login is None


def test_the_admin_counts_logins_of_an_ip_address(client, admin_user):
    """The admin's login is blocked after sixty logins from one IP address within a minute."""
    for number in range(60):
        login(f"person{number}@example.com", address="127.0.0.1")
    page = admin_login(client, password="password")

    assert page.context["form"].non_field_errors() == [
        "Too many logins from your address. Try again in a minute."
    ]


def test_a_successful_admin_login_resets_the_count(client, admin_user):
    """An admin login with the right password resets the count. Later guesses are counted again."""
    for _ in range(2):
        for _ in range(9):
            admin_login(client)
        assert admin_login(client, password="password").status_code == 302
    for _ in range(10):
        admin_login(client)

    assert admin_login(client, password="password").status_code == 200


@pytest.mark.parametrize("password", ["", PASSWORD])
def test_a_failed_admin_login_does_not_reset_the_count(client, user, password):
    """A login without a password, or of a user who isn't staff, does not reset the count.

    Django's form also calls `clean` without a password, and then it checks nothing.
    """
    for _ in range(9):
        login(address="127.0.0.1")
    page = admin_login(client, "ada@example.com", password)

    assert page.status_code == 200
    assert login(password=PASSWORD, address="127.0.0.1").status_code == 429


def test_an_admin_login_without_an_email_is_rejected(client, admin_user):
    """An admin login without an email is rejected as before."""
    page = admin_login(client, email="")

    assert page.context["form"].errors["username"] == ["This field is required."]
    assert cache.get(LoginThrottle().get_cache_key(page.wsgi_request, None)) == 1
