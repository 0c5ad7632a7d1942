"""Runs in that process, together with the project: only these modules import Django."""
