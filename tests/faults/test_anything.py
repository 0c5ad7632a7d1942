"""100,000 requests that nobody would think of."""

import os
import secrets
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPResponse
from random import Random

from tests.faults.clients import ME
from tests.faults.made_up import request

REQUESTS = 100_000


def test_any_request_is_answered_without_an_error(api, client):
    """Whatever the path, the headers and the body are, no response is a 5xx but the promised 503, which a slow Redis causes."""
    seed = os.environ.get("FAULTS_SEED") or secrets.token_hex(4)
    print(f"FAULTS_SEED={seed} repeats these requests")
    token = client.tokens["access_token"]
    with ThreadPoolExecutor(api.THREADS) as pool:
        randoms = [Random(f"{seed}-{number}") for number in range(api.THREADS)]
        shares = [pool.submit(send, api.address, random, token, REQUESTS // api.THREADS) for random in randoms]
        statuses = sum((share.result() for share in shares), Counter())
    print(statuses)

    assert statuses.total() == REQUESTS
    assert {status for status in statuses if status >= 500} <= {503}
    assert client.me() == ME


def send(address, random, token, times):
    """Sends so many requests over one connection, as long as the server keeps it open. Counts the statuses."""
    statuses, connection = Counter(), None
    for _ in range(times):
        connection = connection or socket.create_connection(address, timeout=30)
        sent = request(random, token)
        connection.sendall(sent)
        response = HTTPResponse(connection, method=sent.partition(b" ")[0].decode())
        response.begin()
        response.read()
        statuses[response.status] += 1
        if response.status >= 500:
            print(response.status, sent)
        if response.will_close:
            connection.close()
            connection = None
    if connection:
        connection.close()
    return statuses
