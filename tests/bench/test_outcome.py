"""What a failure says in one line."""

import pytest

from bench.outcome import reason_of

KERAS = """Exception encountered when calling Reshape.call().

\x1b[1mThe total size of the tensor must be unchanged. Received: input_shape=(10,)\x1b[0m

Arguments received by Reshape.call():
  • inputs=<KerasTensor>"""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ValueError(KERAS),
            "ValueError: The total size of the tensor must be unchanged. Received: "
            "input_shape=(10,) (Exception encountered when calling Reshape.call())",
        ),
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError("one\ntwo"), "ValueError: one"),
        (ValueError(), "ValueError: "),
    ],
)
def test_the_decisive_line_is_told(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
