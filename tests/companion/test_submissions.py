import subprocess

import pytest

from companion.checking.submissions import Kind, Student, Submission, digest, kind, student, submissions


@pytest.mark.parametrize(("name", "who"), [
    ("lovelaceada_12345_67890_project.zip", Student("lovelaceada", "canvas", "12345")),
    ("lovelaceada_LATE_12345_67890_my_project-1.zip", Student("lovelaceada", "canvas", "12345", late=True)),
    ("Ada Lovelace_123_assignsubmission_file_project.zip", Student("Ada Lovelace", "moodle", "123")),
    ("Ada Lovelace_123_assignsubmission_file_", Student("Ada Lovelace", "moodle", "123")),
    ("Ada_Byron_123_assignsubmission_file_a_1_2_b.zip", Student("Ada_Byron", "moodle", "123")),
    ("jwt-login-ada", Student("jwt-login-ada")),
    ("ada.zip", Student("ada")),
    ("ada.git", Student("ada")),
    ("ada_123.zip", Student("ada_123")),
])  # fmt: skip
def test_a_name_says_whose_it_is(name, who):
    assert student(name) == who


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "class"
    (folder / "bob").mkdir(parents=True)
    (folder / "bob" / "manage.py").write_text("x")
    (folder / "Ada.ZIP").write_bytes(b"x")
    (folder / "essay.pdf").write_bytes(b"x")
    (folder / "link").symlink_to(folder / "bob")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "grades").mkdir()
    subprocess.run(["git", "init", "-q", folder / "repository"], check=True)
    subprocess.run(["git", "init", "-q", "--bare", folder / "bare.git"], check=True)
    return folder


def test_every_entry_is_a_submission(folder):
    found = {submission.name: submission.kind for submission in submissions(folder, folder / "grades")}

    assert found == {
        "Ada.ZIP": Kind.ZIP,
        "bare.git": Kind.GIT,
        "bob": Kind.FOLDER,
        "essay.pdf": Kind.OTHER,
        "link": Kind.OTHER,
        "repository": Kind.GIT,
    }
    assert list(found) == sorted(found, key=str.casefold)


def test_a_digest_changes_with_the_content_of_a_folder(folder):
    bob = Submission(folder / "bob", Kind.FOLDER)
    seen = [digest(bob)]
    (folder / "bob" / "manage.py").touch()
    (folder / "bob" / "__pycache__").mkdir()
    (folder / "bob" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digest(bob) == seen[0]

    (folder / "bob" / "manage.py").write_text("y")
    seen.append(digest(bob))
    (folder / "bob" / "manage.py").rename(folder / "bob" / "manage2.py")
    seen.append(digest(bob))
    (folder / "bob" / "empty.py").write_text("")
    seen.append(digest(bob))

    assert len(set(seen)) == 4


def test_a_digest_changes_with_a_zip(folder):
    ada = Submission(folder / "Ada.ZIP", Kind.ZIP)
    before = digest(ada)
    (folder / "Ada.ZIP").write_bytes(b"y")

    assert digest(ada) != before


def test_the_digest_of_a_repository_is_its_commit(folder):
    repository = folder / "repository"
    assert digest(Submission(repository, Kind.GIT)) == "commit none"

    (repository / "a.py").write_text("x")
    command = ["git", "-C", repository, "-c", "user.name=T", "-c", "user.email=t@example.com"]
    subprocess.run([*command, "add", "-A"], check=True)
    subprocess.run([*command, "commit", "-qm", "x"], check=True)
    commit = subprocess.run([*command, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()

    assert digest(Submission(repository, kind(repository))) == f"commit {commit}"


def test_the_digest_of_a_link_does_not_read_what_it_leads_to(folder):
    link = Submission(folder / "link", Kind.OTHER)
    before = digest(link)
    (folder / "bob" / "manage.py").write_text("y")

    assert digest(link) == before
