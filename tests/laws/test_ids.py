"""A test's id says which value it is about, because a position changes if a value is added before it."""


def positional(lines):
    """Returns the tests whose ids differ only by a position."""
    return [line for line in lines if line.startswith("positional: ")]


def test_no_test_id_is_a_position(collected, stage):
    """A value that pytest can't write as an id (a list, an object, invalid text) has a name in `ids`."""
    assert positional(collected(stage.path)) == []


def test_a_position_is_found(collected, tmp_path):
    """The check finds ids that pytest numbers, and no others."""
    text = "import pytest\n@pytest.mark.parametrize('value', ['ada', [], 2])\ndef test_it(value): pass\n"
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:django\n")

    assert positional(collected(tmp_path)) == ["positional: test_it.py::test_it[value1]"]
