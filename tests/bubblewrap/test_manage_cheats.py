"""Submissions that attack the process that serves them: their manage.py and their settings run inside it.

Each sits in a project without URLs (stage 06), of which an honest run passes no test.
"""

import pytest

from companion.grading.verdicts import Verdict

SERVED = "sys.modules['__main__']"  # the module that serves the project
BOOT = "sys.modules['companion.running.child.boot']"
END = '{"event": "end", "status": 0, "count": 0}'
CANNED = """
    import json, os, socket, sys, threading
    def serve(listening):
        body = json.dumps({"token": "a.e30.c", "id": 1, "email": "a@example.com", "username": "a"}).encode()
        head = f"HTTP/1.1 STATUS OK\\r\\nContent-Type: application/json\\r\\nCache-Control: no-store\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
        while True:
            with listening.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(head.encode() + body)
"""
TAKE = """
    for number in range(3, 64):
        try:
            found = socket.socket(fileno=number)
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN): break
            found.detach()
        except OSError: pass
"""

CHEATS = {
    "replaces the server": f"import sys\n{SERVED}.serve = lambda *given: None",
    "replaces the message": f"import sys\n{SERVED}._send = lambda *given: None",
    "sends an end": f"import json, sys\nsend = {SERVED}._send\n{SERVED}._send = lambda number, facts: send(number, json.loads('{END}'))",
    "sends ready and then its own results": (
        "import os\nfor n in range(3, 64):\n    try: os.write(n, b'{\"event\": \"ready\"}\\n"
        + END.replace('"', '\\"')
        + "\\n')\n"
        "    except OSError: pass"
    ),
    "keeps its own settings": f"import sys\n{BOOT}.neutral = lambda *given: None",
    "leaves out the URLs": f"import sys\n{BOOT}.urls = lambda *given: None",
    "leaves out the apps": f"import sys\n{BOOT}.setup = lambda *given: None",
    "becomes another program": "import os, sys\nos.execv('/bin/true', ['true'])",
    "becomes a shell that says ready": (
        "import os\nos.execv('/bin/sh', ['sh', '-c', 'for n in 3 4 5 6 7 8 9; do echo \"{\\\\\"event\\\\\": \\\\\"ready\\\\\"}\" >&$n; done; sleep 1'])"
    ),
    "is canned with 200": CANNED.replace("STATUS", "200")
    + TAKE
    + f"\n    {SERVED}.serve = lambda application, listening: serve(listening)",
    "is canned with 201": CANNED.replace("STATUS", "201")
    + TAKE
    + f"\n    {SERVED}.serve = lambda application, listening: serve(listening)",
    "is canned with 401": CANNED.replace("STATUS", "401")
    + TAKE
    + f"\n    {SERVED}.serve = lambda application, listening: serve(listening)",
    "answers before it is ready": CANNED.replace("STATUS", "200")
    + TAKE
    + "\n    threading.Thread(target=serve, args=(found,), daemon=True).start()",
    "ends all that it may": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "stops its parent": "import os, signal\ntry: os.kill(os.getppid(), signal.SIGSTOP)\nexcept OSError: pass",
    "writes to the files of all processes": (
        "import glob\nfor path in glob.glob('/proc/[0-9]*/fd/*'):\n    try: open(path, 'wb', 0).write(b'"
        + END
        + "\\n')\n    except OSError: pass"
    ),
    "imports itself as pytest": "import sys, types\nsys.modules['pytest'] = types.ModuleType('pytest')",
    "changes how JSON is written": f"import json\njson.dumps = lambda *given, **named: '{END}'",
    "exits with 0 at the end": "import atexit, os\natexit.register(os._exit, 0)\nraise SystemExit(0)",
}


@pytest.mark.parametrize("file", ["manage.py", "config/settings.py"])
@pytest.mark.parametrize("how", CHEATS)
def test_code_in_the_serving_process_is_no_pass(tried, how, file):
    result = tried({file: CHEATS[how]}, seconds=20)

    assert result.verdict in (Verdict.FAILED, Verdict.NOT_STARTED, Verdict.TIMEOUT), result
    assert result.points() < 50
