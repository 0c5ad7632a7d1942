"""Chooses where submissions are graded: on this machine, on a Dask cluster, or by an executor that the user names."""

import os
import pkgutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from companion.grading.verdicts import CannotGrade
from companion.sandbox.supervise import interrupted


class _Threads(ThreadPoolExecutor):
    """Threads are enough, because each only starts the processes of a submission and waits for them."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the threads. With `wait=False`, they kill the processes of their submissions at once."""
        if not wait:
            interrupted.set()
        super().shutdown(wait=True, cancel_futures=cancel_futures)
        interrupted.clear()


def workers(named: str, jobs: int) -> Executor:
    """Returns what `--executor` names: "processes", "dask://HOST:PORT", or MODULE:CALLABLE, which returns an Executor.

    `jobs` is how many submissions are graded at a time on this machine. Raises CannotGrade.
    """
    if named == "processes":
        return _Threads(jobs)
    if named.startswith("dask://"):
        return _dask(named.removeprefix("dask://"))
    try:
        make = pkgutil.resolve_name(named) if ":" in named else None
    except (ImportError, AttributeError, ValueError) as error:
        raise CannotGrade(f"--executor {named}: {error}") from None
    executor = make() if callable(make) else None
    if not isinstance(executor, Executor):
        said = "say processes, dask://HOST:PORT, or MODULE:CALLABLE, which returns an Executor."
        raise CannotGrade(f"--executor {named}: {said}")
    return executor


def processors() -> int:
    """Returns how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def temporary_files() -> Iterator[None]:
    """Puts the temporary files of this process into one folder, which is removed however the process ends.

    A shell removes it when its stdin ends, because a process that is killed removes nothing.
    """
    folder = tempfile.mkdtemp(prefix="grading-")
    before, tempfile.tempdir = tempfile.tempdir, folder
    try:
        with subprocess.Popen(["sh", "-c", 'cat; rm -rf "$0"', folder], stdin=subprocess.PIPE, start_new_session=True):
            yield
    finally:
        tempfile.tempdir = before


def _dask(address: str) -> Executor:
    try:
        from distributed import Client

        executor: Executor = Client(f"tcp://{address}", timeout=10).get_executor(pure=False)
    except ImportError:
        raise CannotGrade(
            "Dask is not installed here: pip install --group dask (the group in pyproject.toml), and so on each worker."
        ) from None
    except (OSError, ValueError) as error:
        raise CannotGrade(f"There is no Dask scheduler at {address}: {error}") from None
    return executor
