"""Any text that a program printed: addresses, MAC addresses, ids and names of bridges in it are replaced."""

import re
from ipaddress import ip_address

from netaudit.store.redaction.addresses import Addresses
from netaudit.store.redaction.names import Names

_MAC = r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f:])"
_IPV6 = r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4})(?:/\d{1,3})?(?![\w:])"
_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w]|\.\d)"
_ID = r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"
_BRIDGE = r"br-[0-9a-f]{12}(?![0-9a-f])"
_FOUND = re.compile(f"(?P<mac>{_MAC})|(?P<v6>{_IPV6})|(?P<v4>{_IPV4})|(?P<id>{_ID})|(?P<bridge>{_BRIDGE})")


class Redactor:
    """All that one key replaces."""

    def __init__(self, key: bytes) -> None:
        self.addresses = Addresses(key)
        self.names = Names(key)

    def text(self, text: str) -> str:
        """Replace what is recognised in a text."""
        return _FOUND.sub(self._replace, text)

    def _replace(self, found: re.Match[str]) -> str:
        text = found[0]
        match found.lastgroup:
            case "mac":
                return self.names.mac(text)
            case "id":
                return self.names.id(text)
            case "bridge":
                return self.names.interface(text)
            case _:
                return self.addresses.text(text) if _is_address(text.partition("/")[0]) else text


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
