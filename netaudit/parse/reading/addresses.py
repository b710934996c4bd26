"""Addresses and subnets in what engines and `ip` print; other text is refused, with its file."""

from functools import lru_cache
from ipaddress import ip_address, ip_network

from netaudit.errors import ParseError

_HINT = "record the host again"
_SHOWN = 40  # characters of what is no address


def read_address(text: str, source: str, version: int = 0) -> str:
    """Return an address (of a family, 4 or 6, where one is given), or "" where there is none. Raises ParseError."""
    if text and not _is_address(text, version):
        raise _refusal(text, f"an IPv{version} address" if version else "an address", source)
    return text


def read_subnet(text: str, source: str) -> str:
    """Return a subnet without bits of a host, or "" where there is none. Raises ParseError."""
    try:
        return str(ip_network(text, strict=False)) if text else ""
    except ValueError:
        raise _refusal(text, "a subnet", source) from None


@lru_cache(maxsize=1024)
def _is_address(text: str, version: int) -> bool:
    try:
        found = ip_address(text).version
    except ValueError:
        return False
    return version in (0, found)


def _refusal(text: str, kind: str, source: str) -> ParseError:
    return ParseError(f"not {kind}: {text[:_SHOWN]!r}", source=source, hint=_HINT)
