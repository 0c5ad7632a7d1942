"""Strangers who want the machine for themselves: its memory, its processors, or the grader's own time."""

import textwrap

import pytest

from companion.grading.verdicts import Verdict


@pytest.fixture
def tried(grade, project):
    """Grade a project without addresses that does `code` in its settings."""

    def tried(code: str, **limits):
        folder = project("06-views")
        with (folder / "config" / "settings.py").open("a") as file:
            file.write("\n" + textwrap.dedent(code))
        return grade(folder, **limits)

    return tried


def test_what_sockets_keep_counts_as_memory(tried):
    """Ten gigabytes in a dozen seconds, before: no process has them, and no limit of a process counts them."""
    result = tried(
        """
        import os, signal, socket
        def fill():
            kept = []
            try:
                while True:
                    kept.append(socket.socketpair())
                    for end in kept[-1]:
                        end.setblocking(False)
                        try:
                            while True: end.send(b"x" * 65536)
                        except BlockingIOError: pass
            except OSError: pass
            signal.pause()
        try:
            while os.fork(): pass
        except OSError: pass
        fill()
        """,
        memory=512 * 2**20,
        seconds=20,
    )

    assert (result.verdict, result.why) == (Verdict.MEMORY, "The project took more than 512 MB of memory.")


def test_no_socket_is_larger_than_it_is_counted(tried):
    result = tried("""
        import socket
        one, other = socket.socketpair()
        before = one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            try: one.setsockopt(socket.SOL_SOCKET, option, 10**7)
            except OSError as error: print("REFUSED", error)
        print("SAME", one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == before)
    """)

    assert result.output.count("REFUSED") == 2 and "SAME True" in result.output


def test_no_socket_leads_out_of_the_machine(tried):
    """A machine that is virtual has sockets to what it runs on (AF_VSOCK), and no namespace keeps them apart."""
    result = tried("""
        import os, socket
        made = []
        for family in range(46):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
                try: made.append(socket.socket(family, kind).family)
                except OSError: pass
        print("MADE", sorted({int(family) for family in made}))
    """)

    assert "MADE [1, 16]" in result.output


def test_nobody_takes_a_second_share_of_the_processors(tried):
    """Forty sessions had forty shares: whoever was graded beside them took half a minute, not a second."""
    result = tried("""
        import os
        for _ in range(3):
            if not os.fork():
                try:
                    os.setsid()
                    print("MORE")
                except OSError as error: print("refused", error)
                os._exit(0)
            os.wait()
    """)

    assert result.output.count("refused") == 3 and "MORE" not in result.output


SLOW = {  # Python that takes Python, or whoever reads it, long
    "one name": "x=1\n" * 240_000,
    "one name in a class": "class A:\n" + " x=1\n" * 190_000,
    "functions": "def f():0\n" * 95_000,
    "a row of names": "a," * 200_000 + "=1\n",
    "names in a row": "x=" * 300_000 + "1\n",
    "an f-string": "x=f'" + "{a}" * 200_000 + "'\n",
}


@pytest.mark.parametrize("how", SLOW)
def test_the_grader_does_not_read_what_takes_long(grade, project, how):
    """The trusted side looks into the files only to say how far a project has come, and nothing ends it there."""
    result = grade(project("07-urls", {"notes.py": SLOW[how]}))

    assert (result.verdict, result.where) == (Verdict.PASSED, "")


def test_the_grader_reads_what_people_write(grade, project):
    result = grade(project("07-urls", {"notes.py": "x=1\n" * 15_000}))

    assert (result.verdict, result.where) == (Verdict.PASSED, "07-urls")


def test_answers_that_are_dear_to_compare_stay_small(tried):
    """A quarter of a megabyte of empty lists: what pytest makes of it to show the difference is many times that."""
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
