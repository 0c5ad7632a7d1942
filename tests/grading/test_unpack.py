import errno
import io
import os
import shutil
import stat
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from companion.grading import unpack as unpacking
from companion.grading.submissions import Submission, digest, kind
from companion.grading.unpack import Unusable, unpack
from companion.grading.verdicts import Verdict

MANAGE = b"import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"


@pytest.fixture
def unpacked(tmp_path):
    """Unpacks a path; returns the project's folder and the names of all files in the target."""

    def unpacked(path: Path) -> tuple[str, list[str]]:
        target = tmp_path / "target"
        project = unpack(Submission(path, kind(path)), target)
        names = [file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file()]
        return project.relative_to(target).as_posix(), sorted(names)

    return unpacked


@pytest.fixture
def folder(tmp_path):
    """A folder with a manage.py."""
    folder = tmp_path / "ada"
    folder.mkdir()
    (folder / "manage.py").write_bytes(MANAGE)
    return folder


@pytest.fixture
def zipped(tmp_path):
    """Writes a zip with these files, given by name or ZipInfo."""

    def zipped(entries, name="project.zip", compression=zipfile.ZIP_DEFLATED) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", compression) as archive:
            for entry, content in entries:
                archive.writestr(entry, content)
        return path

    return zipped


def why(unpacked, path, verdict=Verdict.UNREADABLE) -> str:
    with pytest.raises(Unusable) as caught:
        unpacked(path)
    assert caught.value.verdict is verdict
    return caught.value.why


def special(name, mode) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def test_what_tools_leave_behind_is_left_out(unpacked, zipped):
    others = (
        ".venv/bin/python venv/x.py __MACOSX/._manage.py a/__pycache__/b.pyc .git/config node_modules/x.js AGENTS.md"
    )
    path = zipped([("manage.py", MANAGE), *((name, b"") for name in others.split())])

    assert unpacked(path) == (".", ["manage.py"])


def test_the_backslashes_of_windows_are_slashes(unpacked, zipped):
    path = zipped([("manage.py", MANAGE), ("configXsettings.py", b"")])
    path.write_bytes(path.read_bytes().replace(b"configXsettings", b"config\\settings"))

    assert unpacked(path) == (".", ["config/settings.py", "manage.py"])


