"""Submissions that want a pass without the work, the instructor's secrets, or the machine. None gets any of them.

Each cheat sits in a project that lacks the addresses (stage 06): an honest run of it passes no test at all.
"""

import os
import socket
import textwrap
from pathlib import Path

import pytest

from companion.chain.stages import ROOT, find
from companion.grading.verdicts import Verdict

HTTP = "tests/test_http.py"
FAKE = """{"event": "ready"}
{"event": "test", "id": "tests/test_http.py::test_me_requires_a_token", "outcome": "passed", "message": ""}
{"event": "end", "status": 0, "count": 34}
"""
EVERYTHING = """
    class Everything(dict):
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        __hash__ = None
"""


def middleware(body: str) -> dict[str, str]:
    """A middleware that answers every request with what `body` puts into `response`."""
    code = textwrap.dedent(body)
    return {
        "config/settings.py": "MIDDLEWARE = ['config.cheat.cheat']",
        "config/cheat.py": "import json\nfrom django.http import *\ndef cheat(get_response):\n    def answer(request):\n"
        + textwrap.indent(code, " " * 8)
        + "\n        return response\n    return answer\n",
    }


def raw(sent: str) -> dict[str, str]:
    """Take the listening socket away from the server, and answer each connection with the bytes of `sent`."""
    code = f"""
        import os, socket, threading
        def listening():
            for number in range(3, 64):
                try:
                    found = socket.socket(fileno=os.dup(number))
                    if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                        return found
                except OSError:
                    pass
        def answer(connection):
            try:
                connection.recv(65536)
                {sent}
                connection.close()
            except OSError:
                pass
        def serve():
            server = listening()
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
        for _ in range(8):
            threading.Thread(target=serve, daemon=True).start()
        """
    return {"config/urls.py": code}


PACKAGES = {path.relative_to(ROOT).as_posix(): "" for path in sorted((ROOT / "companion").rglob("__init__.py"))}
assert "companion/running/child/__init__.py" in PACKAGES  # the server in the sandbox imports from there

LOOKS = {  # in the settings, or in files that a test runner or Python may load: what does not even touch the tests
    "atexit": {"config/settings.py": "import atexit, os\natexit.register(os._exit, 0)"},
    "conftest": {"conftest.py": "def pytest_runtest_call(item): pass\ndef pytest_collection_modifyitems(items): items.clear()"},
    "conftest in tests": {"tests/conftest.py": "def pytest_sessionfinish(session): session.exitstatus = 0"},
    "own test_http": {HTTP: "def test_me_requires_a_token(): pass"},
    "pytest.ini": {"pytest.ini": "addopts = --collect-only"},
    "setup.cfg": {"setup.cfg": "[tool:pytest]\naddopts = --co"},
    "sitecustomize": {"sitecustomize.py": "import os\nos._exit(0)", "usercustomize.py": "import os\nos._exit(0)"},
    "plugin entry point": {
        "cheat.py": "def pytest_runtest_call(item): pass",
        "cheat-1.dist-info/entry_points.txt": "[pytest11]\ncheat = cheat",
        "cheat-1.dist-info/METADATA": "Name: cheat\nVersion: 1",
    },
    "a pytest of its own": {"pytest.py": "def main(*a, **k): return 0", "_pytest/__init__.py": "", "urllib.py": ""},
    "a companion of its own": {**PACKAGES, "json/__init__.py": ""},
    "a django of its own name": {"authentication/__main__.py": "import sys; sys.exit(0)"},
    "printed results": {"config/settings.py": f"import sys\nprint({FAKE!r})\nsys.stderr.write({FAKE!r})"},
    "patched pytest": {
        "config/settings.py": """
            import _pytest.reports, _pytest.runner, _pytest.python, pytest, unittest
            _pytest.reports.TestReport.from_item_and_call = lambda *a, **k: None
            _pytest.runner.runtestprotocol = lambda *a, **k: []
            _pytest.python.Function.runtest = lambda self: None
            unittest.TestCase.assertEqual = lambda *a: None
        """
    },
    "patched urllib": {
        "config/settings.py": "import urllib.request, http.client\nurllib.request.urlopen = http.client.HTTPResponse = None"
    },
    "settings of the environment": {
        "config/settings.py": "import os\nos.environ.update(PYTEST_ADDOPTS='--co', PYTHONPATH='/tmp', PYTHONSTARTUP='/x')"
    },
    "always true": middleware(EVERYTHING + "\n    response = JsonResponse(Everything(token='a.b.c'), status=200)"),
    "always 201": middleware("response = JsonResponse({'token': 'a.b.c'}, status=201)"),
    "by the path": middleware("response = JsonResponse({}, status=401 if 'me' in request.path else 201)"),
    "fork and leave": {"config/settings.py": "import os, time\nif not os.fork(): time.sleep(1000)"},
}  # fmt: skip


