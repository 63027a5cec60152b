"""Writes to an outbox in processes of their own, which can be killed: `python -m`-less, started by path.

For each line on stdin a child is forked that records as fast as the disk takes it, and tells each number that is durable.
"""

import asyncio
import os
import sys
from pathlib import Path

from edge.clock import Clock
from edge.outbox import Outbox
from edge.wake import Wake


async def write(path: Path) -> None:
    """Record pairs of facts with the state that belongs to them, for ever."""
    outbox = await Outbox.open(path, "panic", Clock(), Wake(path.parent / "nobody.sock", "school.gate"))
    await outbox._first_try  # what was kept is known, however long the disk takes
    number = int(outbox.kept.get("number", "0"))
    while True:
        number += 1
        facts = [
            ("device.part_proved", {"part": f"{number}"}),
            ("device.tampered", {"part": f"{number}", "reason": "a pair"}),
        ]
        _, durable = outbox.record_all(facts, keep={"number": str(number)})
        if number % 3 == 0:
            await durable
            os.write(1, f"{number}\n".encode())  # the whole line or nothing: print may be killed before the line's end


def main() -> None:
    """Fork a writer for each line read, and tell its process id first."""
    path = Path(sys.argv[1])
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(write(path))
        print(f"pid {child}", flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
