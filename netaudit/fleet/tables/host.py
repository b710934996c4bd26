"""`hosts`: one row for each recording that was audited."""

import datetime as dt
from typing import Annotated

from msgspec import Meta

from netaudit.fleet.tables.key import Row


class HostRow(Row, frozen=True, kw_only=True):
    """A recording, and what was found on its host, as numbers. The latest of a host is the host as it is."""

    location: Annotated[str, Meta(description="Where the recording lies.")]
    stamp: Annotated[str, Meta(description="Size and time of change, or ETag: such a recording is not read again.")]
    digest: Annotated[str, Meta(description="SHA-256 over the recorded files.")]
    engine: Annotated[str | None, Meta(description="Docker's version; null: not known.")]
    engine_major: Annotated[int | None, Meta(description="The first number of that version.")]
    firewall_backend: Annotated[str | None, Meta(description="Docker's firewall backend, where it says so.")]
    backends: Annotated[tuple[str, ...], Meta(description="The backends that hold rules, sorted.")]
    containers: Annotated[int | None, Meta(description="Running containers; null: Docker was not seen.")]
    networks: Annotated[int | None, Meta(description="Docker's networks; null: Docker was not seen.")]
    published_ports: Annotated[int | None, Meta(description="Port bindings of running containers.")]
    rules: Annotated[int, Meta(description="Rules.")]
    proved: Annotated[int, Meta(description="Rules whose cause is proved.")]
    unattributed: Annotated[int, Meta(description="Rules that no maker is known for.")]
    missing: Annotated[int, Meta(description="Rules that ought to be there and are not.")]
    undecided_rules: Annotated[int, Meta(description="Expected rules that gaps leave open.")]
    critical: Annotated[int, Meta(description="Open findings of this severity; aspects of one mistake are one.")]
    high: Annotated[int, Meta(description="See critical.")]
    medium: Annotated[int, Meta(description="See critical.")]
    low: Annotated[int, Meta(description="See critical.")]
    info: Annotated[int, Meta(description="See critical.")]
    waived: Annotated[int, Meta(description="Findings that a waiver accepts.")]
    undecided: Annotated[int, Meta(description="Answers that are not certain: checks not put or not decided, doubts.")]
    gaps: Annotated[tuple[str, ...], Meta(description="What could not be seen, a sentence each.")]
    partial: Annotated[bool, Meta(description="Recorded while rules or containers still changed.")]
    exposed: Annotated[bool, Meta(description="The exposure table was computed; false: its absence says nothing.")]
    exposure_gap: Annotated[str | None, Meta(description="Why it was not computed.")]
    compared_with: Annotated[str | None, Meta(description="The recording that `changes` is against; null: none.")]
    compared_at: Annotated[dt.datetime | None, Meta(description="When that was taken.")]
    compare_gap: Annotated[str | None, Meta(description="Why it was not compared, where there is an earlier one.")]
    rehearsed: Annotated[str | None, Meta(description="The engine that was rehearsed (--rehearse); null: none.")]
    rehearse_gap: Annotated[str | None, Meta(description="Why it was not rehearsed, where that was asked for.")]
