"""Explains a failure in a sentence, with the line to open and the step to read."""
