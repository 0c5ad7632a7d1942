"""A pytest plugin that runs only the tests whose ids are in the file ADDED, one a line."""

import os
from pathlib import Path


def pytest_collection_modifyitems(items):
    added = Path(os.environ["ADDED"]).read_text().splitlines()
    items[:] = [item for item in items if item.nodeid in added]
