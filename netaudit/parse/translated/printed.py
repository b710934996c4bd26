"""What nft printed, as JSON or in its own words -> tables of nft and of iptables-nft, and what was not read."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from netaudit.model.facts import Source
from netaudit.parse.nftables.ruleset import parse_nft
from netaudit.parse.nftables.spelling import is_nft_text
from netaudit.parse.reading.result import Loss, ParseResult
from netaudit.parse.reading.states import earlier_state

if TYPE_CHECKING:
    from netaudit.parse.nftables.text.reader import NftText

_SHOWN = 80


def read_nft(data: bytes, elsewhere: Collection[tuple[str, str]]) -> ParseResult:
    """Read what nft printed; `elsewhere` are (family, name) of the tables that iptables-nft-save printed.

    Raises ParseError for what is neither nft's JSON nor its text.
    """
    if not is_nft_text(data):
        return ParseResult(parse_nft(data, source=Source.NFT_RULESET, elsewhere=elsewhere))
    from netaudit.parse.nftables.text.reader import read_nft_text  # noqa: PLC0415 (late: hosts print JSON)
    from netaudit.parse.translated.tables import translated_tables  # noqa: PLC0415 (late, as above)

    text = read_nft_text(data.decode(errors="surrogateescape"))
    iptables = translated_tables(text, elsewhere)
    others = {*elsewhere, *((table.family, table.name) for table in iptables)}
    native = parse_nft(data, source=Source.NFT_RULESET, elsewhere=others)
    return ParseResult((*iptables, *native), tuple(_losses(text)))


def _losses(text: "NftText") -> Iterator[Loss]:
    """Say which lines were not understood, and where the text was cut."""
    for lost in text.lost:
        yield Loss(f"line {lost.line}, not understood: {lost.text[:_SHOWN]}", of_rules=True)
    if text.commanded:
        yield Loss("what else is there: some of it is commands, which tell what they make", of_rules=True)
    for earlier in text.earlier:
        yield earlier_state(earlier.line, earlier.text)
    if text.cut:
        yield Loss(f"what follows: the text ends in the middle of {text.cut}", of_rules=True)
