"""Ask for the lists that rules of iptables look addresses up in: ipsets, and the lists of `-m recent`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from netaudit.bounded import UnfitError, read_plain
from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.subprocesses import run
from netaudit.model.facts import Gap, GapReason, Source

RECENT = Path("/proc/net/xt_recent")
_LARGEST = 64 << 20  # bytes of one list
_ASKING = (b"--match-set ", b" SET --", b"--map-set ")  # what rules have that look into an ipset, or fill one


def ask_lists(where: Where, rules: Iterable[Answer]) -> Iterator[Answer]:
    """Ask for what ipsets hold, where a rule uses one, and for the lists of `-m recent`."""
    used = any(word in one.data for one in rules if isinstance(one, Answered) for word in _ASKING)
    yield _ipsets(where) if used else Unused(Source.IPSET)
    yield _recent()


def _ipsets(where: Where) -> Answer:
    output = run(Source.IPSET, ["ipset", "save"], timeout=where.timeout)
    return output if isinstance(output, Gap) else Answered(Source.IPSET, output)


def _recent() -> Answer:
    announce("read", str(RECENT))
    try:
        lists = {path.name: read_plain(path, _LARGEST) for path in sorted(RECENT.iterdir())}
    except FileNotFoundError:
        return Unused(Source.XT_RECENT)
    except PermissionError as error:
        return Gap(Source.XT_RECENT, GapReason.DENIED, f"{RECENT}: {error.strerror}")
    except (OSError, UnfitError) as error:
        return Gap(Source.XT_RECENT, GapReason.INVALID, f"{RECENT}: {error}")
    if not lists:
        return Unused(Source.XT_RECENT)
    return Answered(Source.XT_RECENT, b"".join(b"list %s\n%s" % (name.encode(), text) for name, text in lists.items()))
