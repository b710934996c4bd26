"""The columns that every row begins with, and the words for what columns hold."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

# What several tables say.
Backend = Annotated[str, Meta(description="iptables-legacy, iptables-nft or nftables.")]
Family = Annotated[str, Meta(description="As nft(8) names it: ip, ip6, inet, bridge, arp, netdev.")]
Chain = Annotated[str, Meta(description="Its chain; for a set or map its name.")]
Maker = Annotated[str | None, Meta(description="Who wrote the rule; null: no maker that the catalog knows.")]
Container = Annotated[str | None, Meta(description="The container that it is about.")]
Project = Annotated[str | None, Meta(description="The Compose project or stack of that container.")]
Service = Annotated[str | None, Meta(description="The service of that container, as its project names it.")]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What every row begins with."""

    recording: Annotated[str, Meta(description="Names the recording: SHA-256 over host, time and digest, 32 digits.")]
    host: Annotated[str, Meta(description="The host's name as the recording has it; else that of the file.")]
    taken_at: Annotated[dt.datetime | None, Meta(description="When it was recorded, UTC; null: it does not say.")]
