"""Runs the learner's commands: start, check, watch and diff."""
