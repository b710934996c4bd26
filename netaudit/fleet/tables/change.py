"""`changes` and `errors`: what is new since the recording before, and what could not be audited."""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from netaudit.fleet.tables.key import Container, Maker, Project, Row, Service


class ChangeRow(Row, frozen=True, kw_only=True):
    """A rule or a cell of the exposure table that differs from the host's previous recording, or would differ."""

    against: Annotated[str, Meta(description="previous: the recording before; else the engine that was rehearsed.")]
    before_recording: Annotated[str | None, Meta(description="The recording before, as `recording` names it.")]
    before_at: Annotated[dt.datetime | None, Meta(description="When that was taken.")]
    kind: Annotated[str, Meta(description="rule (any object of a ruleset) or exposure.")]
    change: Annotated[str, Meta(description="added, removed, moved, altered; of exposure: opened, closed, altered.")]
    place: Annotated[str, Meta(description="Of a rule as `netaudit explain` takes it; of exposure the zone.")]
    before: Annotated[str | None, Meta(description="The rule's text, or the outcome, before.")]
    after: Annotated[str | None, Meta(description="The same after.")]
    outside: Annotated[bool | None, Meta(description="Of exposure: from the Internet or a neighbour on a LAN.")]
    protocol: Annotated[str | None, Meta(description="Of exposure: tcp, udp, ….")]
    address: Annotated[str | None, Meta(description="Of exposure: what the packets are sent to.")]
    ports: Annotated[str | None, Meta(description="Of exposure: inclusive ranges.")]
    sensitive: Annotated[str | None, Meta(description="Of exposure: the service that should not face a network.")]
    maker: Maker
    signature: Annotated[str | None, Meta(description="The entry of the catalog.")]
    cause: Annotated[str | None, Meta(description="What the rule is there for, or why the cell changed.")]
    container: Container
    project: Project
    service: Service


class ErrorRow(Row, frozen=True, kw_only=True):
    """A recording, or a host, of which nothing is known but why."""

    location: Annotated[str, Meta(description="Where the recording lies, or the host's address.")]
    stamp: Annotated[str, Meta(description="As in `hosts`; empty for a host that was not recorded.")]
    stage: Annotated[str, Meta(description="collect, read, audit, worker.")]
    kind: Annotated[str, Meta(description="The class of the error; for a worker how it ended.")]
    message: Annotated[str, Meta(description="What happened.")]
    hint: Annotated[str | None, Meta(description="What to do next.")]
