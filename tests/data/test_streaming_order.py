"""The order of rows that come row group by row group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbreg.data.streaming.order import MOST_NUMBERS, MOST_ROWS, EpochOrder, block_rows, streamed_order

SIZES = st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(sum)


@given(SIZES, st.integers(1, 60), st.integers(0, 3), st.integers(0, 5))
def test_each_row_is_visited_once(sizes, block, seed, epoch):
    assert sorted(streamed_order(seed, epoch, sizes, block)) == list(range(sum(sizes)))


@given(SIZES, st.integers(0, 3), st.integers(0, 5))
def test_rows_of_one_block_are_in_the_order_of_any_table_in_memory(sizes, seed, epoch):
    n_rows = sum(sizes)
    expected = np.random.default_rng((seed, epoch)).permutation(n_rows)
    np.testing.assert_array_equal(streamed_order(seed, epoch, sizes, n_rows), expected)


@given(SIZES, st.integers(1, 30), st.integers(0, 3))
def test_a_block_holds_the_rows_of_row_groups_that_follow_each_other(sizes, block, seed):
    order, visited = EpochOrder.of(seed, 1, sizes, block), streamed_order(seed, 1, sizes, block)
    starts = np.cumsum([0, *sizes])
    end_to_end = [row for group in order.groups for row in range(starts[group], starts[group + 1])]
    assert sum(order.block_sizes) == sum(sizes)
    for first in range(0, sum(sizes), block):
        assert set(visited[first : first + block]) == set(end_to_end[first : first + block])


def test_epochs_and_seeds_have_orders_of_their_own_and_the_same_arguments_the_same():
    def visited(seed, epoch):
        return tuple(streamed_order(seed, epoch, [30, 5, 0, 60], 32))

    assert len({visited(seed, epoch) for seed in range(3) for epoch in range(3)}) == 9
    assert visited(2, 1) == visited(2, 1)


def test_the_order_of_row_groups_changes_from_epoch_to_epoch():
    orders = {tuple(EpochOrder.of(0, epoch, [10] * 8, 20).groups) for epoch in range(5)}
    assert len(orders) == 5


@pytest.mark.parametrize(("numbers", "batch"), [(5, 32), (26, 100), (5_000, 256), (10**7, 512), (1, 2**20)])
def test_a_block_is_whole_batches_and_bounded(numbers, batch):
    rows = block_rows(numbers, batch)
    assert rows % batch == 0
    assert rows >= batch
    assert rows == batch or (rows <= MOST_ROWS and rows * numbers <= MOST_NUMBERS)
