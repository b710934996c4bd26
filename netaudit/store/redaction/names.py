"""Names, ids and free text -> pseudonyms: the same for the same, by a key; what attribution must know stays."""

import hashlib
import re
from string import ascii_lowercase, digits

# Names that programs chose, not people.
_OWN_NAMES = frozenset({"", "bridge", "host", "none", "default", "docker_gwbridge", "ingress", "null", "overlay"})
_OWN_MEMBERS = re.compile(r"ingress-sbox|gateway_ingress-sbox|ingress-endpoint")
_INTERFACES = re.compile(
    r"lo|docker0|docker_gwbridge|virbr\d+(?:-nic)?|br\d+|vmbr\d+|eth\d+|en[opsx][a-z0-9]+|wl[a-z0-9]+|ww[a-z0-9]+"
    r"|veth[0-9a-f]+|vnet\d+|tun\d+|tap\d+|wg\d+|bond\d+|dummy\d+|vxlan\d+|loopback\d+|tailscale\d+|cni\d+|lxcbr\d+"
    r"|lxdbr\d+|incusbr\d+|podman\d+|flannel\.\d+|cali[0-9a-f]+|ip6?tnl\d+|sit\d+|gre\d+|ifb\d+|any"
)
_BRIDGE = re.compile(r"(br-|gateway_)([0-9a-f]{12})")
# What stands in rules of known makers before the name of something.
_FRAMES = re.compile(r"generated for (?:LXD|Incus) [a-z-]+ |wg-quick\(8\) rule for ")
# Comments that Docker's nftables rules bear.
_COMMENTS = re.compile(
    r"ACCEPT WSL2 LOOPBACK|ALLOW FW MARK|DNAT|DROP DIRECT ACCESS|DROP REMOTE LOOPBACK|ICC|ICMP"
    r"|INTERNAL NETWORK (?:E|IN)GRESS|MASQ TO OWN PORT|(?:MASQUERADE|SNAT)(?: FROM HOST)?|OUTGOING|UNPROTECTED"
    r"|UNPUBLISHED PORT DROP"
)
_LETTERS = "-." + digits + "_" + ascii_lowercase  # in the order of their codes
# Between the names that stay: a pseudonym begins so that it sorts among them as the name did.
_PLACES = (("bridge", "a"), ("docker_gwbridge", "c"), ("host", "e"), ("ingress", "hz"), ("none", "j"), ("\x7f", "p"))
_WIDTH = len(_LETTERS)


class Names:
    """The pseudonyms of one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def pseudonym(self, kind: str, name: str) -> str:
        """Give a pseudonym: `web-1f9a…` for a kind `web`."""
        return f"{kind}-{self._hash(kind, name)[:12]}"

    def container(self, name: str) -> str:
        """Replace a container's name, or that of a member of a network."""
        if name in _OWN_NAMES or _OWN_MEMBERS.fullmatch(name):
            return name
        if bridge := _BRIDGE.fullmatch(name):
            return bridge[1] + self._short_id(bridge[2])
        return self.pseudonym("c", name)

    def network(self, name: str) -> str:
        """Replace a network's name by one that sorts as it did: the lowest name decides over gateways."""
        if name in _OWN_NAMES:
            return name
        place = next((begin for own, begin in _PLACES if name < own), "z")
        return f"{place}{self._ordered(name)}{self._hash('network', name)[:6]}"

    def id(self, text: str) -> str:
        """Replace an id of 12 or more hexadecimal digits; its first 12 are replaced alike wherever they stand."""
        if not re.fullmatch(r"[0-9a-f]{12,64}", text):
            return self.pseudonym("id", text) if text else ""
        return self._short_id(text[:12]) + self._hash("id", text)[: len(text) - 12]

    def interface(self, name: str) -> str:
        """Replace an interface's name, unless it is a usual one; `br-ID` follows its network's id."""
        bare, plus, _ = name.partition("+")
        if not bare or _INTERFACES.fullmatch(bare):
            return name
        if bridge := _BRIDGE.fullmatch(bare):
            return f"br-{self._short_id(bridge[2])}{plus}"
        return f"if-{self._hash('interface', bare)[:10]}{plus}"

    def mac(self, address: str) -> str:
        """Replace a MAC address by a locally administered one."""
        digest = self._hash("mac", address.lower())
        return ":".join(["02", *(digest[at : at + 2] for at in range(0, 10, 2))])

    def free_text(self, text: str) -> str:
        """Replace a comment or another text that somebody typed; what tells its maker stays."""
        if not text or _COMMENTS.fullmatch(text):
            return text
        frame = _FRAMES.match(text)
        return (frame[0] if frame else "") + self._hash("text", text)[:12]

    def _short_id(self, text: str) -> str:
        return self._hash("short id", text)[:12]

    def _ordered(self, name: str) -> str:
        """Encode so that the order stays: each character becomes one of a rising choice, by what stood before it."""
        return "".join(self._rise(name[:at], char) for at, char in enumerate(name[:40])) + "-"

    def _rise(self, before: str, char: str) -> str:
        """Choose two letters for a character: rising with it, within a step that the key decides."""
        step = _WIDTH * _WIDTH // 128 - 1
        shift = int(self._hash("rise", f"{before}\0{char}")[:8], 16) % step
        high, low = divmod((min(ord(char), 126) + 1) * step + shift, _WIDTH)
        return _LETTERS[high] + _LETTERS[low]

    def _hash(self, kind: str, text: str) -> str:
        data = f"{kind}\0{text}".encode(errors="surrogateescape")
        return hashlib.blake2b(data, key=self._key, digest_size=32).hexdigest()
