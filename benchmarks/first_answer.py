"""Measures how long `check` and `watch` take to name the first failure, and to finish.

Two kinds of save: one that leaves a red project red, and one that breaks a green project. Prints medians in seconds
from the save (`watch`) or the start of the command (`check`), and the ratio to the end of the run. On a busy machine
the seconds change more than the ratios.

    python benchmarks/first_answer.py [ROUNDS] [STAGE]...
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from companion.chain.stages import copy, stages, wanted  # noqa: E402 - the path comes first

COMMAND = [sys.executable, "-u", str(ROOT / "companion")]
FILE = "authentication/models.py"
RIGHT, WRONG = "return self.username", "return self.email"


def write(project: Path, wrong: bool, comment: int) -> None:
    """Save the file, with or without the mistake. A comment makes each save different."""
    text = (project / FILE).read_text(encoding="utf-8").replace(WRONG, RIGHT).partition("\n# save ")[0]
    if wrong:
        text = text.replace(RIGHT, WRONG)
    (project / FILE).write_text(f"{text.rstrip()}\n# save {comment}\n", encoding="utf-8")


def check(project: Path) -> tuple[float, float]:
    """Run `check`. Return when the first failure was named, and when the run ended."""
    started = time.perf_counter()
    first = 0.0
    with subprocess.Popen([*COMMAND, "check", str(project)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("Missing: "):
                first = first or time.perf_counter() - started
    return first, time.perf_counter() - started


class Watch:
    """A running `watch`. `next` waits for the answer to a save."""

    def __init__(self, project: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "watch", str(project)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        self.next()
        time.sleep(2)  # a learner types; meanwhile the next processes do their imports

    def next(self) -> tuple[float, float]:
        """Return the seconds until the first failure was named, and until the answer was complete."""
        started = time.perf_counter()
        first = 0.0
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("Missing: "):
                first = first or time.perf_counter() - started
            if line.startswith("h hint"):
                break
        return first, time.perf_counter() - started


def measure(stage: str, rounds: int) -> None:
    """Print one line for each command and kind of save."""
    times: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        project = copy(wanted(stage), Path(folder, "mine"), "(?!tests/|pytest.ini)")
        write(project, False, 0)
        check(project)  # collects the tests
        watch = Watch(project)
        for number in range(1, rounds + 1):
            for kind, wrong in (("green just broke", True), ("still red", True), ("", False)):
                write(project, wrong, number * 10 + len(kind))
                seen = watch.next()
                if kind:
                    times.setdefault(("watch", kind), []).append(seen)
                time.sleep(2)
        watch.process.kill()
        watch.process.communicate()
        for number in range(1, rounds + 1):
            for kind, wrong in (("green just broke", True), ("still red", True), ("", False)):
                write(project, wrong, number * 10 + len(kind))
                seen = check(project)
                if kind:
                    times.setdefault(("check", kind), []).append(seen)
    for (command, kind), pairs in sorted(times.items()):
        first, whole = (statistics.median(each) for each in zip(*pairs, strict=True))
        print(f"{stage:28} {command} {kind:17} first {first:5.2f} s, whole {whole:5.2f} s, ratio {first / whole:.2f}")


def main() -> None:
    """Measure the named stages, or a short, a medium and a long one."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    chain = [stage.name for stage in stages()]
    for stage in sys.argv[2:] or [chain[3], chain[6], chain[-1]]:
        measure(wanted(stage).name, rounds)


if __name__ == "__main__":
    main()
