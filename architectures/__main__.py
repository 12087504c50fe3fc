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
                print(f"{architecture.name:16} {architecture.parameters:>8,} parameters")
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
    """Build a network and print each layer with its output shape and parameters."""
    study = architecture.shape, architecture.classes
    model, budget = architecture.build(*study), architecture.budget(*study)
    rows = layers(model)
    parameters = check_budget(architecture, rows, budget)
    print(
        f"{architecture.name}: {parameters:,} trainable parameters, "
        f"reference {architecture.budget_reference:,}"
    )
    for row in rows:
        shape = ", ".join("batch" if extent is None else str(extent) for extent in row.output_shape)
        print(f"  {row.type:20} ({shape})".ljust(50) + f"{row.parameters:>10,}")


if __name__ == "__main__":
    sys.exit(main())
