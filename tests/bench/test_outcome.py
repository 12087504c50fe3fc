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
        (ValueError(), "ValueError"),
        (ValueError("net.py: out of memory: so"), "ValueError: net.py: out of memory: so"),
        (MemoryError(), "out of memory: MemoryError"),
        (
            RuntimeError("INTERNAL: In turn: In turn: Out of memory allocating 9"),
            "out of memory: RuntimeError: INTERNAL: In turn: Out of memory allocating 9",
        ),
        (
            RuntimeError(
                "{{function_node __wrapped__Mul_device_/job:localhost}} OOM when allocating"
            ),
            "out of memory: RuntimeError: OOM when allocating",
        ),
    ],
)
def test_the_decisive_line_is_told(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason


def test_an_error_that_says_nothing_is_told_by_its_cause_or_its_place() -> None:
    def silent(number: int = 1) -> None:
        assert number > 1

    with pytest.raises(AssertionError) as caught:
        silent()
    bare = AssertionError().with_traceback(caught.value.__traceback__)
    assert reason_of(bare) == "AssertionError in test_outcome.py, silent: assert number > 1"
    bare.__cause__ = RuntimeError("no CUDA here")
    assert reason_of(bare) == "AssertionError, after RuntimeError: no CUDA here"
