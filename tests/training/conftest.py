import pytest
from small_training import make_arrays

from nbreg.training import trainers


@pytest.fixture(scope="session")
def arrays():
    return make_arrays()


@pytest.fixture
def no_trainers():
    """No trainer is idle before the test, nor after it."""
    trainers.clear_trainers()
    yield
    trainers.clear_trainers()
