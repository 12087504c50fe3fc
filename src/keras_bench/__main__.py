"""``keras-bench``: the commands of the suite, from any folder."""

import subprocess
import sys

import keras_bench

USAGE = """usage: keras-bench COMMAND …; keras-bench COMMAND --help tells more

  run          benchmarks, as pytest bench/: --networks file.py:build --datasets file.py:load …
  equivalence  is it the same on every backend? As pytest bench/test_equivalence.py: --networks …
  advise       the fastest backend and settings for a network: advise file.py:build
  duel         two commits, releases or settings, trained in turns: duel main .
  versions     one release of a framework after the other
  render, brief, history, trend, advice, replication   pages of results
  compare, selftest                       did results become worse? And how sure is that?
  studio       in a browser
  datasets     list | prepare | verify the suite's own data
  info         versions, cores, devices
"""


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
