"""Builds pages from the Markdown of the docs: only this room imports Markdown and MkDocs."""
