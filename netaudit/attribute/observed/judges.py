"""Who attributes the rules of a maker, other than Docker, whose inventory is known."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from netaudit.attribute.attribution import Attribution
from netaudit.attribute.signatures.signature import Signature


class MakersJudge(Protocol):
    """Attributes what a signature of one maker's fits, and nothing expects."""

    def attribute(self, signature: Signature, values: Mapping[str, str]) -> Attribution:
        """Return who wrote a rule, what for, and why it still stands there."""


NO_JUDGES: Mapping[str, MakersJudge] = MappingProxyType({})
