"""Reads a learner's project and compares it with a stage, without running it."""
