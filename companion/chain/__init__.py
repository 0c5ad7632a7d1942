"""Reads the stages, their chapters and the faults they fix: how two stages differ, where a reader finds a change."""
