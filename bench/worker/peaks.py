"""What the machine can do: the rates of a large matrix product and of copying memory, measured.

In a process of its own with the experiments' cores, once for each backend. The report takes the
best of what its records hold, since no library is the fastest everywhere.
"""

import time
from collections.abc import Callable

import keras
import numpy as np

from bench import backends
from bench.worker import setup
from reports.schema.environment import Peaks

SIZE = 2048
"""Rows and columns of the matrices."""
NUMBERS = 2**26
"""Of the copied array, 256 MiB: more than caches hold."""
ROUNDS = 3


def measure(backend: str) -> Peaks:
    """Return the better rates of NumPy and, if it trains, of the backend, in float32."""
    matrix = np.random.default_rng(0).random((SIZE, SIZE), np.float32)
    numbers, copy = np.ones(NUMBERS, np.float32), np.empty(NUMBERS, np.float32)
    products: list[Callable[[], object]] = [lambda: matrix @ matrix]
    copies: list[Callable[[], object]] = [lambda: np.copyto(copy, numbers)]
    if backends.BY_NAME[backend].trains:
        setup.compute_in(backend, "float32")  # as the experiments do
        tensor, row = keras.ops.convert_to_tensor(matrix), keras.ops.convert_to_tensor(numbers)
        products.append(lambda: np.asarray(keras.ops.matmul(tensor, tensor)[0, 0]))
        copies.append(lambda: np.asarray(keras.ops.negative(row)[0]))
    return Peaks(
        flops_per_second=2 * SIZE**3 / min(map(_seconds, products)),
        bytes_per_second=2 * numbers.nbytes / min(map(_seconds, copies)),
    )


def _seconds(action: Callable[[], object]) -> float:
    """Return the shortest of some calls, after one that may compile."""
    action()
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)
