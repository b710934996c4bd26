"""Fuzz one form: python -m fuzz.one FORM CORPUS [libFuzzer's options]. atheris is imported here alone."""

import gc
import sys

import atheris

with atheris.instrument_imports(include=["netaudit"], enable_loader_override=False):
    from fuzz.targets import TARGETS, expected_errors


def main() -> None:
    """Hand every case to what reads the form."""
    read = TARGETS[sys.argv[1]].read

    def run(data: bytes) -> None:
        with expected_errors():
            read(data)

    gc.freeze()
    atheris.Setup([sys.argv[0], *sys.argv[2:]], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
