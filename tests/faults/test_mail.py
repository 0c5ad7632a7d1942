"""The worker that sends emails is asked to end, or is killed, in the middle of one. aiosmtpd is the mail server."""

import asyncio
import signal
import subprocess
import sys
import threading

import pytest
from aiosmtpd.controller import Controller

from tests.faults.servers import FINAL, free_port, manage, wait_for

TO = ["grace@example.com", "ada@example.com"]


class Inbox:
    """What the mail server has received. It confirms no email until `open` is set."""

    def __init__(self):
        self.received, self.open = [], threading.Event()

    async def handle_DATA(self, server, session, envelope):
        self.received += envelope.rcpt_tos
        await asyncio.get_running_loop().run_in_executor(None, self.open.wait)
        return "250 Kept"


@pytest.fixture
def inbox(env):
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    inbox.env = env | {"EMAIL_URL": f"smtp://127.0.0.1:{controller.port}"}
    yield inbox
    inbox.open.set()
    controller.stop()


@pytest.fixture
def worker(api, empty, inbox):
    """The worker, in the middle of the first of two emails."""
    for email in TO:
        assert api.ask("/api/registration", {"email": email})[0] == 202
    command = [sys.executable, "manage.py", "sendmail"]
    with subprocess.Popen(command, cwd=FINAL, env=inbox.env) as worker:
        wait_for(lambda: inbox.received)
        yield worker
        worker.kill()


@pytest.fixture
def outbox(cluster):
    """Returns who gets the emails that wait, and how often that was tried."""
    return lambda: cluster.execute("SELECT email, tries FROM authentication_mail ORDER BY id")


def test_the_worker_finishes_an_email(worker, inbox, outbox):
    """After SIGTERM it finishes the email, begins no other, and ends. The next worker sends the rest, once."""
    worker.terminate()
    inbox.open.set()

    assert worker.wait(timeout=10) == 0
    assert (inbox.received, outbox()) == (TO[:1], [(TO[1], 0)])
    for _ in range(2):
        manage(inbox.env, "sendmail", "--once")
    assert (inbox.received, outbox()) == (TO, [])


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGTERM, 0), (signal.SIGKILL, -9)], ids=["SIGTERM", "SIGKILL"])
def test_an_email_that_is_not_confirmed_is_sent_again(worker, inbox, outbox, cluster, sent, status):
    """If the mail server confirms nothing, the worker ends within 10 seconds. The email is due again in a minute."""
    worker.send_signal(sent)

    assert worker.wait(timeout=10) == status
    assert (inbox.received, outbox()) == (TO[:1], [(TO[0], 1), (TO[1], 0)])
    assert cluster.execute("SELECT count(*) FROM authentication_mail WHERE due > now()") == [(1,)]
    inbox.open.set()
    cluster.execute("UPDATE authentication_mail SET due = created_at")
    manage(inbox.env, "sendmail", "--once")
    assert (inbox.received, outbox()) == (TO[:1] + TO, [])
