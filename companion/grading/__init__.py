"""Grades a folder of submissions and writes the results."""