OUTSIDE = "It holds a file called {}, which is no path inside of it."
LONG = "It holds a file whose name is too long: {}."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((name, OUTSIDE) for name in ("../x.py", "a/../../x.py", "/etc/x.py", "C:/x.py", "..\\x.py", "\\x.py")),
        *((f"work/{name}", LONG) for name in ("a" * 201, "\N{GREEK SMALL LETTER ALPHA}" * 101)),
        ("a/" * 33 + "b", "It holds more than 32 folders inside each other: {}."),
    ],
)
def test_a_path_that_no_folder_should_hold_is_refused(unpacked, zipped, tmp_path, name, said):
    found = why(unpacked, zipped([("manage.py", MANAGE), (name, b"")]))

    assert found == said.format(ascii(zipfile.ZipInfo(name).filename[:80]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project.zip", "target"]


@pytest.fixture
def deep():
    """Creates 1500 nested folders in a folder, with a file in the innermost."""

    made = []

    def deep(folder: Path) -> None:
        path = str(folder)
        made.append(f"{path}/a")
        for _ in range(1500):
            path += "/a"
            os.mkdir(path)
        Path(path, "b").write_text("x")

    yield deep
    subprocess.run(["rm", "-r", *made], check=True)  # pytest would remove them recursively


def test_1500_folders_inside_each_other_are_not_readable(unpacked, folder, deep):
    deep(folder)

    assert digest(Submission(folder, kind(folder))) == digest(Submission(folder, kind(folder)))
    assert why(unpacked, folder) == f"It holds more than 32 folders inside each other: {ascii(('a/' * 40)[:80])}."


def test_1500_folders_inside_a_repository_cause_no_error(unpacked, folder, deep):
    """Git's own files are ignored, and git is not run, so no hook or filter of a submission starts."""
    subprocess.run(["git", "init", "-q", folder], check=True)
    deep(folder / ".git")

    assert unpacked(folder) == (".", ["manage.py"])


@pytest.mark.parametrize("depth", [1, 4, 9])
def test_project_is_found_however_deep_it_is(unpacked, zipped, depth):
    inside = "/".join(["course-main"] * depth)

    assert unpacked(zipped([(f"{inside}/manage.py", MANAGE)])) == (inside, [f"{inside}/manage.py"])


def test_project_in_a_folder_that_is_never_looked_into_is_named(unpacked, zipped):
    said = why(unpacked, zipped([("build/manage.py", MANAGE)]), Verdict.NO_PROJECT)

    assert said == (
        "No manage.py was found in it, nor in the folders below."
        " There is 'build/manage.py', but tools make folders of that name: rename the folder."
    )


def test_file_that_vanishes_is_not_the_grader_s_fault(unpacked, folder, monkeypatch):
    real = Path.open

    def vanish(path, *arguments):
        if path.parent == folder:
            path.unlink()
        return real(path, *arguments)

    monkeypatch.setattr(Path, "open", vanish)

    assert why(unpacked, folder) == "It cannot be read: No such file or directory."


def test_submission_that_vanishes_is_not_readable(tmp_path, zipped, folder):
    for path in (folder, zipped([("manage.py", MANAGE)])):
        submission = Submission(path, kind(path))
        path.rename(tmp_path / f"elsewhere-{path.name}")
        with pytest.raises(Unusable, match="It cannot be read: No such file or directory.") as caught:
            unpack(submission, tmp_path / "target")
        assert caught.value.verdict is Verdict.UNREADABLE


def test_full_disk_is_the_grader_s_fault(unpacked, folder, zipped, monkeypatch):
    """The message does not say that the zip is broken."""

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "chmod", full)
    for path in (folder, zipped([("manage.py", MANAGE)])):
        shutil.rmtree(path.with_name("target"), ignore_errors=True)
        with pytest.raises(OSError, match="No space left on device"):
            unpacked(path)


def test_names_that_are_no_text_are_kept(unpacked, tmp_path):
    """A file name can be any bytes, such as é in an old encoding of Windows."""
    folder = tmp_path / os.fsdecode(b"Ren\xe9")
    folder.mkdir()
    (folder / "manage.py").write_bytes(MANAGE)
    (folder / os.fsdecode(b"notes\xff.txt")).write_bytes(b"")

    assert unpacked(folder) == (".", ["manage.py", "notes\udcff.txt"])


def test_folders_without_end_are_not_readable(unpacked, tmp_path, monkeypatch):
    """A path of more than 4096 bytes can't be opened. That is the submission's fault, so it is not tried again."""
    folder = tmp_path / "deep"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for _ in range(50):
        Path("d" * 100).mkdir()
        os.chdir("d" * 100)
    Path("manage.py").touch()

    assert why(unpacked, folder) == "It cannot be read: File name too long."


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o666, stat.S_IFCHR | 0o666])
def test_links_and_devices_in_a_zip_are_left_out(unpacked, zipped, mode):
    path = zipped([("manage.py", MANAGE), (special("config", mode), b"/etc")])

    assert unpacked(path) == (".", ["manage.py"])


def test_a_zip_bomb_ends_early(unpacked, zipped, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 3 << 20)
    path = zipped([("manage.py", MANAGE), ("bomb", bytes(100 << 20))])

    assert path.stat().st_size < 200_000
    assert why(unpacked, path) == "It holds more than 3 MB. Leave out what others wrote."
    assert sum(file.stat().st_size for file in (path.parent / "target").rglob("*") if file.is_file()) <= 3 << 20


def test_a_zip_with_false_sizes_is_measured(unpacked, zipped, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 1 << 20)
    path = zipped([("bomb", bytes(10 << 20))])
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", 10 << 20), struct.pack("<L", 10)))

    assert why(unpacked, path).startswith(("It holds more than 1 MB.", "The zip is broken:"))


def test_many_files_are_refused(unpacked, zipped, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_FILES", 10)

    assert why(unpacked, zipped([(f"{n}.py", b"") for n in range(11)])) == (
        "There are more than 10 files in it. Leave out what others wrote."
    )


MANY = unpacking.MOST_LISTED + 1  # bytes of a list
ZIP64 = (
    b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 40, 40, MANY, 0) + b"PK\6\7" + struct.pack("<LQL", 0, 0, 1)
)


@pytest.mark.parametrize(
    ("record", "size", "comment"),
    [(b"", MANY, b""), (ZIP64, 46, b""), (ZIP64, 46, b"x" * 65535)],
    ids=["list", "zip64", "zip64 with the longest comment"],
)
def test_a_long_list_of_files_is_not_read(unpacked, tmp_path, monkeypatch, record, size, comment):
    monkeypatch.setattr(zipfile, "ZipFile", None)
    path = tmp_path / "list.zip"
    path.write_bytes(record + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 40, 40, size, 0, len(comment)) + comment)

    assert why(unpacked, path) == "There are more than 5000 files in it. Leave out what others wrote."


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\3\4" + bytes(100), b"PK\5\6", b"PK\5\6" + b"\xff" * 18])
def test_a_broken_zip_is_called_one(unpacked, tmp_path, content):
    path = tmp_path / "broken.zip"
    path.write_bytes(content)

    assert why(unpacked, path).startswith(("The zip is broken: ", "There are more than 5000 files"))


