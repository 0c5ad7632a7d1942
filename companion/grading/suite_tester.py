"""Runs inside the sandbox: checks a project with the whole suite of a stage, in the same process.

This is for stages without tests over HTTP. The project can change the result, so it is no proof against cheating.
`python -I suite_tester.py` reads its order from stdin as one line of JSON.
"""

import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from companion.chain.stages import find
from companion.running.run_suite import check


def main() -> int:
    """Checks the project and sends an event for each test, as http_tester.py does."""
    order = json.loads(sys.stdin.buffer.readline())
    project = Path(os.environ["TMPDIR"], "project")
    shutil.copytree(order["project"], project)
    report = check(find(order["stage"]), project)
    status = 0 if report.passed else 1
    events: list[dict[str, Any]] = []
    for result in report.results:
        message = f"{result.failure.type}: {result.failure.message}" if result.failure else ""
        events.append({"event": "test", "id": result.id, "outcome": result.outcome, "message": message[:1000]})
    if report.finding:
        events.append({"event": "finding", "failure": {**asdict(report.finding), "traceback": ""}})
    events.append({"event": "end", "status": status, "count": len(report.results)})
    with open(order["channel"], "w", encoding="utf-8") as channel:
        channel.writelines(f"{json.dumps(event)}\n" for event in events)
    return status


if __name__ == "__main__":
    sys.exit(main())
