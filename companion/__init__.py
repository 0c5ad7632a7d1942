"""The machinery around the stages: shows them, checks them and keeps them true."""

INTERRUPTED = 130  # the exit status that shells give to what Ctrl+C has ended
SUPPORTED = ("3.11", "3.12", "3.13")  # those on which the suites ran
