"""``keras-bench``: every command of the suite, from any folder."""

import subprocess
import sys

import keras_bench

USAGE = (
    "usage: keras-bench run|advise|duel|info|versions|render|compare|brief|selftest|studio …\n\n"
    "  run     benchmarks, as pytest bench/: --networks file.py:build --datasets file.py:load …\n"
    "  advise  the fastest backend and settings for a network: advise file.py:build\n"
    "The others are those of python -m bench, python -m reports and python -m studio."
)


def main() -> int:
    """Run one command; return its exit status."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0 if arguments else 2
    try:
        command = keras_bench.command(arguments)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with subprocess.Popen(command, env=dict(keras_bench.environment())) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                pass  # it got the signal, too, and ends in its own way


if __name__ == "__main__":
    sys.exit(main())
