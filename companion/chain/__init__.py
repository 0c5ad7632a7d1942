"""Reads the stages and their chapters: how two stages differ, and where a reader finds a change."""
