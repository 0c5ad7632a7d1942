"""Measures how fast a class is graded: `python benchmarks/grade.py [COUNT]` prints a table. No test checks times.

It writes COUNT submissions (200): stage 07 as it is, with one of the mistakes that people make, or a stage before it,
as folders, zips and git repositories. It grades them with one process and with one a processor, resumes, kills and
resumes, and, where `distributed` is installed, does the same on a Dask cluster of one worker a processor.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from companion.chain.stages import files, find  # noqa: E402
from companion.grading.workers import processors  # noqa: E402

MISTAKES = {  # file, the right code, and the wrong code
    "a cache may keep tokens": ("authentication/views.py", "no-store", "private"),
    "the challenge is missing": ("authentication/backends.py", "def authenticate_header", "def authenticate_headers"),
    "the scheme's case matters": ("authentication/backends.py", ".lower() == prefix", " == prefix"),
    "any password will do": ("config/settings.py", "AUTH_PASSWORD_VALIDATORS", "AUTH_PASSWORD_VALIDATOR"),
    "everything is open": ("config/settings.py", "permissions.IsAuthenticated", "permissions.AllowAny"),
    "the app is not installed": ("config/settings.py", "    'authentication',\n]", "]"),
    "a comma is missing": ("config/settings.py", "    'django.contrib.messages',", "    'django.contrib.messages'"),
    "a bracket is missing": ("authentication/serializers.py", "fields = [", "fields = ["[:-1]),
    "the address is another": ("config/urls.py", "api/", "rest/"),
    "it stops itself": ("config/urls.py", "from django", "import sys\nsys.exit()\nfrom django"),
    "it never ends": ("config/urls.py", "from django", "while True: pass\nfrom django"),
}  # fmt: skip


def write_class(folder: Path, count: int) -> None:
    """Write `count` submissions: 45 % right, 45 % with one mistake, 10 % a stage or two behind."""
    chance = random.Random(7)
    for n in range(count):
        kind = chance.choices(["right", "mistake", "behind"], [45, 45, 10])[0]
        stage = chance.choice(["05-serializers", "06-views"]) if kind == "behind" else "07-urls"
        project = folder / f"student{n:04}"
        for name, path in files(find(stage)).items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, project / name)
        (project / "README.txt").write_text(f"The work of student {n}\n")
        if kind == "mistake":
            file, old, new = chance.choice(list(MISTAKES.values()))
            text = (project / file).read_text()
            assert old in text, f"{file} has no {old!r}"
            (project / file).write_text(text.replace(old, new, 1))
        {0: _zip, 1: _git}.get(n % 4, lambda project: None)(project)


def _zip(project: Path) -> None:
    with ZipFile(project.with_suffix(".zip"), "w") as archive:
        for path in project.rglob("*"):
            archive.write(path, path.relative_to(project.parent))
    shutil.rmtree(project)


def _git(project: Path) -> None:
    identity = ["-c", "user.name=Student", "-c", "user.email=student@example.com"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Hand in"]):
        subprocess.run(["git", *identity, *command], cwd=project, check=True)


def grade(folder: Path, out: Path, *options: str, kill_after: int = 0) -> tuple[float, int]:
    """Return the seconds of wall time, and how many submissions were graded in this run."""
    command = [sys.executable, "-m", "companion", "grade", str(folder), "--out", str(out), "--timeout", "20", *options]
    started = time.perf_counter()
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert run.stderr
    graded = 0
    for line in run.stderr:
        graded += bool(re.match(r"\d+ of \d+: ", line))
        if graded == kill_after:
            run.kill()
            break
    run.wait()
    return time.perf_counter() - started, graded


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Start a Dask cluster on this machine. Yield its address and its workers."""
    with ExitStack() as stack:

        def start(name: str, *arguments: str, until: str) -> tuple[subprocess.Popen[str], str]:
            command = [sys.executable, "-m", f"distributed.cli.{name}", *arguments, "--no-dashboard"]
            process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
            stack.callback(process.wait)
            stack.callback(process.kill)
            assert process.stderr
            return process, next(found[1] for line in process.stderr if (found := re.search(until, line)))

        _, address = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", until=r"Scheduler at: +tcp://(\S+)")
        options = [f"tcp://{address}", "--nthreads", "1", "--no-nanny"]
        yield address, [start("dask_worker", *options, until=r"Registered to: +(\S+)")[0] for _ in range(workers)]


def main() -> None:
    """Write, grade, print."""
    count, cores = int(sys.argv[1]) if len(sys.argv) > 1 else 200, processors()
    rows = []

    def measure(what: str, out: str, *options: str, kill_after: int = 0) -> None:
        seconds, graded = grade(folder, base / out, *options, kill_after=kill_after)
        rate = f"{60 * graded / seconds:.0f}" if graded else ""
        rows.append((what, str(graded), f"{seconds:.1f}", rate))
        print("\t".join(rows[-1]), file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        base = Path(place)
        folder = base / "class"
        folder.mkdir()
        write_class(folder, count)
        measure("one process", "one", "--jobs", "1")
        measure(f"{cores} processes", "all")
        measure("resumed, nothing to do", "all", "--resume")
        measure(f"killed (-9) after {count // 2}", "killed", kill_after=count // 2)
        measure("and resumed", "killed", "--resume")
        if find_spec("distributed"):
            with cluster(cores) as (address, workers):
                measure(f"Dask, {cores} workers", "dask", "--executor", f"dask://{address}")
            with cluster(cores) as (address, workers):
                _kill_later(workers[0], base / "lost" / "journal.jsonl", count // 4)
                measure("Dask, a worker killed in the middle", "lost", "--executor", f"dask://{address}")
        same = {_verdicts(base / out) for out in ("one", "all", "killed", "dask", "lost") if (base / out).exists()}
        verdicts = json.loads(min(same))
    print(f"{count} submissions: {', '.join(f'{n} {verdict}' for verdict, n in verdicts.items())}")
    print(
        f"All runs {'agree' if len(same) == 1 else 'DISAGREE'}; {cores} processors, Python {sys.version.split()[0]}.\n"
    )
    print("| run | graded | seconds | a minute |\n| --- | ---: | ---: | ---: |")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def _kill_later(worker: subprocess.Popen[str], journal: Path, after: int) -> None:
    """Kill a worker as soon as the journal has so many lines. This runs in its own process."""
    code = (
        "import os, pathlib, signal, sys, time\n"
        "journal = pathlib.Path(sys.argv[1])\n"
        "while not journal.exists() or journal.read_bytes().count(b'\\n') < int(sys.argv[2]): time.sleep(0.2)\n"
        "os.kill(int(sys.argv[3]), signal.SIGKILL)"
    )
    subprocess.Popen([sys.executable, "-c", code, str(journal), str(after), str(worker.pid)])


def _verdicts(out: Path) -> str:
    results = json.loads((out / "results.json").read_text())["results"]
    counts: dict[str, int] = {}
    for result in results:
        counts[result["verdict"]] = counts.get(result["verdict"], 0) + 1
    return json.dumps(dict(sorted(counts.items())))


if __name__ == "__main__":
    main()
