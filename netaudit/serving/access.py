"""Who may ask: those who have the token, by a name of loopback; a page of another site has neither."""

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

import msgspec

COOKIE = "netaudit-token"
_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Access(msgspec.Struct, frozen=True):
    """The token, and how the server may be called; no name matters where it listens on a socket of the file system."""

    token: str
    hosts: frozenset[str] = frozenset()

    def knows_host(self, headers: Mapping[str, str]) -> bool:
        """Tell whether the browser meant this server: a name that leads here by a forged DNS answer is refused."""
        return not self.hosts or headers.get("Host", "") in self.hosts

    def knows_token(self, headers: Mapping[str, str]) -> bool:
        """Tell whether the token is in the cookie, or in `Authorization: Bearer`."""
        given = headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            cookie = SimpleCookie(headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        return self.is_token(given) or (cookie is not None and self.is_token(cookie.value))

    def is_token(self, text: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(text.encode(), self.token.encode())

    def cookie(self) -> str:
        """Return the cookie that a browser keeps until it ends."""
        return f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"


def names_of(port: int) -> frozenset[str]:
    """Return how loopback may be called."""
    return frozenset(f"{name}:{port}" for name in _NAMES)


def split_token(query: str) -> tuple[str, str]:
    """Return the token of an address, and the rest of its query."""
    asked = parse_qs(query)
    token = asked.pop("token", [""])[0]
    return token, urlencode(asked, doseq=True)
