"""The machinery around the stages: shows them, checks them and keeps them true."""

INTERRUPTED = 130  # the exit status that shells give to what Ctrl+C has ended
