"""The n-th hostile case of a form: the same each time for the same seed."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
from functools import cache

from fuzz.targets import TARGETS, seeds_of

from hostile.mutations import Dice, mutate

_ARCHIVES = frozenset({"recording"})
_SMALL, _RARELY = 4096, 0.02  # bytes of an example, and how often a larger one is taken
_KINDS = (tarfile.REGTYPE, tarfile.REGTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE)
_KINDS += (tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE, tarfile.XHDTYPE, tarfile.XGLTYPE, b"?")
_NAMES = ("iptables-save.txt", "recording.json", "docker-containers.json", "./ip-addr.json", "a/b/sysctl.txt")
_NAMES += ("../../evil", "/etc/passwd", "", ".", "x" * 300, "\ud800", "a\nb", "sockets.txt", "nft-ruleset.json")
_PAX = ("path", "size", "GNU.sparse.map", "GNU.sparse.size", "GNU.sparse.major", "GNU.sparse.name", "linkpath", "mtime")
_PAX_VALUES = ("0", "-1", "9" * 20, "x", "0,1,2", "", "../../evil", "1.5", "0,512")


def make_case(form: str, seed: int, number: int) -> bytes:
    """Make a case; number 0 is the first example itself."""
    dice = random.Random(f"{seed}/{form}/{number}")  # noqa: S311 (a case is to be had again)
    seeds = _seeds(form)
    if number == 0:
        return seeds[0]
    if form in _ARCHIVES and dice.random() < 0.5:
        return _archive(dice)
    return mutate(_example(seeds, dice), dice)


def _example(seeds: tuple[bytes, ...], dice: Dice) -> bytes:
    """Choose an example: nearly always one of few bytes, so that a million cases are soon done."""
    small = tuple(seed for seed in seeds if len(seed) <= _SMALL)
    return dice.choice(small if small and dice.random() > _RARELY else seeds)


@cache
def _seeds(form: str) -> tuple[bytes, ...]:
    return tuple(seeds_of(form))


def _archive(dice: Dice) -> bytes:
    """Make a tar whose members are odd, and perhaps pack or damage it."""
    form = dice.choice((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogatepass") as tar:
        for _ in range(dice.randint(0, 4)):
            _add(tar, dice)
    data = buffer.getvalue()
    if dice.random() < 0.3:
        data = _retouched(data, dice)
    return dice.choice((bytes, bytes, bytes, _gzip, bz2.compress, _xz))(data)


def _add(tar: tarfile.TarFile, dice: Dice) -> None:
    form = dice.choice([name for name in TARGETS if TARGETS[name].source])
    data = dice.choice((b"", b"x", mutate(_seeds(form)[0], dice)))
    member = tarfile.TarInfo(dice.choice((TARGETS[form].source or "", dice.choice(_NAMES))))
    member.type = dice.choice(_KINDS)
    member.size = len(data)
    member.linkname = dice.choice(("", "iptables-save.txt", "/etc/passwd", "../x"))
    if dice.random() < 0.3:
        member.pax_headers = {dice.choice(_PAX): dice.choice(_PAX_VALUES) for _ in range(dice.randint(1, 3))}
    try:
        tar.addfile(member, io.BytesIO(data))
    except (ValueError, UnicodeError):  # a name that this format cannot hold
        return


def _retouched(data: bytes, dice: Dice) -> bytes:
    """Change bytes of a header, and mend its checksum half of the time: what follows is then read."""
    block = bytearray(data)
    at = dice.randrange(0, max(512, len(block)), 512)
    if len(block) < at + 512:
        return data[: dice.randint(0, len(data))]
    block[at + dice.randrange(512)] = dice.choice(b"\x00\xff019A/Lx ")
    if dice.random() < 0.8:
        block[at + 148 : at + 156] = b" " * 8
        block[at + 148 : at + 156] = b"%06o\0 " % sum(block[at : at + 512])
    return bytes(block)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # without the time of day a case is the same each time


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)
