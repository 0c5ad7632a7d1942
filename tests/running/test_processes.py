"""Processes that are started in advance."""

import subprocess

import pytest

from companion.chain.stages import find
from companion.running import processes
from companion.running.run_suite import check


def test_a_check_uses_the_waiting_process(project):
    """Its imports are done, and the check starts no other process."""
    folder = project("01-dockerfile")
    with processes.prepared(1):
        (waiting,) = processes._waiting
        assert check(find("01-dockerfile"), folder).passed
        assert processes._waiting == []
        assert waiting.process.returncode == 0


def test_a_process_that_has_died_is_not_taken(project):
    """The system can kill it when memory is short; then a new one is started."""
    with processes.prepared(1):
        processes._waiting[0].process.kill()
        processes._waiting[0].process.wait()
        assert check(find("01-dockerfile"), project("01-dockerfile")).passed


def test_an_unused_process_ends_quietly():
    """If the parent ends, the process reads the end of its input."""
    started = processes.Started()
    started.process.stdin.close()

    assert started.process.wait() == 0
    assert started.text() == ""
    started.close()


def test_a_package_that_is_missing_is_named(project, monkeypatch):
    """The process can't import it, which is not the fault of the project."""
    real = subprocess.Popen

    def without_packages(command, **options):
        return real([command[0], "-S", *command[1:]], **options)

    monkeypatch.setattr(processes.subprocess, "Popen", without_packages)
    with pytest.raises(ModuleNotFoundError) as missing:
        check(find("01-dockerfile"), project("01-dockerfile"))
    assert missing.value.name == "django"
