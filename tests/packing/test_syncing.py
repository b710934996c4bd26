"""Archives and folders follow each other, and what somebody changed is never lost."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from packing import RECORDINGS, TREE, Refused, Tree, differences, pack, unpack
from packing.archive import read
from packing.tree import PLAIN

REPOSITORY = RECORDINGS.parents[1]
NAME = "28.5.2-iptables-nft/fresh"
FILES = {"00/sysctl.txt": b"net.ipv4.ip_forward = 1\n", "01/sysctl.txt": b"net.ipv4.ip_forward = 0\n"}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Two scenarios, packed and unpacked."""
    made = Tree(tmp_path)
    for name in (NAME, "bad/nat-flushed"):
        for path, content in FILES.items():
            _put(made, name, path, content)
    assert pack(made) == [NAME, "bad/nat-flushed"]
    return made


def _put(tree: Tree, name: str, path: str, content: bytes) -> None:
    file = tree.recordings / name / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _edit_folder(tree: Tree) -> None:
    _put(tree, NAME, "00/sysctl.txt", b"edited\n")


def _edit_archive(tree: Tree, old: bytes = b"= 0", new: bytes = b"= 2") -> None:
    path = tree.packed / f"{NAME}.txt"
    path.write_bytes(path.read_bytes().replace(old, new))


def _inside(tree: Tree, name: str = NAME) -> dict[str, bytes]:
    folder = tree.recordings / name
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _clone(tree: Tree, where: Path) -> Tree:
    shutil.copytree(tree.packed, where / "packed")
    return Tree(where)


@pytest.mark.matrix
def test_the_recordings_of_this_checkout_are_what_is_packed() -> None:
    assert list(differences(TREE)) == []


def test_git_tracks_the_archives_and_the_plain_folders_and_ignores_the_rest() -> None:
    lines = (REPOSITORY / ".gitignore").read_text().splitlines()
    assert {line for line in lines if "recordings" in line} == {
        "/tests/recordings/*/*",
        *(f"!/tests/recordings/{name}" for name in PLAIN),
    }
    assert all(any((RECORDINGS / name).iterdir()) for name in PLAIN)


def test_a_fresh_clone_is_unpacked_once(tree: Tree, tmp_path: Path) -> None:
    clone = _clone(tree, tmp_path / "clone")
    assert unpack(clone) == [NAME, "bad/nat-flushed"]
    assert _inside(clone) == FILES
    assert unpack(clone) == []
    assert list(differences(clone)) == []


@pytest.mark.matrix
def test_many_processes_may_unpack_at_once(tree: Tree, tmp_path: Path) -> None:
    clone = _clone(tree, tmp_path / "clone")
    program = "import sys, pathlib, packing\nprint(*packing.unpack(packing.Tree(pathlib.Path(sys.argv[1]))))"
    command = [sys.executable, "-c", program, str(clone.root)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(REPOSITORY / "tests")})
        for _ in range(6)
    ]
    said = [process.communicate()[0].split() for process in running]
    assert [process.returncode for process in running] == [0] * 6
    assert max(said) == [NAME, "bad/nat-flushed"]
    assert sum(map(len, said)) == 2
    assert _inside(clone) == FILES


def test_a_folder_that_is_gone_comes_back(tree: Tree) -> None:
    shutil.rmtree(tree.recordings / NAME)
    assert unpack(tree) == [NAME]
    assert _inside(tree) == FILES


def test_a_stale_folder_becomes_what_its_archive_is(tree: Tree) -> None:
    _edit_archive(tree)
    assert unpack(tree) == [NAME]
    assert _inside(tree) == {**FILES, "01/sysctl.txt": b"net.ipv4.ip_forward = 2\n"}


def test_a_file_that_an_archive_has_no_more_is_gone_from_the_folder(tree: Tree) -> None:
    _edit_archive(tree, b"-- sysctl.txt in 01 --\nnet.ipv4.ip_forward = 0\n", b"")
    unpack(tree)
    assert _inside(tree).keys() == {"00/sysctl.txt"}


def test_deleting_an_archive_deletes_the_scenario(tree: Tree) -> None:
    (tree.packed / f"{NAME}.txt").unlink()
    assert pack(tree) == []
    assert unpack(tree) == [NAME]
    assert tree.names() == {"bad/nat-flushed"}
    assert list(differences(tree)) == []


def test_a_new_recording_stays_where_it_is_and_is_packed_when_asked(tree: Tree) -> None:
    _put(tree, "30.0.0-nftables/fresh", "00/sysctl.txt", b"1\n")
    assert unpack(tree) == []
    assert list(differences(tree)) == ["30.0.0-nftables/fresh: not packed: `make pack`, or remove the folder"]
    assert pack(tree) == ["30.0.0-nftables/fresh"]
    assert read((tree.packed / "30.0.0-nftables" / "fresh.txt").read_bytes()) == {"00/sysctl.txt": b"1\n"}


def test_a_folder_edited_by_hand_is_reported_kept_and_packed(tree: Tree) -> None:
    _edit_folder(tree)
    assert unpack(tree) == []
    (told,) = differences(tree)
    assert told == (
        f"{NAME}: changed after it was unpacked: `make pack` keeps it, `make unpack NAMES={NAME}` undoes it"
    )
    assert pack(tree) == [NAME]
    assert list(differences(tree)) == []
    assert _inside(tree)["00/sysctl.txt"] == b"edited\n"


