"""Archives into folders and back, without losing what somebody changed.

Each scenario is compared three ways: its archive, its folder, and what both were when they were last the same. What
changed on one side is taken over by the other; where both changed, the scenario is refused and stays as it is. To
delete a scenario, delete its archive: the next `unpack` removes its folder.
"""

from collections.abc import Callable, Collection, Iterator

from packing import archive
from packing.last_same import Digests, LastSame, digest, load, locked
from packing.tree import PLAIN, Tree


class Refused(Exception):  # noqa: N818 (nothing failed: something would have been lost)
    """Something would be lost; the message has a line for each scenario, with what to do."""


def unpack(tree: Tree, names: Collection[str] = ()) -> list[str]:
    """Make the folders what the archives are where they are missing or stale; return the names of these.

    A named scenario is unpacked even if its folder was changed. Any number of processes may do this at once.
    """
    if not names and _all_unpacked(tree, load(tree)):
        return []
    return _each(tree, names, _unpack_anyway if names else _unpack)


def pack(tree: Tree, names: Collection[str] = ()) -> list[str]:
    """Make the archives what the folders are where these are new or changed; return the names of these.

    A named scenario is packed even if its archive was changed.
    """
    return _each(tree, names, _pack_anyway if names else _pack)


def differences(tree: Tree) -> Iterator[str]:
    """Say of each scenario whose folder is not what its archive is what to do about it."""
    for name in sorted(tree.names()):
        packed, folder = tree.archive(name), tree.folder(name)
        if folder is None:
            yield f"{name}: its folder is empty or gone: `make unpack NAMES={name}`"
        elif packed is None:
            yield f"{name}: not packed: `make pack`, or remove the folder"
        elif packed != folder:
            yield f"{name}: changed after it was unpacked: `make pack` keeps it, `make unpack NAMES={name}` undoes it"


def _all_unpacked(tree: Tree, last: LastSame) -> bool:
    """Say whether nothing is to be done, without reading the folders: quick enough for every start of pytest."""
    names = {name for name in tree.names() if tree.archive(name) is not None}
    return names == last.keys() and all(
        tree.has_folder(name) and digest(tree.archive(name)) == last[name].archive for name in names
    )


def _each(tree: Tree, names: Collection[str], do: Callable[[Tree, str, LastSame], bool]) -> list[str]:
    """Do it with the scenarios named, or with all; refuse at the end, when all others are done."""
    done, refused = [], []
    with locked(tree) as last:
        known = tree.names() | last.keys()
        if unknown := sorted({*names} - known - {*PLAIN}):
            raise Refused(f"no such scenario: {', '.join(unknown)}; a name is ENGINE-BACKEND/SCENARIO")
        for name in sorted({*(names or known)} - {*PLAIN}):
            try:
                if do(tree, name, last):
                    done.append(name)
            except (Refused, archive.MalformedError) as error:
                refused.append(f"{name}: {error}")
    if refused:
        raise Refused("\n".join(refused))
    return done


def _unpack(tree: Tree, name: str, last: LastSame) -> bool:
    """Unpack one scenario where that is needed; return whether it was."""
    packed, before = tree.archive(name), last.get(name)
    if packed is None and before is None:
        return False  # a new recording, which nobody has packed
    if before and digest(packed) == before.archive and tree.has_folder(name):
        return False  # a folder that was changed since is left alone; `differences` tells
    files = None if packed is None else archive.read(packed)
    folder, wanted = tree.folder(name), None if files is None else archive.write(files)
    if folder != wanted:
        if folder and (before is None or digest(folder) != before.folder):
            raise _both_changed(name)
        tree.put_folder(name, files)
    _remember(last, name, packed, wanted)
    return folder != wanted


def _pack(tree: Tree, name: str, last: LastSame) -> bool:
    """Pack one scenario where that is needed; return whether it was."""
    packed, folder, before = tree.archive(name), tree.folder(name), last.get(name)
    if folder is None:
        return False  # the next `unpack` brings it back, or forgets it
    if packed != folder and digest(packed) != (before.archive if before else digest(None)):
        if before and digest(folder) == before.folder:
            return False  # the archive is newer: `unpack` takes it over
        raise _both_changed(name)
    if packed != folder:
        tree.put_archive(name, folder)
    _remember(last, name, folder, folder)
    return packed != folder


def _unpack_anyway(tree: Tree, name: str, last: LastSame) -> bool:
    """Unpack one scenario as if its folder had not been changed and its archive had."""
    if name in last or tree.archive(name) is not None:
        last[name] = Digests("changed", digest(tree.folder(name)))
    return _unpack(tree, name, last)


def _pack_anyway(tree: Tree, name: str, last: LastSame) -> bool:
    """Pack one scenario as if its archive had not been changed."""
    last[name] = Digests(digest(tree.archive(name)), "changed")
    return _pack(tree, name, last)


def _remember(last: LastSame, name: str, packed: bytes | None, folder: bytes | None) -> None:
    if packed is None:
        last.pop(name, None)
    else:
        last[name] = Digests(digest(packed), digest(folder))


def _both_changed(name: str) -> Refused:
    return Refused(
        f"both tests/recordings/{name} and tests/packed/{name}.txt were changed: `make pack NAMES={name}` keeps the"
        f" folder, `make unpack NAMES={name}` the archive"
    )
