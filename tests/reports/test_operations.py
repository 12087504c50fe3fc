"""Counts of work against those done by hand."""

import pytest

from reports import operations as work
from reports.operations import Work
from reports.schema.record import Layer, Network


def network(shape: tuple[int | None, ...], *layers: Layer) -> Network:
    return Network(
        parameters=sum(layer.parameters for layer in layers),
        budget_reference=None,
        budget=None,
        revision=1,
        layers=layers,
        input_shape=shape,
    )


def layer(type: str, parameters: int, *shape: int) -> Layer:
    return Layer(name="x", type=type, output_shape=(None, *shape), parameters=parameters)


MLP = network(
    (None, 50), layer("Dense", 7_650, 150), layer("Dropout", 0, 150), layer("Dense", 151, 1)
)


def counted(network: Network, *, batch_size: int, optimizer: str) -> Work:
    work_of = work.of(network, batch_size=batch_size, optimizer=optimizer)
    assert work_of
    return work_of


def test_dense() -> None:
    found = counted(MLP, batch_size=256, optimizer="adam")
    first, second = 2 * 50 * 150, 2 * 150
    assert found.forward_flops == 256 * (first + second)
    # Forward and weights for both, inputs for the second alone.
    assert found.flops == 256 * (2 * first + 3 * second)
    values = 256 * 50 + 2 * 256 * (150 + 150 + 1) + 7_801 * (2 + 2 + 2 + 4)
    assert found.bytes == 4 * values


def test_convolutions() -> None:
    found = counted(
        network(
            (None, 28, 28),
            layer("Reshape", 0, 28, 28, 1),
            layer("Conv2D", 320, 28, 28, 32),
            layer("MaxPooling2D", 0, 14, 14, 32),
            layer("Conv2D", 18_496, 14, 14, 64),
        ),
        batch_size=1,
        optimizer="adam",
    )
    first, second = 28 * 28 * 2 * 9 * 32, 14 * 14 * 2 * 9 * 32 * 64
    assert found.forward_flops == first + second
    assert found.flops == 2 * first + 3 * second


def test_an_lstm_counts_every_step_of_time_and_an_embedding_none() -> None:
    found = counted(
        network(
            (None, 500),
            layer("Embedding", 320_000, 500, 32),
            layer("LSTM", 4 * 100 * (32 + 100 + 1), 100),
            layer("Dense", 101, 1),
        ),
        batch_size=64,
        optimizer="rmsprop",
    )
    lstm, dense = 500 * 2 * 4 * 100 * (32 + 100), 2 * 100
    assert found.forward_flops == 64 * (lstm + dense)
    assert found.flops == 64 * 3 * (lstm + dense), "the embedding takes a gradient"


def test_a_stacked_lstm_reads_its_steps_from_the_layer_before() -> None:
    found = counted(
        network((None, 28, 28), layer("LSTM", 150_480, 28, 180), layer("LSTM", 97_560, 90)),
        batch_size=1,
        optimizer="adam",
    )
    first, second = 28 * 2 * 4 * 180 * (28 + 180), 28 * 2 * 4 * 90 * (180 + 90)
    assert found.forward_flops == first + second
    # The first hands no gradient to the rows, but each of its steps to the one before.
    assert found.flops == 2 * first + 28 * 2 * 4 * 180 * 180 + 3 * second


def test_what_is_not_known_is_not_guessed() -> None:
    odd = network((None, 5), layer("Attention", 7, 5))
    assert work.of(odd, batch_size=1, optimizer="adam") is None
    assert work.of(MLP, batch_size=1, optimizer="lion") is None


@pytest.mark.parametrize(
    ("with_biases", "without"),
    [
        (layer("Dense", 50 * 130 + 130, 130), layer("Dense", 50 * 130, 130)),
        (layer("Conv1D", 3 * 50 * 8 + 8, 10, 8), layer("Conv1D", 3 * 50 * 8, 10, 8)),
        (layer("LSTM", 4 * 9 * (50 + 9 + 1), 9), layer("LSTM", 4 * 9 * (50 + 9), 9)),
    ],
    ids=["dense", "convolution", "LSTM"],
)
def test_a_layer_without_biases_multiplies_as_much(with_biases: Layer, without: Layer) -> None:
    shape = (None, 50) if without.type == "Dense" else (None, 10, 50)
    one, other = (
        counted(network(shape, each), batch_size=1, optimizer="adam")
        for each in (with_biases, without)
    )
    assert one.forward_flops == other.forward_flops
