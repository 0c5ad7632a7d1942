"""Runs a stage's tests on a project, in a separate process."""
