"""Runs the commands that the docs show and compares what they print with the docs."""
