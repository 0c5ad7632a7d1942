"""Submissions that use up the machine's memory or processors, or the grader's time."""

import pytest

from companion.grading.verdicts import Verdict


def test_sockets_that_nobody_reads_end_with_the_time(tried):
    """Bytes in a socket belong to no process's memory, but the number of open files limits them."""
    result = tried(
        """
        import signal, socket
        kept = []
        try:
            while True:
                kept.append(socket.socketpair())
                for end in kept[-1]:
                    end.setblocking(False)
                    try:
                        while True: end.send(b"x" * 65536)
                    except BlockingIOError: pass
        except OSError as error: print(error)
        signal.pause()
        """,
        seconds=5,
    )

    assert (result.verdict, result.why) == (Verdict.TIMEOUT, "The project did not answer within 5 seconds.")
    assert "Too many open files" in result.output


SLOW = {  # Python that takes Python, or a reader, long
    "one name": "x=1\n" * 240_000,
    "one name in a class": "class A:\n" + " x=1\n" * 190_000,
    "functions": "def f():0\n" * 95_000,
    "a row of names": "a," * 200_000 + "=1\n",
    "names in a row": "x=" * 300_000 + "1\n",
    "an f-string": "x=f'" + "{a}" * 200_000 + "'\n",
}


@pytest.mark.parametrize("how", SLOW)
def test_the_grader_does_not_read_what_takes_long(grade, project, how):
    """The trusted side reads the files only to find the stage that a project has reached, without a limit of time."""
    result = grade(project("08-urls", {"notes.py": SLOW[how]}))

    assert (result.verdict, result.where) == (Verdict.PASSED, ""), result


def test_the_grader_reads_what_people_write(grade, project):
    result = grade(project("08-urls", {"notes.py": "x=1\n" * 15_000}))

    assert (result.verdict, result.where) == (Verdict.PASSED, "08-urls")


def test_answers_that_are_dear_to_compare_stay_small(tried):
    """pytest's comparison of a quarter of a megabyte of empty lists takes many times that memory."""
    code = """
        import socket, sys, threading
        BODY = b'{"token": [' + b'[],' * 340000 + b'[]]}'
        def serve(application, listening):
            def answer(connection):
                try:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 201 Created\\r\\n\\r\\n" + BODY)
                    connection.close()
                except OSError: pass
            while True:
                threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()
        sys.modules["__main__"].serve = serve
    """
    result = tried(code)

    assert (result.verdict, result.passed) == (Verdict.FAILED, 0)
    assert "the answer is longer than 262144 bytes" in str(result.outcomes)
