"""Redis, which counts the requests of all processes, is stopped, restarted and frozen."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.faults.clients import LOGIN, ME, REFRESHED, Client, different, load, one_of_each, until_each_got
from tests.faults.servers import frozen

CANNOT_COUNT = (
    503,
    {"detail": "The server cannot count requests right now. Try again later.", "code": "try_again_later"},
    "10",
)


def test_redis_stops_and_starts_under_load(api, redis, clients):
    """Meanwhile logins are rejected, because nobody can count them. All other requests go on."""
    with load(clients), ThreadPoolExecutor(api.THREADS) as pool:
        until_each_got(clients, ME, times=5)
        with redis.stopped():
            down = [api.ask(path, LOGIN) for path in ("/api/login", "/api/registration", "/api/password/reset") * 2]
            until_each_got(clients, ME, times=5)
        up = list(pool.map(lambda _: api.ask("/api/login", LOGIN)[0], range(api.THREADS)))

    assert down == [CANNOT_COUNT] * 6
    assert different(clients) == one_of_each([ME, REFRESHED])
    assert up == [200] * api.THREADS


def test_a_frozen_redis(api, redis, client):
    """A Redis that answers nothing is the same. The client waits at most 5 seconds, as docs/operations.md promises."""
    with frozen([redis.process.pid]):
        login = api.ask("/api/login", LOGIN, timeout=5)
        others = client.me(), client.refresh()

    assert login == CANNOT_COUNT
    assert others == (ME, REFRESHED)
    assert api.ask("/api/login", LOGIN)[0] == 200


def test_two_servers_count_together(api, other):
    """Of 16 guesses at once, half of them at another server, 10 are read. The others are rate limited."""
    guess = {"email": "nobody@example.com", "password": "wrong"}
    barrier = Barrier(16)

    def ask(server):
        barrier.wait(timeout=30)
        return server.ask("/api/login", guess)[0]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, [api, other] * 8))

    assert sorted(answers) == [401] * 10 + [429] * 6


def test_two_servers_are_one(api, other, empty, sessions):
    """A login at one server works at the other. Of 16 refreshes at once, all get the same token. A logout ends it."""
    barrier = Barrier(16)

    def refresh(server):
        barrier.wait(timeout=30)
        return server.ask("/api/refresh", {"refresh_token": client.tokens["refresh_token"]})

    client = Client(api, other)
    me = [client.me() for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(refresh, [api, other] * 8))
    client.tokens = answers[0][1]
    row = sessions()
    logout = other.ask("/api/logout", {"refresh_token": client.tokens["refresh_token"]})
    after = client.me(), client.me()

    assert me == [ME] * 4
    assert [status for status, _, _ in answers] == [200] * 16
    assert {body["refresh_token"] for _, body, _ in answers} == {client.tokens["refresh_token"]}
    assert row == [client.row]
    assert logout == (204, None, None)
    assert after == ((401, {"detail": "The token is invalid.", "code": "token_invalid"}, None),) * 2
