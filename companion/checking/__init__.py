"""Holds a stage's tests against other people's projects."""