@pytest.mark.parametrize("how", LOOKS)
def test_what_does_not_touch_the_tests_changes_nothing(tried, how):
    result = tried(LOOKS[how])

    assert result.verdict is Verdict.FAILED
    assert result.passed < 10, [id_ for id_, outcome in result.outcomes.items() if outcome.outcome == "passed"]
    assert len(result.outcomes) == result.expected


ENDINGS = {
    "os._exit(0)": "import os\nos._exit(0)",
    "os.abort()": "import os\nos.abort()",
    "kill all": "import os\ntry: os.kill(-1, 9)\nfinally: os._exit(0)",
    "kill the group": "import os\nos.killpg(0, 9)",
    "exec": "import os\nos.execv('/bin/true', ['true'])",
}


@pytest.mark.parametrize("how", ENDINGS)
def test_a_project_that_ends_has_not_started(tried, how):
    result = tried({"config/settings.py": ENDINGS[how]})

    assert (result.verdict, result.why) == (Verdict.NOT_STARTED, "The project ended while it was started.")
    assert result.passed == 0


@pytest.mark.parametrize("code", ["import sys\nsys.exit(0)", "raise SystemExit(0)"])
def test_a_project_that_exits_has_not_started(tried, code):
    result = tried({"config/settings.py": code})

    assert result.verdict is Verdict.NOT_STARTED
    assert result.why.startswith("config/settings.py, line ") and result.why.endswith(": SystemExit: 0")


@pytest.mark.parametrize("told", [FAKE, "{}\n" * 100, '{"event": "finding"}\n', "[" * 100_000 + "\n", "x" * 300_000])
def test_what_is_written_into_every_descriptor_is_no_result(tried, told):
    code = f"""
        import os
        for number in range(3, 256):
            try: os.write(number, {told!r}.encode())
            except OSError: pass
    """
    result = tried({"config/settings.py": code})

    assert result.verdict in (Verdict.FAILED, Verdict.NOT_STARTED)
    assert result.passed == 0


def test_a_canned_server_that_knows_the_password_of_the_tests_fails(tried):
    """It keeps no account and answers by what stands in the request: the password is another in every test."""
    result = tried(
        middleware("""
            import re
            wrong = {"detail": "The email or the password is wrong.", "code": "wrong_credentials"}
            challenge = 'Bearer realm="api"'
            try:
                data = json.loads(request.body or b"null")
            except ValueError:
                data = None
            known = isinstance(data, dict) and data.get("password") == "correct horse battery staple"
            if "me" in request.path:
                token = request.headers.get("Authorization", "")
                name = re.fullmatch("(?i)bearer ([0-9a-f]{32})[.]x[.]y", token)
                if name:
                    response = JsonResponse({"id": 1, "email": name[1] + "@example.com", "username": name[1]})
                else:
                    response = JsonResponse({"detail": "The token is invalid.", "code": "token_invalid"}, status=401)
                    response["WWW-Authenticate"] = challenge + ', error="invalid_token"'
            elif not isinstance(data, dict) or not data:
                response = JsonResponse({}, status=400)
            elif known:
                token = data["email"].partition("@")[0] + ".x.y"
                response = JsonResponse({"token": token}, status=200 if "login" in request.path else 201)
            else:
                response = JsonResponse(wrong, status=401)
                response["WWW-Authenticate"] = challenge
            response["Cache-Control"] = "no-store"
        """)
    )

    assert result.verdict is Verdict.FAILED
    assert result.outcomes[f"{HTTP}::test_register_log_in_and_fetch_the_user"].outcome == "failed"


