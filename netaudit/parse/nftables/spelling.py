"""Whether nft printed JSON or its own words."""

import re

# Where nft's text shows itself, however much stands before it.
_BEGINS = re.compile(
    rb"^[ \t]*(?:table[ \t]+(?:(?:ip|ip6|inet|arp|bridge|netdev)[ \t]+)?[\w.$-]+[ \t]*\{|chain[ \t]+[\w.-]+[ \t]*\{"
    rb"|(?:add|create|insert)[ \t]+(?:table|chain|rule|set|map|element)[ \t]+"
    rb"(?:ip|ip6|inet|arp|bridge|netdev)[ \t]+[\w.-])",
    re.MULTILINE,
)


def is_nft_text(data: bytes) -> bool:
    """Tell whether this is nft's text, and not its JSON."""
    return data.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] not in (b"{", b"[", b"") and _BEGINS.search(data) is not None
