import os
import signal
import time
from threading import Timer

from django.core.management.base import BaseCommand

from authentication.outbox import send_next


class Command(BaseCommand):
    help = "Sends the emails in the outbox, until it is stopped."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="stop when no email is due")

    def handle(self, once, **options):
        self.stopping = False
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

        while not self.stopping:
            if send_next():
                continue

            if once:
                break

            time.sleep(1)

    def stop(self, *args):
        """
        Finishes the email that is being sent, unless the mail server takes
        more than five seconds. Then the email is due again.
        """
        self.stopping = True
        end = Timer(5, os._exit, [0])
        end.daemon = True
        end.start()