def encrypted(content: bytes) -> bytes:
    at = content.index(b"PK\1\2") + 8
    return content[:6] + b"\1" + content[7:at] + b"\1" + content[at + 1 :]


@pytest.mark.parametrize(("change", "said"), [
    (lambda content: content[:-30], "The zip is broken: it is no zip, or only the beginning of one."),
    (lambda content: content.replace(b"config.settings", b"config.settingz"), "The zip is broken: Bad CRC-32 for file 'manage.py'."),
    (encrypted, "The zip is encrypted: hand in one without a password."),
], ids=["cut off", "wrong checksum", "encrypted"])  # fmt: skip
def test_a_zip_that_cannot_be_read_says_why(unpacked, zipped, change, said):
    path = zipped([("manage.py", MANAGE)], compression=zipfile.ZIP_STORED)
    path.write_bytes(change(path.read_bytes()))

    assert why(unpacked, path) == said


def test_a_rare_compression_is_refused(unpacked, zipped):
    path = zipped([("manage.py", MANAGE)], compression=zipfile.ZIP_LZMA)

    assert why(unpacked, path) == "The zip is packed in a way that is rare: make it with your system's own tool."


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("names", "twice"), [(["manage.py"] * 2, "manage.py"), (["a", "a/manage.py"], "a/manage.py")])
def test_the_same_name_twice_is_refused(unpacked, zipped, names, twice):
    """Also a file and a folder of one name."""
    assert why(unpacked, zipped([(name, b"") for name in names])) == f"It holds '{twice}' twice."


def test_links_and_pipes_in_a_folder_are_left_out(unpacked, folder):
    (folder / "config").mkdir()
    (folder / "secret.py").symlink_to("/etc/passwd")
    (folder / "all").symlink_to("/etc")
    os.mkfifo(folder / "pipe")

    assert unpacked(folder) == (".", ["manage.py"])


def test_the_zip_in_a_folder_of_moodle(unpacked, tmp_path, zipped):
    folder = tmp_path / "Ada Lovelace_123_assignsubmission_file_"
    folder.mkdir()
    zipped([("site/manage.py", MANAGE)]).rename(folder / "work.zip")

    assert unpacked(folder) == ("site", ["site/manage.py"])


@pytest.mark.parametrize(("files", "said"), [
    ([], "No manage.py was found in it, nor in the folders below. There are no files in it at all."),
    ([("essay.txt", b"")], "No manage.py was found in it, nor in the folders below."),
    (
        [("work/Project.RAR", b"Rar!")],
        "No manage.py was found in it, nor in the folders below. There is 'Project.RAR' in it: hand in what that holds, as a zip.",
    ),
    ([("a/manage.py", MANAGE), ("b/manage.py", MANAGE)], "There are several projects: a, b. Hand in one."),
])  # fmt: skip
def test_without_one_project_there_is_nothing_to_grade(unpacked, zipped, files, said):
    assert why(unpacked, zipped(files), Verdict.NO_PROJECT) == said


def test_something_else_is_refused(unpacked, tmp_path):
    (tmp_path / "essay.pdf").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)

    for name in ("essay.pdf", "link"):
        assert why(unpacked, tmp_path / name) == "This is not a folder and not a zip: hand in one of these."


def test_a_bare_repository_says_what_to_do(unpacked, tmp_path):
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "ada.git"], check=True)
    (tmp_path / "ada.git/objects/pack/x").touch()

    assert why(unpacked, tmp_path / "ada.git", Verdict.NO_PROJECT) == (
        "No manage.py was found in it, nor in the folders below. "
        "This is a bare git repository, which has no files: clone it (git clone), and hand in the clone."
    )


def test_a_stream_is_read_in_pieces():
    """No file is read at once."""
    sizes = []

    class Source(io.BytesIO):
        def read(self, size=-1):
            sizes.append(size)
            return super().read(size)

    assert b"".join(unpacking._pieces(Source(bytes(200_000)))) == bytes(200_000)
    assert set(sizes) == {unpacking.CHUNK}
