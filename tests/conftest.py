"""What all tests share."""

import gc
import os
import signal
from collections.abc import Callable
from pathlib import Path

import packing
import pytest
from hypothesis import settings
from sampling import SWEEP, thin
from tables_once import compute_tables_once

# 20 examples of each law in `make check`, 60 in `make test` (SWEEP=3), and as many more as SWEEP asks for.
# No deadlines: a loaded machine is not a bug. In CI the same examples each time: a new one is for a person to meet.
settings.register_profile("here", deadline=None, max_examples=20 * SWEEP)
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=20 * SWEEP)
settings.load_profile("ci" if os.environ.get("CI") else "here")

compute_tables_once()

# A shell starts its background jobs with SIGINT ignored, and every program that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before any test module is imported: some make their lists of tests from the folders of recordings.
try:
    packing.unpack(packing.TREE)
    _REFUSED = ""
except (packing.Refused, OSError) as refused:
    _REFUSED = str(refused)


def pytest_configure() -> None:
    if _REFUSED:
        raise pytest.UsageError(f"tests/recordings cannot be unpacked:\n{_REFUSED}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out most of the longest sweeps, and say how many: `make test SWEEP=50` runs all."""
    kept, left = thin(items)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare with a golden file; UPDATE_GOLDENS=1 (`make goldens`) writes it again."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "goldens" / name
        if os.environ.get("UPDATE_GOLDENS"):
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


def pytest_collection_finish(session: pytest.Session) -> None:
    _keep_out_of_collections()
    _refuse_scattered_groups(session)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is None or nextitem.path != item.path:
        _keep_out_of_collections()


def _refuse_scattered_groups(session: pytest.Session) -> None:
    """Refuse a pytest with which pytest-xdist scatters the tests of a group: each worker would start its own engine.

    pytest-xdist writes a group behind the name of a test. With pytest 9.2.0, pytest-xdist 3.8.0 does that without
    effect, and says nothing.
    """
    if not getattr(session.config.option, "loadgroup", False):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid.rpartition("]")[2]:
            raise pytest.UsageError(
                f"groups of tests are not kept together by pytest {pytest.__version__}: {item.nodeid}"
            )


def _keep_out_of_collections() -> None:
    """Let Python's collector look through what is made from now on, and not through all that stays.

    netaudit collects after every exposure table. Tests, recordings and the catalog, which stay, made that a third of
    all processor time of the tests.
    """
    gc.collect()
    gc.freeze()
