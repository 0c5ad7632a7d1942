"""What the tests of the site share: the site itself, built strictly."""

import os
import subprocess
import sys

import pytest

from companion.chain.stages import ROOT


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Builds the site with these options and addresses; returns its folder."""

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
    """The site that is read without a server, as it is built where no address is known."""
    return built("-f", "mkdocs-offline.yml")
