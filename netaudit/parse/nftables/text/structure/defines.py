"""`define NAME = VALUE` in files of nft's language, and `$NAME` where it is used."""

from collections.abc import Iterator

from netaudit.parse.nftables.text.tokens import Kind, Token

_MOST = 1 << 16  # tokens that one statement may become


class Defines:
    """The values of a text, as tokens."""

    def __init__(self) -> None:
        self._values: dict[str, list[Token]] = {}

    def take(self, tokens: list[Token]) -> bool:
        """Take `define NAME = VALUE`; False for another statement."""
        words = [token.text for token in tokens[:3]]
        match words:
            case ["define" | "redefine", name, "="]:
                self._values[name] = self.filled(tokens[3:])
                return True
            case ["undefine", name]:
                self._values.pop(name, None)
                return True
            case _:
                return False

    def filled(self, tokens: list[Token]) -> list[Token]:
        """Return tokens with the values of what they name; a name without a value stays."""
        if not any(token.text.startswith("$") for token in tokens):
            return tokens
        found: list[Token] = []
        for token in tokens:
            found += self._values.get(token.text[1:], [token]) if _is_name(token) else [token]
        return found if len(found) <= _MOST else tokens


def _is_name(token: Token) -> bool:
    return token.kind is Kind.WORD and token.text.startswith("$")


def undefined(tokens: list[Token]) -> Iterator[str]:
    """Yield the names that no text defines."""
    return (token.text for token in tokens if _is_name(token))
