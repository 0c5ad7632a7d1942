"""Mutants: declarations removed and flipped, and whether the suites notice."""

from companion.chain.stages import find, stages
from tests.mutants.mutating import SAME, Mutant, mutants, mutated

TEXT = """
NAMES = ["a", "b"]
RULES = {"length": 8, "strict": True}
register("x", name="y")

@decorated
def function():
    inside = 1

class Thing(First, Second):
    field = Field(unique=True)

    @property
    def token(self):
        other = [1]
"""


def test_each_declaration_is_removed_and_flipped_once():
    """Removed are elements of lists, keywords of calls, bodies of functions, and so on, but no lines in functions."""
    assert [what for what, _ in mutated(TEXT)] == [
        "NAMES removed",
        "NAMES without 'a'",
        "NAMES without 'b'",
        "RULES removed",
        "RULES without 'length'",
        "RULES without 'strict'",
        "RULES with 9 for 8",
        "RULES with False for True",
        "register('x', name='y') removed",
        "register without name='y'",
        "function without decorated",
        "function emptied",
        "Thing without First",
        "Thing without Second",
        "Thing.field removed",
        "Thing.field without unique=True",
        "Thing.field with False for True",
        "Thing.token without property",
        "Thing.token emptied",
    ]


def test_a_mutant_differs_from_the_file_in_one_place():
    """Each text is the file with one change; the change is undone before the next."""
    texts = dict(mutated("A = [1, 2]\nB = True\n"))

    assert texts == {
        "A removed": "pass\nB = True\n",
        "A without 1": "A = [2]\nB = True\n",
        "A without 2": "A = [1]\nB = True\n",
        "A with 2 for 1": "A = [2, 2]\nB = True\n",
        "A with 3 for 2": "A = [1, 3]\nB = True\n",
        "B removed": "A = [1, 2]\npass\n",
        "B with False for True": "A = [1, 2]\nB = False\n",
    }


def test_mutants_with_the_same_text_get_different_names():
    """Three equal elements make three mutants with three names."""
    names = ["A removed", "A without 'x'", "A without 'x' (2)", "A without 'x' (3)"]

    assert [what for what, _ in mutated("A = ['x', 'x', 'x']")] == names


def test_code_of_the_previous_stage_is_not_mutated():
    """Only new and changed declarations are mutated, also in a class that the previous stage has."""
    old = "A = 1\nclass C:\n    x = True\n"
    new = "A = 1\nclass C:\n    x = True\n    y = True\n"

    assert [what for what, _ in mutated(new, old)] == ["C.y removed", "C.y with False for True"]


def test_every_exception_is_a_mutant_of_a_stage():
    """Each mutant in SAME exists and has a reason, because another name would exclude nothing."""
    chain = stages()
    there = {name for stage, before in zip(chain, (None, *chain), strict=False) for name in mutants(stage, before)}

    assert set(SAME) - there == set()
    assert all(SAME.values())


def test_a_suite_fails_with_a_mutant():
    """The tests of a real stage fail without its user model, and pass with an additional constant."""
    stage = find("02-user-model")
    text = stage.path.joinpath("config/settings.py").read_text()

    assert Mutant(stage, "config/settings.py", "", text.replace("AUTH_USER_MODEL = ", "OTHER = ")).fails()
    assert not Mutant(stage, "config/settings.py", "", text + "OTHER = 1\n").fails()


SUITE = """
import sys
from authentication import rules
def test_rules():
    assert rules.LENGTH == 8
"""
LATER = f"{SUITE}    assert rules.STRICT\n"
MANAGE = "import sys\n"  # a project without Django, so that its checks pass


def test_a_later_stage_may_use_an_unused_name(chain):
    """STRICT is added in 01 and tested in 02. No test notices LOOSE, and TEMPORARY is removed before one could."""
    rules = "LENGTH = 8\nSTRICT = True\nLOOSE = 'no'\n"
    files = {"manage.py": MANAGE, "authentication/__init__.py": "", "conftest.py": ""}
    root = chain(
        {
            "01-a": files | {"authentication/rules.py": rules + "TEMPORARY = 'no'\n", "tests/test_a.py": SUITE},
            "02-b": files | {"authentication/rules.py": rules, "tests/test_a.py": LATER},
        }
    )

    first, second = stages(root)
    assert {mutant.what: mutant.is_noticed((first, second)) for mutant in mutants(first).values()} == {
        "LENGTH removed": True,
        "LENGTH with 9 for 8": True,
        "STRICT removed": True,
        "STRICT with False for True": True,
        "LOOSE removed": False,
        "TEMPORARY removed": False,
    }
    assert mutants(second, first) == {}
