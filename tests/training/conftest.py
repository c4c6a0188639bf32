import pytest
from small_training import make_arrays


@pytest.fixture(scope="session")
def arrays():
    return make_arrays()
