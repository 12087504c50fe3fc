"""What an experiment knows of a network and data that the user brought."""

from dataclasses import dataclass

from bench.own.digest import Digest
from bench.own.place import Place

GENERATED = "generated"
"""Name of the data set where there is none: arrays made to fit the model."""
PROFILE = "own"
"""Name of the profile: the user's own recipe."""
KIND = "own"
"""Kind and modality of what the registries do not know."""
NETWORK_FILE = ".keras"
DATA_FILE = ".npz"
BATCH_SIZE = 32
EPOCHS = 3
"""Where nobody says otherwise."""
GENERATED_SAMPLES = 1024, 256
"""For training and test, where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Where they are, and what they were when the experiment was planned."""

    network: Place | None
    """None: a network of the suite."""
    network_digest: Digest
    data: Place | None = None
    """None: a data set of the suite, or `GENERATED`."""
    data_digest: Digest | None = None
    custom_objects: Place | None = None
    """A module to be imported before a ``.keras`` file is read."""
    custom_objects_digest: Digest | None = None
    compiling: str = ""
    """Loss, optimizer and metrics for `keras.Model.compile`, as JSON; empty: the model's own."""

    @property
    def places(self) -> tuple[Place, ...]:
        """All that is the user's, the network first."""
        return tuple(filter(None, (self.network, self.data, self.custom_objects)))

    @property
    def facts(self) -> dict[str, str]:
        """What of it could change the numbers, by the names of a record's provenance."""
        digests = {
            "source": self.network_digest,
            "data": self.data_digest,
            "custom_objects": self.custom_objects_digest,
        }
        texts = {name: digest.text for name, digest in digests.items() if digest}
        return texts | ({"compiling": self.compiling} if self.compiling else {})
