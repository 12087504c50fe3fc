"""What a signal does to a run."""

import time


class Interrupt:
    """Ends the run at a signal, and lets no further one break what then tidies up."""

    SECONDS = 15
    """Longer than that takes."""

    def __init__(self) -> None:
        self._at: float | None = None

    def __call__(self, number: int, frame: object) -> None:
        """Take a signal. Raises `KeyboardInterrupt`, unless it has just done so."""
        now = time.monotonic()
        if self._at is None or now - self._at > self.SECONDS:
            self._at = now
            raise KeyboardInterrupt
