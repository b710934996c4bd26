"""`netaudit verify`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.store import Manifest, Verification

_NOBODYS = "who wrote the index is not known: --expect DIGEST or --signature FILE --signers FILE tells"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


def verify(
    recording: Annotated[Path, typer.Argument(help="A recording that `netaudit record` wrote, or a look: @last.")],
    expect: Annotated[
        str | None,
        typer.Option("--expect", metavar="DIGEST", help="The digest that `record` printed.", show_default=False),
    ] = None,
    signature: Annotated[
        Path | None,
        typer.Option("--signature", metavar="FILE", help="A signature of the manifest, by ssh-keygen -Y sign."),
    ] = None,
    signers: Annotated[
        Path | None,
        typer.Option("--signers", metavar="FILE", help="Who may sign it: allowed signers, as in ssh-keygen(1)."),
    ] = None,
    print_manifest: Annotated[
        bool, typer.Option("--print-manifest", help="Print the manifest alone: what the digest is of, to be signed.")
    ] = False,
) -> None:
    """Check that a recording is consistent, and print the digest of all that it says; exit with 1 where it differs.

    A recording that was changed with its own index is consistent too: only a digest that was kept elsewhere
    (--expect) or a signature (--signature, --signers) tells.
    """
    from netaudit.cli.output import DIFFERENT, write
    from netaudit.cli.say import say
    from netaudit.history.reference import is_reference
    from netaudit.report.text.sanitize import terminal_text
    from netaudit.store import verify as hold_against_index

    expected = _digits(expect)
    if (signature is None) != (signers is None):
        raise UsageError("--signature and --signers go together", hint="give both, or none")
    found = _of_look(str(recording)) if is_reference(str(recording)) else hold_against_index(recording)
    verdicts = [*_as_expected(found.manifest, expected), *_signed(found.manifest, signature, signers)]
    lines = [f"{difference:8} {name}" for name, difference in found.differences]
    lines.append(_summary(found.intact, len(found.differences)))
    lines.append(f"digest {found.manifest.digest()}")
    lines += [words for _, words in verdicts] or [_NOBODYS]
    if print_manifest:
        write(found.manifest.to_bytes(), None)
        for line in lines:
            say(line)
    else:
        write("".join(f"{terminal_text(line)}\n" for line in lines).encode(), None)
    holds = not found.differences and all(good for good, _ in verdicts)
    raise typer.Exit(0 if holds else DIFFERENT)


def _of_look(reference: str) -> "Verification":
    """Read a look of the history, which holds its contents against their SHA-256. Raises HistoryError."""
    from netaudit.cli.histories import load_look
    from netaudit.store import Verification, manifest_of

    facts = load_look(reference)
    return Verification(len(facts.files), manifest_of(facts))


def _summary(intact: int, different: int) -> str:
    from netaudit.report.text.words import count

    matches = "matches" if intact == 1 else "match"
    return f"{count(intact, 'file')} {matches} the index, {different} {'does' if different == 1 else 'do'} not"


def _digits(expect: str | None) -> str | None:
    """Read --expect. Raises UsageError."""
    if expect is None or _SHA256.fullmatch(expect):
        return expect and expect.lower()
    raise UsageError(f"--expect: not a digest: {expect}", hint="give the 64 digits that `record` or `verify` printed")


def _as_expected(manifest: "Manifest", expected: str | None) -> list[tuple[bool, str]]:
    if expected is None:
        return []
    if manifest.digest() == expected:
        return [(True, "as expected")]
    return [(False, f"differs: {expected} was expected")]


def _signed(manifest: "Manifest", signature: Path | None, signers: Path | None) -> list[tuple[bool, str]]:
    from netaudit.store import find_signer

    if signature is None or signers is None:
        return []
    name = find_signer(manifest, signature, signers)
    if name is None:
        return [(False, f"not signed: {signature} is no signature of this recording by anybody in {signers}")]
    return [(True, f"signed by {name}")]
