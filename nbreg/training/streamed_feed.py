"""The blocks of a training on streamed rows, each there when its steps come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from nbreg.data.streaming.order import block_rows
from nbreg.training.ahead import Ahead
from nbreg.training.arrays import Matrix
from nbreg.training.compiled_epochs import Shape
from nbreg.training.streamed_arrays import StreamedArrays


class Part(NamedTuple):
    """Train steps on one block: `first` to `last` (exclusive) of its own. `x` and `y` are the block's rows."""

    x: Any
    y: Any
    first: int
    last: int


class Feed:
    """Gives the train rows of epoch after epoch to steps that come in order; the next block is read meanwhile."""

    def __init__(self, arrays: StreamedArrays, shape: Shape, seed: int):
        self._arrays, self._seed = arrays, seed
        self._block_rows = block_rows(shape.n_inputs + shape.n_targets, shape.batch_size)
        self.steps_a_block = self._block_rows // shape.batch_size
        self.validation = _tensor(arrays.x_val, shape.n_inputs), _tensor(arrays.y_val, shape.n_targets)
        self._ahead: Ahead[tuple[int, int, Matrix, Matrix]] | None = None
        self._here: tuple[int, int, Any, Any] = (-1, -1, None, None)

    def parts(self, epoch: int, first: int, last: int) -> Iterator[Part]:
        """Yield the train steps `first` to before `last` of an epoch, block by block."""
        while first < last:
            number, before = divmod(first, self.steps_a_block)
            end = min(last, (number + 1) * self.steps_a_block)
            x, y = self._block(epoch, number)
            yield Part(x, y, before, end - number * self.steps_a_block)
            first = end

    def close(self) -> None:
        """Stop reading."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def _block(self, epoch: int, number: int) -> tuple[Any, Any]:
        import tensorflow as tf

        if self._ahead is None:
            self._ahead = Ahead(self._blocks(epoch))
        while self._here[:2] != (epoch, number):
            self._here = (-1, -1, None, None)  # its memory goes before the next block comes
            at, of, x, y = self._ahead.next()
            self._here = at, of, tf.constant(x), tf.constant(y)
        return self._here[2:]

    def _blocks(self, epoch: int) -> Iterator[tuple[int, int, Matrix, Matrix]]:
        while True:
            for number, (x, y) in enumerate(self._arrays.stream.blocks(self._seed, epoch, self._block_rows)):
                yield epoch, number, x, y
            epoch += 1


def _tensor(rows: Matrix | None, width: int) -> Any:
    import tensorflow as tf

    return tf.zeros((0, width)) if rows is None else tf.constant(rows)
