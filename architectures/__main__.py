"""``python -m architectures list`` and ``python -m architectures summary [NAME ...]``."""

import argparse
import sys

from architectures.layers import BudgetError, check_budget, layers
from architectures.registry import ARCHITECTURES, find
from architectures.spec import Architecture


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m architectures", description=__doc__)
    parser.add_argument("command", choices=("list", "summary"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks (default: all)")
    options = parser.parse_args(arguments)
    try:
        chosen = [find(name) for name in options.names] or list(ARCHITECTURES)
        for architecture in chosen:
            if options.command == "summary":
                print_summary(architecture)
            else:
                study, *others = architecture.scales
                more = "".join(
                    f"; {scale.parameters:,} for samples of {scale.shape}" for scale in others
                )
                print(f"{architecture.name:16} {study.parameters:>8,} parameters{more}")
    except (BudgetError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(
            f"error: {error.name} is not installed; a summary builds the network: "
            "python -m pip install '.[jax]', then KERAS_BACKEND=jax python -m architectures ...",
            file=sys.stderr,
        )
        return 2
    return 0


def print_summary(architecture: Architecture) -> None:
    """Build a network at each of its scales; print its layers with output shape and parameters."""
    for scale in architecture.scales:
        rows = layers(architecture.build(scale.shape, scale.classes))
        parameters = check_budget(architecture.name, rows, scale)
        print(
            f"{architecture.name}: {parameters:,} trainable parameters, "
            f"reference {scale.budget_reference:,}"
        )
        for row in rows:
            extents = ("batch" if extent is None else str(extent) for extent in row.output_shape)
            print(f"  {row.type:20} ({', '.join(extents)})".ljust(50) + f"{row.parameters:>10,}")


if __name__ == "__main__":
    sys.exit(main())
