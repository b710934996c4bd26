"""What counts and what stays: what iptables-save printed is split as its lines say, and put together again."""

import re

from hypothesis import given
from hypothesis import strategies as st

from netaudit.model.facts import Source
from netaudit.model.history.noise import join_noise, split_noise, without_noise

NOISE = re.compile(rb"^#.*\n|\[\d+:\d+\]", re.MULTILINE)
PIECES = (b"#", b"\n", b"[1:2]", b"a", b"[", b"3:", b"]", b"# x [4:5]\n", b"\r", b" #", b"[0:0] -A INPUT\n")


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_remarks_and_counters_are_split_off_wherever_they_are(data: bytes) -> None:
    stable, noise = split_noise(Source.IPTABLES_NFT, data)
    assert (stable, noise) == (NOISE.sub(b"\0", data), b"\0".join(NOISE.findall(data)))
    assert join_noise(stable, noise) == data
    assert without_noise(Source.IPTABLES_NFT, data) == NOISE.sub(b"", data)
