"""Where archives and unpacked folders are, and how they are read and written."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from packing.archive import Files, write

# Tracked as plain folders, and never packed: documents name the first two, and people write the third by hand.
PLAIN = ("20.10.24-iptables-nft/default-one-port", "28.5.2-iptables-nft/loopback-port", "makers/documented")


@dataclass(frozen=True)
class Tree:
    """`packed` (tracked), `recordings` (unpacked) and `own`, what this checkout alone keeps, below one folder."""

    root: Path

    @property
    def packed(self) -> Path:
        return self.root / "packed"

    @property
    def recordings(self) -> Path:
        return self.root / "recordings"

    @property
    def own(self) -> Path:
        return self.root / ".unpacked"

    def names(self) -> set[str]:
        """Return the names of all scenarios, such as `28.5.2-iptables-nft/fresh`."""
        packed = {path.relative_to(self.packed).as_posix().removesuffix(".txt") for path in self.packed.glob("*/*.txt")}
        folders = {
            path.relative_to(self.recordings).as_posix() for path in self.recordings.glob("*/*") if path.is_dir()
        }
        return (packed | folders) - {*PLAIN}

    def archive(self, name: str) -> bytes | None:
        """Return the archive of a scenario as it is tracked."""
        path = self.packed / f"{name}.txt"
        return path.read_bytes() if path.exists() else None

    def folder(self, name: str) -> bytes | None:
        """Return the archive that a scenario's folder makes; None where it has no file."""
        folder = self.recordings / name
        paths = (path for path in folder.rglob("*") if path.is_file())
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        return write(files) if files else None

    def has_folder(self, name: str) -> bool:
        return (self.recordings / name).is_dir()

    def put_archive(self, name: str, content: bytes) -> None:
        """Write an archive."""
        path = self.packed / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def put_folder(self, name: str, files: Files | None) -> None:
        """Replace a scenario's folder by these files; remove it for None. It is never there in part."""
        new = self.own / "new"
        shutil.rmtree(new, ignore_errors=True)
        for inside in {path.rpartition("/")[0] for path in files or ()}:
            (new / inside).mkdir(parents=True, exist_ok=True)
        for path, content in (files or {}).items():
            (new / path).write_bytes(content)
        folder = self.recordings / name
        shutil.rmtree(folder, ignore_errors=True)
        if files:
            folder.parent.mkdir(parents=True, exist_ok=True)
            new.rename(folder)
