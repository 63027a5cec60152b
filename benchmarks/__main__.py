"""`make bench` runs every file here that has a `measure`; BENCH=name runs one."""

import importlib
import sys
from pathlib import Path

from benchmarks.figure import publish

not_figures = {"__init__", "__main__", "figure", "harness", "passthrough"}


def main() -> None:
    """Measure and print. Exits 2 with a sentence when there is no such figure."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in not_figures)
    wanted = sys.argv[1:] or known
    for name in wanted:
        if name not in known:
            sys.exit(f"no figure is called {name}; there are {', '.join(known)}")
        print(f"== {name}", flush=True)
        publish(name, importlib.import_module(f"benchmarks.{name}").measure())


if __name__ == "__main__":
    main()