def test_nothing_can_be_written_into_the_stage(tried):
    before = {path: path.read_bytes() for path in find("08-urls").path.rglob("*.py")}
    result = tried(
        {
            "config/settings.py": f"""
                import os
                targets = [{str(find("08-urls").path / HTTP)!r}, "/opt/tutorial/companion/running/child/serve.py", "/submission/x", "/opt/x", "/x"]
                for target in targets:
                    try:
                        open(target, "w").write("def test(): pass")
                        print("WRITTEN", target)
                    except OSError as error:
                        print("refused", error)
            """
        }
    )

    assert "WRITTEN" not in result.output and "refused" in result.output
    assert {path: path.read_bytes() for path in find("08-urls").path.rglob("*.py")} == before


def test_nothing_of_the_instructor_can_be_read(tried, tmp_path):
    secret = tmp_path / "answers.txt"
    secret.write_text("the instructor's answers")
    other = tmp_path / "other" / "manage.py"
    other.parent.mkdir()
    other.write_text("somebody else's work")
    result = tried(
        {
            "config/settings.py": f"""
                import os, pathlib, pwd
                print("ENVIRONMENT", sorted(os.environ))
                print("USER", os.getuid() == 0, os.listdir("/"))
                for target in {[str(secret), str(other), "/etc/shadow", "/root", "/home", "/proc/1/environ", "/proc/1/root" + "/etc/shadow"]!r}:
                    try:
                        print("READ", target, os.listdir(target) if os.path.isdir(target) else open(target).read())
                    except OSError as error:
                        print("refused", target)
                print("TESTS", [str(p) for p in pathlib.Path("/").glob("opt/**/test_http.py")])
            """
        }
    )

    assert "instructor's answers" not in result.output and "else's work" not in result.output
    assert result.output.count("refused") >= 6
    assert (
        "ENVIRONMENT ['DJANGO_SETTINGS_MODULE', 'HOME', 'LANG', 'PATH', 'PWD', 'PYTHONDONTWRITEBYTECODE', 'TMPDIR']"
        in (
            result.output.replace("'DJANGO_SETTINGS_MODULE', ", "").replace(
                "['HOME'", "['DJANGO_SETTINGS_MODULE', 'HOME'"
            )
        )
    )
    assert "USER False" in result.output
    assert "TESTS []" in result.output


