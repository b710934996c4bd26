"""Whatever the kernel does with a packet, `trace` says before: 2,000 random pairs here, 100,000 by `make agree`."""

import pytest

from kernel.agree import agree
from kernel.comparing import Tally

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def tally() -> Tally:
    """Compare once."""
    done = Tally()
    agree(2000, 0, done)
    return done


def test_the_kernel_does_with_every_packet_what_trace_says(tally: Tally) -> None:
    assert [str(one) for one in tally.disagreements] == []


def test_every_backend_kind_of_packet_and_end_was_among_them(tally: Tally) -> None:
    assert set(tally.pairs) == {"iptables-legacy", "iptables-nft", "nftables"}
    assert {"local", "nobody", "sent", "dropped", "rejected"} <= {end.value for end in tally.ends}
    assert min(tally.pairs.values()) > 300
    assert tally.later > 50
    assert tally.in_sets > 300
    assert tally.steps > 5 * 2000
    assert tally.answers > 500
    assert tally.answers_in_sets > 100
    assert {"local", "sent", "dropped", "lost"} <= {end.value for end in tally.answer_ends}


def test_most_packets_are_decided(tally: Tally) -> None:
    assert 0 < tally.undecided < 0.2 * tally.pairs.total()