def test_an_edit_is_undone_when_asked(tree: Tree) -> None:
    _edit_folder(tree)
    assert unpack(tree, [NAME]) == [NAME]
    assert _inside(tree) == FILES


def test_a_folder_whose_files_are_all_deleted_is_reported_and_comes_back_when_asked(tree: Tree) -> None:
    for path in FILES:
        (tree.recordings / NAME / path).unlink()
    assert list(differences(tree)) == [f"{NAME}: its folder is empty or gone: `make unpack NAMES={NAME}`"]
    assert unpack(tree, [NAME]) == [NAME]
    assert _inside(tree) == FILES


@pytest.mark.parametrize("sync", [pack, unpack])
def test_where_both_sides_changed_neither_is_touched(tree: Tree, sync: Callable[[Tree], list[str]]) -> None:
    _edit_folder(tree)
    _edit_archive(tree)
    before = _inside(tree), (tree.packed / f"{NAME}.txt").read_bytes()
    with pytest.raises(Refused, match=f"both .* were changed: `make pack NAMES={NAME}` keeps the folder"):
        sync(tree)
    assert (_inside(tree), (tree.packed / f"{NAME}.txt").read_bytes()) == before


@pytest.mark.parametrize("sync", [pack, unpack])
def test_an_edited_folder_whose_archive_was_deleted_is_not_deleted_with_it(
    tree: Tree, sync: Callable[[Tree], list[str]]
) -> None:
    _edit_folder(tree)
    (tree.packed / f"{NAME}.txt").unlink()
    with pytest.raises(Refused, match=r"both .* were changed"):
        sync(tree)
    assert _inside(tree)["00/sysctl.txt"] == b"edited\n"
    unpack(tree, [NAME])
    assert tree.names() == {"bad/nat-flushed"}


def test_without_its_digests_a_checkout_overwrites_nothing_that_differs(tree: Tree) -> None:
    _edit_folder(tree)
    (tree.own / "digests.json").write_text("{")
    with pytest.raises(Refused, match="were changed"):
        unpack(tree)
    assert _inside(tree)["00/sysctl.txt"] == b"edited\n"
    assert unpack(tree, [NAME]) == [NAME]
    assert unpack(tree) == []


def test_the_one_that_was_asked_for_wins(tree: Tree) -> None:
    _edit_folder(tree)
    _edit_archive(tree)
    assert pack(tree, [NAME]) == [NAME]
    assert _inside(tree)["00/sysctl.txt"] == b"edited\n"
    _edit_folder(tree)
    _edit_archive(tree, b"edited", b"archived")
    assert unpack(tree, [NAME]) == [NAME]
    assert _inside(tree)["00/sysctl.txt"] == b"archived\n"


def test_one_refused_scenario_does_not_keep_the_others_from_being_unpacked(tree: Tree, tmp_path: Path) -> None:
    clone = _clone(tree, tmp_path / "clone")
    (clone.packed / f"{NAME}.txt").write_bytes(b"<<<<<<< a merge\n")
    with pytest.raises(Refused, match=f"^{NAME}: does not begin as an archive does$"):
        unpack(clone)
    assert _inside(clone, "bad/nat-flushed") == FILES


def test_an_unknown_name_is_refused(tree: Tree) -> None:
    with pytest.raises(Refused, match=r"no such scenario: 28\.5\.2/fresh; a name is ENGINE-BACKEND/SCENARIO"):
        pack(tree, ["28.5.2/fresh"])


def test_a_scenario_that_is_tracked_as_a_folder_is_not_packed(tree: Tree) -> None:
    _put(tree, PLAIN[0], "00/sysctl.txt", b"1\n")
    assert pack(tree) == []
    assert pack(tree, [PLAIN[0]]) == []
    assert list(differences(tree)) == []


@pytest.fixture
def history(tree: Tree) -> Path:
    """A git repository with the archives, set up as `make diff-setup` does it."""
    (tree.root / "tests").mkdir()
    tree.packed.rename(tree.root / "tests" / "packed")
    for name in (".gitattributes", "Makefile"):
        shutil.copy(REPOSITORY / name, tree.root)
    shutil.copytree(REPOSITORY / "tests" / "packing", tree.root / "tests" / "packing")
    _git(tree.root, "init", "-q")
    _git(tree.root, "add", ".gitattributes", "tests/packed")
    return tree.root


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def _archive(folder: Path, rules: int) -> None:
    made = Tree(folder / "tests")
    inside = ",".join(f'{{"rule":{{"chain":"DOCKER","handle":{number}}}}}' for number in range(rules))
    _put(made, NAME, "00/nft-ruleset.json", f'{{"nftables":[{inside}]}}\n'.encode())
    pack(made, [NAME])


def test_git_shows_one_more_rule_as_one_line_more(history: Path) -> None:
    _archive(history, 40)
    _git(history, "add", "tests/packed")
    _archive(history, 41)
    plain = _git(history, "diff")
    assert "Binary" not in plain
    assert len(max(plain.splitlines(), key=len)) > 1000
    subprocess.run(["make", "-s", "diff-setup"], cwd=history, check=True)
    lines = _git(history, "diff").splitlines()
    assert next(line for line in lines if line.startswith("@@")).endswith("@@ -- nft-ruleset.json in 00 --")
    assert [line for line in lines if line.startswith("+ ")] == [
        '+  {"rule": {"chain": "DOCKER", "handle": 39}},',
        '+  {"rule": {"chain": "DOCKER", "handle": 40}}',
    ]
