import pytest

from companion.grading.workers import NoExecutor, workers


@pytest.mark.parametrize("named", ["dusk", "nonsense:x", "os:nonsense", "os:sep", "dask://127.0.0.1:1"])
def test_an_executor_that_is_none_is_refused(named):
    with pytest.raises(NoExecutor):
        workers(named, 1)


def test_any_executor_can_be_named():
    made = workers("concurrent.futures:ThreadPoolExecutor", 3)

    with made.executor() as executor:
        assert executor.submit(pow, 2, 3).result() == 8
    assert made.at_once == 6
