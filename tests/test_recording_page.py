"""What docs/recording.md says of recordings is so."""

import re

from pages.manual import PATH as MAN_PAGE

from netaudit.model.facts import Source
from netaudit.store.format import limits
from netaudit.store.format.index import INDEX, Index
from netaudit.store.reading.archive import _READ

PAGE = MAN_PAGE.with_name("recording.md").read_text()


def _first_cells(title: str) -> list[str]:
    """Give the words in the first column of the table with such a head."""
    table = PAGE.split(f"| {title} |", 1)[1].split("\n\n", 1)[0]
    return [word for row in table.splitlines()[2:] for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_the_page_names_every_file_of_a_recording_and_no_other() -> None:
    assert sorted(_first_cells("File")) == sorted([*Source, INDEX])


def test_the_page_names_every_key_of_the_index_and_no_other() -> None:
    assert _first_cells("Key") == list(Index.__struct_fields__)


def test_the_page_names_every_form_of_tar() -> None:
    assert [one for one in _READ if f"`{one}`" not in PAGE and one != ".tgz"] == []


def test_the_page_has_the_limits_that_the_code_has() -> None:
    for words in (
        f"one file of more than {limits.LARGEST_FILE >> 20} MiB",
        f"all files together of more than {limits.LARGEST_RECORDING >> 20} MiB",
        f"more than {limits.MOST_FILES} files",
        f"of more than {limits.LARGEST_INDEX >> 20} MiB",
        f"a tar header of more than {limits.LARGEST_HEADER >> 20} MiB",
        f"within {limits.PATIENCE:.0f} seconds",
    ):
        assert words in PAGE


def test_the_page_has_the_commands_that_sign_and_verify() -> None:
    for words in ("ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n netaudit", "--print-manifest", "--signers", "--expect"):
        assert words in PAGE
