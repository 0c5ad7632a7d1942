"""Grades on a real Dask cluster on this machine: a scheduler and two workers, each in its own process."""

import json
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from companion.chain.stages import ROOT, files, find

CLASS = 8


@pytest.fixture
def cluster(tmp_path):
    """Starts a scheduler and two workers; returns the scheduler's address and the workers."""
    started = []

    def start(name: str, *arguments: str, until: str) -> tuple[subprocess.Popen, str]:
        command = [sys.executable, "-m", f"distributed.cli.{name}", *arguments, "--no-dashboard"]
        process = subprocess.Popen(
            command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}
        )
        started.append(process)
        for line in process.stderr:
            if found := re.search(until, line):
                return process, found[1]
        raise AssertionError(f"{name} ended with status {process.wait()}")

    _, address = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", until=r"Scheduler at: +tcp://(\S+)")
    options = [f"tcp://{address}", "--nthreads", "1", "--no-nanny"]
    workers = [start("dask_worker", *options, until=r"Registered to: +tcp://(\S+)")[0] for _ in range(2)]
    yield address, workers
    for process in reversed(started):
        process.kill()
        process.wait()
        process.stderr.close()


def classroom(folder: Path) -> Path:
    for n in range(CLASS):
        for name, path in files(find("08-urls" if n % 4 else "07-views")).items():
            (folder / f"s{n}" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / f"s{n}" / name).write_bytes(path.read_bytes())
    return folder


def test_a_killed_worker_loses_no_result(tmp_path, cluster):
    address, workers = cluster
    folder = classroom(tmp_path / "class")
    command = [sys.executable, "-m", "companion", "grade", str(folder), "--executor", f"dask://{address}"]
    run = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert "1 of 8" in run.stderr.readline()
    handles = [os.pidfd_open(child) for child in children(workers[0].pid)]
    workers[0].send_signal(signal.SIGKILL)
    printed, told = run.communicate()

    assert run.returncode == 0, told
    assert printed.splitlines()[0] == "8 submissions: 6 passed, 2 failed"
    results = json.loads((tmp_path / "class-grades" / "results.json").read_text())["results"]
    assert {r["submission"]: r["verdict"] for r in results} == {
        f"s{n}": "passed" if n % 4 else "failed" for n in range(CLASS)
    }
    assert all(r["proof"] for r in results)
    for handle in handles:
        assert select.select([handle], [], [], 30)[0], "a sandbox outlives its worker"
        os.close(handle)


def children(process: int) -> list[int]:
    return [
        int(n) for thread in Path(f"/proc/{process}/task").iterdir() for n in (thread / "children").read_text().split()
    ]
