"""The daemon's address pools, from which new networks get their subnets."""

from ipaddress import ip_network

import msgspec

from netaudit.model.host import IpNetwork

Pools = tuple[tuple[IpNetwork, int], ...]
_SHOWN = 80  # characters of a wrong pool


def read_pools(given: object) -> tuple[Pools, tuple[str, ...]]:
    """Return pools, each with the length of its subnets, and the wrong ones, with which dockerd does not start."""
    if not isinstance(given, list):
        return (), () if given is None else (_show(given),)
    read = [(_pool(one), one) for one in given]
    return tuple(pool for pool, _ in read if pool), tuple(_show(one) for pool, one in read if not pool)


def _pool(given: object) -> tuple[IpNetwork, int] | None:
    fields = {str(key).lower(): value for key, value in given.items()} if isinstance(given, dict) else {}
    base, size = read_prefix(fields.get("base")), fields.get("size")
    if base is None or not isinstance(size, int) or isinstance(size, bool):
        return None
    return (base, size) if max(base.prefixlen, 1) <= size <= base.max_prefixlen else None


def read_prefix(named: object) -> IpNetwork | None:
    """Return a prefix as Go reads it: its length is written, as a number; bits of a host do no harm."""
    if not isinstance(named, str) or not named.partition("/")[2].isdecimal():
        return None
    try:
        return ip_network(named, strict=False)
    except ValueError:
        return None


def _show(given: object) -> str:
    written = msgspec.json.encode(given).decode()
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
