"""Fixtures for the tests of the site: the real site, built strictly."""

import os
import subprocess
import sys

import pytest

from companion.chain.stages import ROOT


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Builds the site with these options and URLs; returns its folder."""

    def built(*options, **addresses):
        folder = tmp_path_factory.mktemp("site")
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder), *options]
        env = {name: value for name, value in os.environ.items() if name not in ("SITE_URL", "REPO_URL")}
        env |= {"NO_MKDOCS_2_WARNING": "1"} | addresses
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return folder

    return built


@pytest.fixture(scope="session")
def offline(built):
    """The site for reading without a server, built without SITE_URL and REPO_URL."""
    return built("-f", "mkdocs-offline.yml")
