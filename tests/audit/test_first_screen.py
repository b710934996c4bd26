"""What a reader asks first is on the first screen of an audit, on a small host and on a large one."""

import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf
from pages.town import make_town

from netaudit.model.facts import RULE_SOURCES, Gap, GapReason
from netaudit.report.terminal.audit import render_audit
from netaudit.report.terminal.style import Style
from netaudit.store import load

SHOP = "tour/shop/10"
SCREEN = 24  # lines


def test_a_small_host_answers_the_first_questions(audit_of: AuditOf) -> None:
    screen = render_audit(audit_of(SHOP), Style()).splitlines()[:SCREEN]
    assert screen[0] == "lab, 2026-11-28T07:21:34Z, Docker 28.5.2+dfsg4, iptables-nft"
    assert screen[1].startswith("8 findings: 1 critical, 2 medium, 1 low, 4 info; ")
    assert screen[2:5] == [
        "open to internet, lan:eth0: shop-db 5432/tcp (PostgreSQL), grafana 3000/tcp by",
        "  192.0.2.10:3000, shop-web 80/tcp, shop-web 443/tcp",
        "55 rules: 55 with a proved cause; 0 missing, 0 stale",
    ]
    assert screen[6].startswith("critical  internet  e882a567  shop-db 5432/tcp")
    assert "explain ID" in screen[-1]


@pytest.mark.matrix
def test_a_host_of_240_containers_does_so_too(audit_of: AuditOf) -> None:
    text = render_audit(audit_of(make_town(240)), Style())
    assert len(text.splitlines()) <= SCREEN
    assert "772 rules: 772 with a proved cause; 0 missing, 0 stale" in text
    assert "and 97 more" in text
    assert "blog-db-3 5432/tcp (PostgreSQL)" in text


def test_what_was_not_computed_or_is_missing_is_said(audit_of: AuditOf) -> None:
    audit = audit_of("bad/forward-flushed/before")
    missing = len(audit.shown.missing)
    assert missing
    assert f"{missing} missing" in render_audit(audit, Style(width=200))
    unknown = msgspec.structs.replace(audit, shown=msgspec.structs.replace(audit.shown, exposure=None))
    assert "who can reach what was not computed" in render_audit(unknown, Style(width=200))


def test_without_any_rule_that_was_read_nothing_is_said_of_missing_and_stale_ones(audit_of: AuditOf) -> None:
    facts = load(RECORDINGS / "28.5.2-iptables-nft/default-one-port/02")
    left = {name: data for name, data in facts.files.items() if name not in RULE_SOURCES}
    gaps = tuple(Gap(source, GapReason.CRASHED) for source in facts.files if source in RULE_SOURCES)
    screen = render_audit(audit_of(msgspec.structs.replace(facts, files=left, gaps=gaps)), Style(width=200))
    assert "0 rules; missing and stale ones are not known (ip6tables-save.txt, iptables-save.txt" in screen
