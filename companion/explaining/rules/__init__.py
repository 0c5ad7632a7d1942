"""Recognizes common mistakes, one kind of mistake in each module."""
