"""Who does the work: processes of this machine, a Dask cluster, or any executor that somebody names."""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import Any

AHEAD = 2  # tasks that each process of this machine has before it, so that none waits
AHEAD_ELSEWHERE = 1000  # tasks that wait in a cluster
ENDINGS = (signal.SIGINT, signal.SIGTERM)  # from Ctrl+C, and from a pool of which a process has died


class NoExecutor(ValueError):
    """There is no such executor; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Makes executors; `at_once` is how many tasks one should have at a time."""

    make: Callable[[], Executor]
    at_once: int

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """An executor for a while. When the while ends early, nobody waits for what it is busy with."""
        executor = self.make()
        wait = False
        try:
            yield executor
            wait = True
        finally:
            executor.shutdown(wait=wait)


def workers(named: str, jobs: int) -> Workers:
    """What `--executor` names: "processes", "dask://HOST:PORT", or MODULE:CALLABLE, which returns an Executor.

    `jobs` is how many submissions are graded at a time here. Raises NoExecutor.
    """
    if named == "processes":
        return Workers(lambda: _processes(jobs), AHEAD * jobs)
    if named.startswith("dask://"):
        return Workers(_dask(named.removeprefix("dask://")), AHEAD_ELSEWHERE)
    module, colon, name = named.partition(":")
    try:
        make = getattr(importlib.import_module(module), name) if colon else None
    except (ImportError, AttributeError) as error:
        raise NoExecutor(f"--executor {named}: {error}") from None
    if not callable(make):
        raise NoExecutor(f"--executor {named}: say processes, dask://HOST:PORT, or MODULE:CALLABLE.")
    return Workers(make, AHEAD * jobs)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Pool(ProcessPoolExecutor):
    """Processes that nothing ends while they start: Ctrl+C reaches all that a terminal has started."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            return super().submit(function, *arguments, **named)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)  # what starts meanwhile inherits it
        try:
            return super().submit(function, *arguments, **named)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _processes(jobs: int) -> Executor:
    return _Pool(jobs, multiprocessing.get_context("spawn"), initializer=_end_with_the_parent)


def _end_with_the_parent() -> None:
    """A worker whose parent was killed would wait for ever: end with it, and with us what we have started.

    The sandboxes end when we do. Their folders would stay, so all of them lie in one, which goes in either case.
    """
    parent = multiprocessing.parent_process()
    assert parent
    tempfile.tempdir = tempfile.mkdtemp(prefix="grading-")
    remove = Finalize(None, shutil.rmtree, (tempfile.tempdir, True), exitpriority=0)

    once = threading.Lock()  # who comes second waits until all is gone

    def end() -> None:
        with once:
            remove()
            os._exit(1)

    def interrupted(*ignored: object) -> None:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        end()

    def wait() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        end()

    for number in ENDINGS:
        signal.signal(number, interrupted)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)
    threading.Thread(target=wait, daemon=True).start()


def _dask(address: str) -> Callable[[], Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise NoExecutor(
            "Dask is not installed here: pip install --group dask (the group in pyproject.toml), and so on each worker."
        ) from None
    try:
        client = Client(f"tcp://{address}", timeout=10)
    except (OSError, ValueError) as error:
        raise NoExecutor(f"There is no Dask scheduler at {address}: {error}") from None

    def make() -> Executor:
        executor: Executor = client.get_executor(pure=False)
        return executor

    return make
