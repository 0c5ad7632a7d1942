import pytest

from companion import postgres


def test_the_newest_version_is_taken(monkeypatch, tmp_path):
    """Of several that Debian has installed: 16 is newer than 9.6, though not by the alphabet."""
    for version in ("9.6", "16", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    monkeypatch.setattr(postgres, "DEBIAN", str(tmp_path))
    monkeypatch.setenv("PATH", "")

    assert postgres.find() == tmp_path / "16" / "bin"


def test_whoever_has_no_postgresql_is_told_how_to_get_it(monkeypatch, tmp_path):
    """One sentence, with the command."""
    monkeypatch.setattr(postgres, "DEBIAN", str(tmp_path))
    monkeypatch.setenv("PATH", "")

    with pytest.raises(postgres.NoPostgres, match=r"^PostgreSQL is not installed\. On Debian .*: sudo apt install"):
        postgres.find()