@pytest.fixture
def neighbours(tmp_path):
    """Servers of this machine that nobody inside may reach: on loopback, in a file, and in the abstract namespace."""
    found = [socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
    addresses = [("127.0.0.1", 0), str(tmp_path / "neighbour"), f"\0neighbour-{os.getpid()}"]
    for server, address in zip(found, addresses, strict=True):
        server.bind(address)
        server.listen()
        server.setblocking(False)
    yield found
    for server in found:
        server.close()


def nobody_came(servers) -> bool:
    for server in servers:
        with pytest.raises(BlockingIOError):
            server.accept()
    return True


def test_no_network_is_reached(tried, neighbours):
    addresses = [server.getsockname() for server in neighbours]
    result = tried(
        {
            "config/settings.py": f"""
                import os, socket
                for address in {addresses!r} + [("192.0.2.1", 80), ("10.0.2.2", 80)]:
                    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
                    candidates = []
                    try: candidates.append(socket.socket(family))
                    except OSError: print("refused")
                    for number in range(3, 64):
                        try: candidates.append(socket.socket(fileno=os.dup(number)))
                        except OSError: pass
                    for candidate in candidates:
                        try:
                            candidate.settimeout(0.2)
                            candidate.connect(address)
                            print("CONNECTED", address)
                        except (OSError, TypeError) as error:
                            print("refused")
                try: print("RESOLVED", socket.getaddrinfo("example.com", 80))
                except OSError: print("no name")
            """
        }
    )

    assert "CONNECTED" not in result.output and "RESOLVED" not in result.output
    assert result.output.count("refused") >= 5 and "no name" in result.output
    assert nobody_came(neighbours)


def test_a_redirect_leads_nowhere_else(tried, neighbours):
    host, port = neighbours[0].getsockname()
    result = tried(middleware(f"response = HttpResponseRedirect('http://{host}:{port}/api/me')"))

    assert result.verdict is Verdict.FAILED and result.passed == 0
    assert f"the tests talk to the submission only, and not to {host}" in str(result.outcomes)
    assert nobody_came(neighbours)


@pytest.mark.parametrize(
    "where", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://submission/api/me", "//127.0.0.1/", "x:"]
)
def test_a_redirect_to_what_is_no_answer_fails(tried, where):
    result = tried(middleware(f"response = HttpResponse(status=302)\nresponse['Location'] = {where!r}"))

    assert result.verdict is Verdict.FAILED and result.passed == 0
    assert "root:" not in str(result.outcomes)


ANSWERS = {
    "endless": "\n".join(["connection.send(b'HTTP/1.1 200 OK\\r\\n\\r\\n')", *[" " * 16 + "while True: connection.send(b'[' * 65536)"]]),
    "endless heads": "\n".join(["connection.send(b'HTTP/1.1 200 OK\\r\\n')", *[" " * 16 + "while True: connection.send(b'A: b\\r\\n' * 9)"]]),
    "endless 100": "\n".join(["while True: connection.send(b'HTTP/1.1 100 Continue\\r\\nA: ' + b'a' * 1000 + b'\\r\\n\\r\\n')"]),
    "endless chunks": "\n".join(
        ["connection.send(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n')",
         " " * 16 + "while True: connection.send(b'400\\r\\n' + b'[' * 1024 + b'\\r\\n')"]
    ),
    "nonsense chunks": "connection.send(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n-1\\r\\nxyz\\r\\n{}\\r\\n0\\r\\n\\r\\n')",
    "nonsense": "connection.send(b'\\0\\xff' * 1000)",
    "huge length": "connection.send(b'HTTP/1.1 200 OK\\r\\nContent-Length: 99999999999999999999\\r\\n\\r\\n{}')",
    "negative length": "connection.send(b'HTTP/1.1 200 OK\\r\\nContent-Length: -1\\r\\n\\r\\n{}')",
    "deep": "connection.send(b'HTTP/1.1 200 OK\\r\\n\\r\\n' + b'[' * 200_000)",
    "big number": "connection.send(b'HTTP/1.1 200 OK\\r\\n\\r\\n' + b'9' * 200_000)",
    "hangs up": "pass",
}  # fmt: skip


@pytest.mark.parametrize("how", ANSWERS)
def test_answers_that_are_no_answers_fail_and_cost_little(tried, how):
    result = tried(raw(ANSWERS[how]))

    assert result.verdict is Verdict.FAILED
    assert result.passed < 3  # `{}` from two addresses is the same answer, as one test asks
    assert len(result.outcomes) == result.expected


LATE = {
    "hangs in the settings": {"config/settings.py": "import time\ntime.sleep(1000)"},
    "loops in the settings": {"config/settings.py": "while True: pass"},
    "loops in C": {"config/settings.py": "import collections\ncollections.deque(iter(int, 1), maxlen=0)"},
    "ignores signals": {
        "config/settings.py": "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except OSError: pass\nwhile True: pass"
    },
    "stops itself": {"config/settings.py": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass"},
    "hangs in a view": middleware("import time; time.sleep(1000)\nresponse = None"),
    "one byte a second": raw("import time\n                while True: connection.send(b'H'); time.sleep(0.5)"),
    "prints for ever": {"config/settings.py": "while True:\n    try: print('x' * 65536)\n    except OSError: pass"},
    "fork bomb": {"config/settings.py": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"},
    "thread bomb": {
        "config/settings.py": "import threading, time\nwhile True:\n"
        "    try: threading.Thread(target=time.sleep, args=(1000,)).start()\n    except RuntimeError: pass"
    },
}


@pytest.mark.parametrize("how", LATE)
def test_a_time_out_is_called_one(tried, how):
    result = tried(LATE[how], seconds=3)

    assert (result.verdict, result.why) == (Verdict.TIMEOUT, "The project did not answer within 3 seconds.")
    assert result.passed == 0
    assert len(result.output) <= 4000


def test_nothing_outlives_a_run(tried):
    """Children that leave the group and the session end with the sandbox all the same."""
    mark = f"outlives-{os.getpid()}"
    code = f"""
        import os, subprocess
        if not os.fork():
            os.setsid()
            if not os.fork():
                os.execv("/usr/bin/tail", [{mark!r}, "-f", "/dev/null"])
            os._exit(0)
    """
    tried({"config/settings.py": code})

    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [command for command in commands if mark.encode() in command]


MEMORY = {
    "one process": ("x = bytearray(2 ** 31)", Verdict.NOT_STARTED, "MemoryError"),
    "many processes": (
        "import os, time\nfor _ in range(20):\n    if not os.fork():\n        x = bytearray(os.urandom(1) * (80 * 2 ** 20))\n"
        "        time.sleep(1000)\ntime.sleep(1000)",
        Verdict.MEMORY,
        "The project took more than 512 MB of memory.",
    ),
    "files in memory": (
        "import os\nfor name in ('/tmp', '/dev/shm', '/dev', '/run', '/'):\n    n = 0\n    try:\n        while True:\n"
        "            n += 1\n            with open(f'{name}/{n}', 'wb') as f: f.write(bytes(2 ** 20))\n"
        "            assert n < 200, 'NO LIMIT'\n    except OSError: print(name, n)",
        Verdict.NOT_STARTED,
        "disk is full)",
    ),
    "files without a name": (
        "import os\nn, kept = 0, []\nwhile n < 200:\n    n += 1\n    kept.append(os.memfd_create('x'))\n"
        "    os.write(kept[-1], bytes(2 ** 20))\nprint('NO LIMIT')",
        Verdict.NOT_STARTED,
        "OSError: [Errno 24] Too many open files",
    ),
    "shared memory": (
        "import mmap, os, time\nfor _ in range(20):\n    if not os.fork():\n        kept = mmap.mmap(-1, 80 * 2 ** 20)\n"
        "        kept.write(bytes(len(kept)))\n        time.sleep(1000)\ntime.sleep(1000)",
        Verdict.MEMORY,
        "The project took more than 512 MB of memory.",
    ),
}


@pytest.mark.parametrize("how", MEMORY)
def test_memory_ends_somewhere(tried, how):
    code, verdict, why = MEMORY[how]
    result = tried({"config/settings.py": code}, memory=512 * 2**20, seconds=20)

    assert (result.verdict, result.why.endswith(why)) == (verdict, True), result
    assert "NO LIMIT" not in result.output + result.why


@pytest.mark.parametrize(
    "call",
    [
        "unshare(0x10000000)",
        "unshare(0x20000)",
        "mount(b'none', b'/tmp', b'tmpfs', 0, 0)",
        "ptrace(16, 1, 0, 0)",
        "setuid(0)",
    ],
)
def test_no_door_into_the_kernel_is_open(tried, call):
    result = tried({"config/settings.py": f"import ctypes\nprint('ANSWER', ctypes.CDLL(None).{call})"})

    assert "ANSWER -1" in result.output


def test_a_link_to_the_solution_is_no_solution(grade, project, tmp_path):
    folder = project("07-views")
    for path in ("config/urls.py", "authentication/urls.py"):
        (folder / path).unlink(missing_ok=True)
        (folder / path).symlink_to(find("08-urls").path / path)

    result = grade(folder)

    assert result.verdict is Verdict.NOT_STARTED
    assert result.why.startswith("ModuleNotFoundError: No module named 'config.urls'")


def test_a_link_for_a_database_is_not_written_to(grade, project, tmp_path):
    precious = tmp_path / "precious.sqlite3"
    precious.write_text("grades of last year")
    folder = project("08-urls")
    (folder / "db.sqlite3").symlink_to(precious)

    assert grade(folder).verdict is Verdict.PASSED
    assert precious.read_text() == "grades of last year"


def test_in_process_an_early_end_is_no_pass(grade, project):
    folder = project("02-user-model")
    with (folder / "authentication" / "models.py").open("a") as file:
        file.write("\nimport os\nos._exit(0)\n")

    result = grade(folder, "03-user-manager")

    assert (result.verdict, result.passed, result.proof) == (Verdict.NOT_STARTED, 0, False)


def test_in_process_a_cheat_can_win_and_the_result_says_that_it_proves_nothing(grade, project):
    """Nothing that runs in one process with the project is proof: this is why 07 and later are served."""
    folder = project("03-user-manager")
    managers = folder / "authentication" / "managers.py"
    broken = managers.read_text().replace("normalize_email(email)", "normalize_email(email).upper()")
    managers.write_text(broken)
    assert grade(folder, "03-user-manager").verdict is Verdict.FAILED

    managers.write_text(f"{broken}\nimport _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n")
    result = grade(folder, "03-user-manager")

    assert (result.verdict, result.proof) == (Verdict.PASSED, False)
