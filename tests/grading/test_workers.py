import pytest

from companion.grading.verdicts import CannotGrade
from companion.grading.workers import workers


@pytest.mark.parametrize("named", ["dusk", "nonsense:x", "os:nonsense", "os:sep", "os:getcwd", "dask://127.0.0.1:1"])
def test_an_executor_that_is_none_is_refused(named):
    with pytest.raises(CannotGrade):
        workers(named, 1)


def test_any_executor_can_be_named():
    made = workers("concurrent.futures:ThreadPoolExecutor", 3)

    assert made.submit(pow, 2, 3).result() == 8
    made.shutdown()
