"""sqlite-utils without NumPy, which it imports wherever it is installed, only to store NumPy's kinds of numbers.

We store none; and on a post that import is a sixth of the time from the start of a program to its readiness.
"""

import sys

_loaded = "numpy" in sys.modules
if not _loaded:
    # None makes the import an ImportError, for which sqlite-utils is prepared.
    sys.modules["numpy"] = None  # type: ignore[assignment]
try:
    from sqlite_utils import Database, Migrations
finally:
    if not _loaded:
        del sys.modules["numpy"]

__all__ = ["Database", "Migrations"]
