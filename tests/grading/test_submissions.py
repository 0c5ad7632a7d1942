import pytest

from companion.grading.submissions import Kind, Student, Submission, digest, students, submissions

TEAM = "This looks like a team's submission, and 17 is then the team's number, not a participant's."


@pytest.mark.parametrize(("name", "who"), [
    ("lovelaceada_12345_67890_project.zip", Student("lovelaceada", "canvas", "12345")),
    ("lovelaceada_LATE_12345_67890_my_project-1.zip", Student("lovelaceada", "canvas", "12345", late=True)),
    ("lovelaceada_late_12345_67890_my_project-1.zip", Student("lovelaceada", "canvas", "12345", late=True)),
    ("lovelace--ada_12345_67890_project.zip", Student("lovelace--ada", "canvas", "12345")),
    ("van_derbergjan_12_901_project.zip", Student("van_derbergjan", "canvas", "12")),
    ("team_1_12_901_project.zip", Student("team_1", "canvas", "12")),
    ("team_1_LATE_12_901_project.zip", Student("team_1", "canvas", "12", late=True)),
    ("1_team_12_901_project.zip", Student("1_team", "canvas", "12")),
    ("lovelaceada_12345_67890_1_project.zip", Student("lovelaceada", "canvas", "12345")),
    ("lovelaceada_12345_67890_a_1_2_b.zip", Student("lovelaceada", "canvas", "12345")),
    ("lovelaceada_12345_67890_grace_LATE_13_902_b.zip", Student("lovelaceada", "canvas", "12345")),
    ("ada_12_901_grace_102_assignsubmission_file_x.zip", Student("ada", "canvas", "12")),
    ("lovelaceada_12345_text.html", Student("lovelaceada", "canvas", "12345")),
    ("team_1_LATE_12345_link.html", Student("team_1", "canvas", "12345", late=True)),
    ("Ada Lovelace_123_assignsubmission_file_project.zip", Student("Ada Lovelace", "moodle", "123")),
    ("Ada Lovelace_123_assignsubmission_file_", Student("Ada Lovelace", "moodle", "123")),
    ("Ada Lovelace_123_assignsubmission_file", Student("Ada Lovelace", "moodle", "123")),
    ("Ada Lovelace_123_assignsubmission_onlinetext", Student("Ada Lovelace", "moodle", "123")),
    ("Participant_123_assignsubmission_file", Student("Participant", "moodle", "123")),
    ("Ada_Byron_123_assignsubmission_file_a_1_2_b.zip", Student("Ada_Byron", "moodle", "123")),
    ("Ada Byron_123_assignsubmission_file_Eve_9_assignsubmission_file_b.zip", Student("Ada Byron", "moodle", "123")),
    ("jwt-login-ada", Student("jwt-login-ada")),
    ("ada.zip", Student("ada")),
    ("ada.git", Student("ada")),
    ("ada_123.zip", Student("ada_123")),
    ("Ada Lovelace_12_13_notes.zip", Student("Ada Lovelace_12_13_notes")),
])  # fmt: skip
def test_a_name_says_whose_it_is(name, who):
    assert students([name]) == {name: who}


@pytest.mark.parametrize(("name", "who"), [
    ("Team A_17_assignsubmission_file_projekt.zip", Student("Team A", "moodle", doubt=TEAM)),
    ("Gruppe Rot_17_assignsubmission_file", Student("Gruppe Rot", "moodle", doubt=TEAM)),
    ("Lab 3_17_assignsubmission_file_", Student("Lab 3", "moodle", doubt=TEAM)),
    ("Default group_assignsubmission_file", Student("Default group", "moodle", doubt=(
        "Moodle has written no number: this comes from the students who are in no team."))),
    ("anon_x5Rk1_901_project.zip", Student("anon_x5Rk1", "canvas", doubt=(
        "Canvas leaves out the ID while an assignment is graded anonymously."))),
    ("LATE_anon_12345_901_project.zip", Student("anon_12345", "canvas", late=True, doubt=(
        "Canvas leaves out the ID while an assignment is graded anonymously."))),
    ("smithbo_12_901_2024_project.zip", Student("smithbo", "canvas", doubt=(
        "Its name can be read as ID 12 or ID 901: enter the grade by hand."))),
    ("red_1_340934_208490284_project.zip", Student("red", "canvas", doubt=(
        "Its name can be read as ID 1 or ID 340934: enter the grade by hand."))),
])  # fmt: skip
def test_name_that_does_not_say_whose_grade_it_is_gets_no_id(name, who):
    assert students([name]) == {name: who}


def test_names_of_a_download_are_read_together():
    """If a number could be an ID or a file's number, the other names decide."""
    found = students([
        "lovelaceada_340934_208490284_project.zip",
        "red_1_340811_208490931_project.zip",
        "smithbo_340912_208487712_208490000_project.zip",
        "lovelaceada_340934_208490301_208490000_notes.zip",
    ])  # fmt: skip

    assert [(who.name, who.id) for who in found.values()] == [
        ("lovelaceada", "340934"),
        ("red_1", "340811"),
        ("smithbo", ""),
        ("lovelaceada", "340934"),
    ]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "class"
    (folder / "bob").mkdir(parents=True)
    (folder / "bob" / "manage.py").write_text("x")
    (folder / "Ada.ZIP").write_bytes(b"x")
    (folder / "essay.pdf").write_bytes(b"x")
    (folder / "link").symlink_to(folder / "bob")
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "endless").symlink_to("x" * 300)  # longer than a name can be, so following it raises an error
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "grades").mkdir()
    return folder


def test_every_entry_is_a_submission(folder):
    """Also a link that nobody can follow."""
    found = {submission.name: submission.kind for submission in submissions(folder, folder / "grades")}

    assert found == {
        "Ada.ZIP": Kind.ZIP,
        "bob": Kind.FOLDER,
        "circle": Kind.OTHER,
        "endless": Kind.OTHER,
        "essay.pdf": Kind.OTHER,
        "link": Kind.OTHER,
    }
    assert list(found) == sorted(found, key=str.casefold)


def test_with_teams_no_number_of_moodle_is_a_participant(folder):
    """Nothing in the name shows that Die Pythons is a team."""
    for name in ("Die Pythons_17_assignsubmission_file", "ada_12_901_p.zip"):
        (folder / name).mkdir()
    found = {submission.name: submission.student for submission in submissions(folder, None, teams=True)}

    assert found["Die Pythons_17_assignsubmission_file"] == Student(
        "Die Pythons", "moodle", doubt="This is a team's submission, and 17 is the team's number."
    )
    assert found["ada_12_901_p.zip"].id == "12"
    assert {s.name: s.student.id for s in submissions(folder)}["Die Pythons_17_assignsubmission_file"] == "17"


def test_a_digest_changes_with_the_content_of_a_folder(folder):
    """It ignores what git and other tools write."""
    bob = Submission(folder / "bob", Kind.FOLDER)
    seen = [digest(bob)]
    (folder / "bob" / "manage.py").touch()
    for name in ("__pycache__/x.pyc", ".git/HEAD", "AGENTS.md"):
        (folder / "bob" / name).parent.mkdir(exist_ok=True)
        (folder / "bob" / name).write_text("x")
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


def test_the_digest_of_a_link_does_not_read_what_it_leads_to(folder):
    link = Submission(folder / "link", Kind.OTHER)
    before = digest(link)
    (folder / "bob" / "manage.py").write_text("y")

    assert digest(link) == before
