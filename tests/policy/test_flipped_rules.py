"""One rule changed at a time: the entries that should break are the ones that do.

`python -m flips.run 500` tries more of recorded hosts, `python -m flips.live 50` of engines, by real packets.
"""

import pytest
from flips.judged import flips_of, try_flip
from flips.run import HOSTS, chosen
from sampling import every, sampled

_EACH = 2
_ALWAYS = ("29.7.2-nftables/ipv6-only-network/05",)


@pytest.mark.parametrize("recording", sampled(HOSTS, _ALWAYS))
def test_a_changed_rule_breaks_the_entries_that_the_whole_table_and_traced_packets_say(recording: str) -> None:
    for name, place in chosen(_EACH * len(HOSTS), 0):
        if name == recording:
            found = try_flip(name, flips_of(name)[place], place)
            assert found.wrong == []
            assert found.entries


def test_a_nat_chain_without_rules_that_drops_is_asked_too() -> None:
    recording = "20.10.24-iptables-nft/two-nets/04"
    turned = [one for one in flips_of(recording) if one.what.startswith("turn: :INPUT ACCEPT")]
    of_nat = next(one for one in turned if b"*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT DROP" in one.data)
    found = try_flip(recording, of_nat, 0)
    assert (found.wrong, found.changed > 0) == ([], True)


@pytest.mark.parametrize("place", every(40, range(0, 150, 8)))
def test_what_is_not_asked_of_a_network_with_many_members_changes_no_verdict(place: int) -> None:
    flips = flips_of("12")
    found = try_flip("12", flips[place % len(flips)], place)
    assert found.wrong == []


@pytest.mark.engine
def test_a_rule_that_is_changed_in_the_kernel_breaks_the_entries_that_packets_break() -> None:
    from flips.live import probe  # noqa: PLC0415 (late: it needs an engine)

    tally = probe(300, 2)
    assert (tally.failure, tally.wrong) == ("", [])
    assert (len(tally.flips), tally.entries > 0) == (2, True)
