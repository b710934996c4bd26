"""`rules` and `attributions`: what is there, and who wrote it for whom."""

from typing import Annotated

from msgspec import Meta

from netaudit.fleet.tables.key import Backend, Chain, Container, Family, Maker, Project, Row, Service


class RuleRow(Row, frozen=True, kw_only=True):
    """An object of a ruleset: a rule, a policy, a chain, a set."""

    rule: Annotated[int, Meta(description="Counts the objects of the recording from 1.")]
    object: Annotated[str, Meta(description="rule, chain, policy, set, map, object, table.")]
    backend: Backend
    family: Family
    table: Annotated[str, Meta(description="Its table; with the container before it where it is in its namespace.")]
    chain: Chain
    position: Annotated[int | None, Meta(description="Its place in the chain, from 1; only rules have one.")]
    text: Annotated[str, Meta(description="As its own tool prints it, without counters.")]


class AttributionRow(Row, frozen=True, kw_only=True):
    """Who wrote an object of `rules`, and for whom; a row for each cause. Missing rules stand here alone."""

    rule: Annotated[int | None, Meta(description="The object of `rules`; null: it is missing.")]
    maker: Maker
    signature: Annotated[str | None, Meta(description="The entry of the catalog.")]
    confidence: Annotated[str, Meta(description="proved, likely, ambiguous, unattributed.")]
    standing: Annotated[str, Meta(description="expected, foreign, stale, misplaced, duplicate, missing.")]
    purpose: Annotated[str | None, Meta(description="What the rule is for, one sentence.")]
    place: Annotated[str, Meta(description="As `netaudit explain` takes it: nat/DOCKER#2.")]
    text: Annotated[str, Meta(description="The object's text.")]
    cause: Annotated[str | None, Meta(description="daemon, network, endpoint, port-binding, other; null: none.")]
    cause_text: Annotated[str | None, Meta(description="The cause in words.")]
    container: Container
    project: Project
    service: Service
    network: Annotated[str | None, Meta(description="The network that it is about.")]
