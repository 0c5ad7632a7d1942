"""Runs in the same process as the project: only these modules import Django."""
