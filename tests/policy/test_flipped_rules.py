"""One rule changed at a time: the entries that should break are the ones that do.

`python -m flips.run 500` tries more of recorded hosts, `python -m flips.live 50` of engines, by real packets.
"""

import pytest
from flips.judged import flips_of, try_flip
from flips.run import HOSTS, chosen
from sampling import sampled

_EACH = 2
_ALWAYS = ("28.5.2-iptables-nft/two-nets/04", "29.7.2-nftables/ipv6-only-network/05")


@pytest.mark.parametrize("recording", sampled(HOSTS, _ALWAYS))
def test_a_changed_rule_breaks_the_entries_that_the_whole_table_and_traced_packets_say(recording: str) -> None:
    for name, place in chosen(_EACH * len(HOSTS), 0):
        if name == recording:
            found = try_flip(name, flips_of(name)[place], place)
            assert found.wrong == []
            assert found.entries


@pytest.mark.engine
def test_a_rule_that_is_changed_in_the_kernel_breaks_the_entries_that_packets_break() -> None:
    from flips.live import probe  # noqa: PLC0415 (late: it needs an engine)

    tally = probe(300, 2)
    assert (tally.failure, tally.wrong) == ("", [])
    assert (len(tally.flips), tally.entries > 0) == (2, True)
