"""Gaps between subnets: the lowest subnet of a length that overlaps with none that is taken."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Self

import msgspec

from netaudit.model.host import Ip, IpNetwork


class Stretch(msgspec.Struct, frozen=True):
    """Subnets of one length side by side: the first address of all, the one after the last, and their length.

    There can be more of them than anything counts (2^48 in fd00::/16), so that none is tried after another.
    """

    first: int
    end: int
    length: int
    at: Ip  # an address of them, which says the family

    @classmethod
    def of(cls, base: IpNetwork, length: int) -> Self:
        """Return the subnets of a network."""
        first = int(base.network_address)
        return cls(first, first + base.num_addresses, length, base.network_address)

    def has(self, subnet: IpNetwork) -> bool:
        """Tell whether a subnet is one of them."""
        first = int(subnet.network_address)
        same = subnet.version == self.at.version and subnet.prefixlen == self.length
        return same and self.first <= first < self.end

    def split_after(self, subnet: IpNetwork) -> tuple[Self, Self]:
        """Return those that come after one of them, and the others."""
        end = int(subnet.network_address) + self._step
        return msgspec.structs.replace(self, first=end), msgspec.structs.replace(self, end=end)

    def lowest_free(self, taken: Iterable[IpNetwork]) -> IpNetwork | None:
        """Return the lowest of them that overlaps with no taken network; `taken` is in order."""
        free = self.first
        for one in taken:
            if int(one.network_address) >= free + self._step:
                break
            if int(one.broadcast_address) >= free:
                free = (int(one.broadcast_address) // self._step + 1) * self._step
        return ip_network((type(self.at)(free), self.length)) if free < self.end else None

    @property
    def _step(self) -> int:
        return 1 << (self.at.max_prefixlen - self.length)


def first_free(stretches: Iterable[Stretch], taken: Iterable[IpNetwork]) -> IpNetwork | None:
    """Return the first subnet, stretch after stretch, that overlaps with no taken network; all are of one family."""
    in_order = sorted(taken, key=lambda one: int(one.network_address))
    return next((found for one in stretches if (found := one.lowest_free(in_order))), None)
