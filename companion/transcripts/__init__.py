"""Runs the commands that the docs show, and holds what they print against what the docs say."""
