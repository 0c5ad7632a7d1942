"""Shows the stages, checks learners' projects, grades submissions, and keeps the stages consistent."""

INTERRUPTED = 130  # exit status of shells after Ctrl+C
SUPPORTED = ("3.11", "3.12", "3.13")  # versions that the suites are tested with
