"""A test's id says which value it is about. A position changes when a value is added before it."""


def positional(lines):
    """The tests that are told apart by a position."""
    return [line for line in lines if line.startswith("positional: ")]


def test_no_test_id_is_a_position(collected, stage):
    """What pytest cannot write as an id (a list, an object, half a character) gets a name in `ids`."""
    assert positional(collected(stage.path)) == []


def test_a_position_is_found(collected, tmp_path):
    """The check finds what pytest numbers, and leaves alone what it can write."""
    text = "import pytest\n@pytest.mark.parametrize('value', ['ada', [], 2])\ndef test_it(value): pass\n"
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:django\n")

    assert positional(collected(tmp_path)) == ["positional: test_it.py::test_it[value1]"]
