"""Names, ids, hardware addresses and texts -> pseudonyms: the same for the same, by a key."""

import hashlib
import re
from string import ascii_letters, digits, hexdigits

from netaudit.store.redaction.alphabet import Alphabets

# Names that Docker chose, not people.
OWN_NAMES = frozenset({"", "bridge", "host", "none", "default", "docker_gwbridge", "ingress", "null", "overlay"})
_OWN_MEMBERS = re.compile(r"ingress-sbox|gateway_ingress-sbox|ingress-endpoint")
_GATEWAY = re.compile(r"gateway_([0-9a-f]{12})")
_FEW = r"(?:0|[1-9]\d?)"  # a number that counts interfaces; a longer one may be a VLAN, a VNI or an id
# Interfaces that the kernel, systemd and well-known programs name, and what stands before a name of somebody's.
_USUAL = re.compile(
    rf"lo|any|docker0|docker_gwbridge|lxdbr{_FEW}|incusbr{_FEW}|lxcbr{_FEW}|virbr{_FEW}(?:-nic)?|ip6?tnl{_FEW}"
    rf"|(?:eth|br|vmbr|eno|ens|wlan|wwan|tun|tap|wg|bond|dummy|cni|podman|sit|gre|ifb|team|loopback|tailscale){_FEW}"
    rf"|(?:en|wl)p{_FEW}s{_FEW}(?:f{_FEW})?|ens{_FEW}f{_FEW}"
)
_HEADS = ("eth", "enx", "wlx", "br-", "veth", "vnet", "docker", "virbr", "tun", "tap", "wg", "bond", "cali", "vxlan")
_HEAD = re.compile(rf"({'|'.join(map(re.escape, _HEADS))})(?:({_FEW})(?=[.@]|$))?")
_SEPARATORS = "._-@:"
_LETTERS = ascii_letters + digits
_HEX = digits + hexdigits[10:16]
_LONGEST = 15  # of an interface's name
_FLAT_MACS = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})


class Names:
    """The pseudonyms of one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._alphabets = Alphabets(key)

    def pseudonym(self, kind: str, name: str) -> str:
        """Return a pseudonym: `web-1f9a…` for a kind `web`."""
        return f"{kind}-{self.hash(kind, name)[:12]}"

    def container(self, name: str) -> str:
        """Replace a container's name, or that of a member of a network."""
        if name in OWN_NAMES or _OWN_MEMBERS.fullmatch(name):
            return name
        if gateway := _GATEWAY.fullmatch(name):
            return f"gateway_{self.id(gateway[1])}"
        return self.pseudonym("c", name)

    def network(self, name: str) -> str:
        """Replace a network's name. Nothing of its order stays: an order that stays can be read back."""
        return name if name in OWN_NAMES else self.pseudonym("net", name)

    def id(self, text: str) -> str:
        """Replace an id of hexadecimal digits; its first 12 are replaced in the same way everywhere."""
        if not text or text.strip(_HEX):
            return self.pseudonym("id", text) if text else ""
        return self._alphabets.spell("id", text[:12], _HEX) + self.hash("id", text)[: max(0, len(text) - 12)]

    def interface(self, name: str) -> str:
        """Replace an interface's name, unless it is a usual one; `br-ID` follows its network's id.

        Letters are replaced one by one, each by those before it: common beginnings stay common, so that `acme+` and
        `acme*` match what they matched.
        """
        bare, wild = (name[:-1], name[-1]) if name[-1:] in ("+", "*") else (name, "")
        if not bare or _USUAL.fullmatch(bare) or (wild and any(head.startswith(bare) for head in _HEADS)):
            return name
        if len(bare) > _LONGEST or bare.strip(_LETTERS + _SEPARATORS):
            return f"if-{self.hash('interface', bare)[:10]}{wild}"
        return self._spell_interface(bare) + wild

    def _spell_interface(self, bare: str) -> str:
        if found := _HEAD.match(bare):
            head, rest = found[0], bare[found.end() :]
            if head == "br-" and not rest.strip(_HEX):
                return head + self._alphabets.spell("id", rest, _HEX)
            alphabet = _HEX if head in ("veth", "cali") and not rest.strip(_HEX) else _LETTERS
            return head + self._alphabets.spell(f"interface {head}", rest, alphabet)
        spelled = self._alphabets.spell("interface", bare, _LETTERS)
        return f"x{spelled[1:]}" if spelled[0] in _SEPARATORS else spelled

    def mac(self, address: str) -> str:
        """Replace a MAC address by a locally administered one; one of a group stays one of a group."""
        plain = address.lower()
        if plain in _FLAT_MACS:
            return address
        digest = self.hash("mac", plain)
        first = "03" if int(plain[:2], 16) & 1 else "02"
        hidden = ":".join([first, *(digest[at : at + 2] for at in range(0, 10, 2))])
        return hidden.upper() if address != plain else hidden

    def token(self, word: str) -> str:
        """Replace a word of a name by one of its length and kind: capitals or not."""
        hidden = self.hash("word", word)
        hidden = (hidden * (len(word) // len(hidden) + 1))[: len(word)]
        return hidden.upper() if word.isupper() else hidden

    def number(self, value: int) -> int:
        """Replace a number of up to 32 bits, byte by byte; bytes 0 and 255 stay, so that masks still fit."""
        parts = value.to_bytes(max(4, (value.bit_length() + 7) // 8), "big")
        return int.from_bytes(
            bytes(byte if byte in (0, 255) else self._alphabets.byte(at, byte) for at, byte in enumerate(parts)), "big"
        )

    def vxlan_id(self, value: int) -> int:
        """Replace the id of a VXLAN, of 24 bits."""
        return 1 + int(self.hash("vxlan", str(value))[:8], 16) % ((1 << 24) - 1)

    def letters(self, text: str, count: int) -> str:
        """Return some small letters that stand for a text."""
        return "".join(chr(ord("a") + int(digit, 16)) for digit in self.hash("letters", text)[:count])

    def hash(self, kind: str, text: str) -> str:
        """Hash a text with the key; the same text of another kind gives another hash."""
        data = f"{kind}\0{text}".encode(errors="surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=32).hexdigest()
