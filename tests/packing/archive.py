r"""The form of an archive: the files of one scenario as text, so that git compares, compresses and merges it.

    -- sysctl.txt in 00 01 --
    net.ipv4.ip_forward = 1

A section is a file and the folders that hold it with this content; "." is the scenario's own folder. A line of a file
that would look like a header, or begins with a backslash, has a backslash put before it. The same files always give
the same bytes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

HEAD = b"# A packed scenario of tests/recordings: `make unpack` unpacks it, `make pack` writes it (CONTRIBUTING.md).\n"
_HEADER = re.compile(rb"^-- ([!-~]+) in ([!-~]+(?: [!-~]+)*) --\n", re.MULTILINE)
_LOOKS_LIKE_OURS = re.compile(rb"^(?=\\|-- )", re.MULTILINE)
_ESCAPED = re.compile(rb"^\\(?=\\|-- )", re.MULTILINE)
_NO_NEWLINE = b"\n\\ no newline at the end\n"
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")

Files = Mapping[str, bytes]
"""Names below the folder of a scenario, such as `00/sysctl.txt`, and what each file holds."""


class MalformedError(ValueError):
    """What is not an archive, or cannot be in one."""


class Section(NamedTuple):
    """A file's name, the folders that hold it with the same content, and the content."""

    name: str
    folders: tuple[str, ...]
    content: bytes


def write(files: Files) -> bytes:
    """Return the archive of a scenario's files."""
    same: dict[tuple[str, bytes], list[str]] = {}
    for path in sorted(files):
        if not all(map(_PART.fullmatch, path.split("/"))):
            raise MalformedError(f"{path}: a name in an archive has letters, digits and _.+- only: rename or remove it")
        folder, _, name = path.rpartition("/")
        same.setdefault((name, files[path]), []).append(folder or ".")
    sections = [Section(name, tuple(folders), content) for (name, content), folders in same.items()]
    return HEAD + b"".join(map(_print, sorted(sections)))


def read(archive: bytes) -> dict[str, bytes]:
    """Return the files of an archive."""
    files: dict[str, bytes] = {}
    for name, folders, content in sections(archive):
        for folder in folders:
            path = name if folder == "." else f"{folder}/{name}"
            if path in files or not all(map(_PART.fullmatch, path.split("/"))):
                raise MalformedError(f"{path}: stands there twice, or is no name of a file")
            files[path] = content
    return files


def sections(archive: bytes) -> Iterator[Section]:
    """Return the sections of an archive, in its order."""
    head, *parts = _HEADER.split(archive)
    if head != HEAD:
        raise MalformedError("does not begin as an archive does")
    for name, folders, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if text.startswith(b"-- ") or b"\n-- " in text:
            raise MalformedError(f"a header in or below {name.decode()} is damaged")
        yield Section(name.decode(), tuple(folders.decode().split(" ")), _unescape(text))


def header(section: Section) -> bytes:
    """Return the line above a section's content."""
    return f"-- {section.name} in {' '.join(section.folders)} --\n".encode()


def _print(section: Section) -> bytes:
    text = section.content
    if b"\\" in text or b"-- " in text:  # most files have neither, and the pattern takes its time
        text = _LOOKS_LIKE_OURS.sub(rb"\\", text)
    return header(section) + (text if text.endswith(b"\n") or not text else text + _NO_NEWLINE)


def _unescape(text: bytes) -> bytes:
    text = text.removesuffix(_NO_NEWLINE)
    return _ESCAPED.sub(b"", text) if b"\\" in text else text
