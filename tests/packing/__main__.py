"""`make pack`, `make unpack`, and what git runs: python -m packing {pack,unpack} [NAME …] | readable FILE."""

import sys
from pathlib import Path

from packing import TREE, Refused, pack, unpack
from packing.readable import readable


def main(arguments: list[str]) -> int:
    """Do what is asked; return the exit code."""
    match arguments:
        case ["readable", path]:
            sys.stdout.buffer.write(readable(Path(path).read_bytes()))
            return 0
        case ["pack" | "unpack" as do, *names]:
            return _sync(do, names)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _sync(do: str, names: list[str]) -> int:
    try:
        done = pack(TREE, names) if do == "pack" else unpack(TREE, names)
    except Refused as refused:
        print(f"{do}:\n{refused}", file=sys.stderr)
        return 1
    print("\n".join((*done, f"{do}ed: {len(done)}")))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
