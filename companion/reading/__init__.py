"""Prose beside the diff of two neighbouring stages, computed from their folders."""
