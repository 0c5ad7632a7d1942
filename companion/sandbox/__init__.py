"""Starts untrusted code with limits on what it can use and reach."""
