"""Changes each declaration of the stages once: a test must fail. This takes hours, so only `nox -s mutants` runs it."""

import pytest

from companion.chain.stages import stages
from tests.mutants.mutating import SAME, mutants

CHAIN = stages()
FOUND = [mutants(stage, before) for stage, before in zip(CHAIN, (None, *CHAIN), strict=False)]
MUTANTS = [pytest.param(mutant, id=f"{mutant.stage}-{what}") for found in FOUND for what, mutant in found.items()]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_noticed(mutant):
    """A test of the stage fails, or one of a later stage. Equivalent mutants, in SAME, are not noticed."""
    if str(mutant) not in SAME:
        if not mutant.is_noticed(CHAIN):
            pytest.fail("no test notices this change", pytrace=False)
    elif mutant.fails():
        pytest.fail("is noticed after all, take it out of SAME", pytrace=False)
