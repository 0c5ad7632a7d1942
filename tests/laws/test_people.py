"""Law 7: each chapter registers its own people, so a reader can begin with any chapter."""

import re
from collections import defaultdict

from companion.chain.chapters import source
from companion.chain.stages import stages
from companion.upkeep.transcripts.transcript import transcripts

REGISTERS = re.compile(r"\bcreate_(?:super)?user\(|createsuperuser|/registration|['\"]username['\"]:")
EMAIL = re.compile(r"[\w.]+@[\w.]+")


def registered(text):
    """Returns the email addresses that the commands of a chapter register in the reader's own database."""
    here = [block for block in transcripts(text) if not block.fence.run.startswith("in ")]
    commands = ["\n".join(entry.source) for block in here for entry in block.entries]
    return {email.lower() for command in commands if REGISTERS.search(command) for email in EMAIL.findall(command)}


def test_a_person_registers_in_one_chapter_only():
    """No command registers an email address that another chapter registers."""
    chapters = defaultdict(list)
    for stage in stages():
        for email in registered(source(stage).read_text(encoding="utf-8")):
            chapters[email].append(stage.name)

    assert {name for names in chapters.values() for name in names} == {stage.name for stage in stages()[2:-1]}
    assert {email: names for email, names in chapters.items() if len(names) > 1} == {}
