"""Docker's URLs as they may be shown: `tcp://user:password@host` holds a secret."""

import re
from urllib.parse import unquote

_HIDDEN = "…"
_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)?(?P<user>.*)@(?P<rest>[^@]*)", re.DOTALL)
_PATHS = ("unix://", "http+unix://", "fd://", "npipe://")  # what follows is a path, and may hold an @


def shown_url(url: str) -> str:
    """Return a URL without the credentials in it. Of ssh the user's name stays, who is no secret."""
    found = _URL.fullmatch(url)
    if found is None or url.lower().startswith(_PATHS):
        return url
    scheme, user = found["scheme"] or "", found["user"]
    name, colon, _ = user.partition(":")
    shown = _HIDDEN if scheme.lower() != "ssh://" else f"{name}:{_HIDDEN}" if colon else name
    return f"{scheme}{shown}@{found['rest']}"


def without_credentials(text: str, url: str) -> str:
    """Leave out of what somebody says about a URL what is secret in it, in every spelling that programs give it."""
    found = _URL.fullmatch(url)
    if found is None or url.lower().startswith(_PATHS):
        return text
    name, _, password = found["user"].partition(":")
    for secret in (found["user"], password, *(() if url.lower().startswith("ssh://") else (name,))):
        for spelling in (secret, unquote(secret), repr(secret)[1:-1]):
            text = text.replace(spelling, _HIDDEN) if spelling else text
    return text
