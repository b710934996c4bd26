"""A host of 1,000 containers with two port bindings each: the audit itself is quick."""

import time
from pathlib import Path

import pytest
from audit.conftest import RECORDINGS, TODAY
from bench.synthetic import make_facts

from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.attribute.services import Services
from netaudit.attribute.signatures.signature import Catalog
from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.check import Check
from netaudit.audit.run import Plan
from netaudit.catalog import load_services

_MODEL = Path(RECORDINGS / "28.5.2-iptables-nft" / "fresh" / "00")


@pytest.mark.matrix
def test_a_thousand_containers_take_less_than_five_seconds(catalog: Catalog, checks: tuple[Check, ...]) -> None:
    auditor = Auditor(catalog, Services(load_services()), Plan(checks, TODAY), exposure=ComputeExposure.NEVER)
    facts = make_facts(_MODEL, 1000)
    start = time.process_time()  # of this process alone: other tests run beside it
    audit = auditor.audit(facts)
    assert time.process_time() - start < 5
    assert dict(audit.checked)["published-port-on-every-address"] == 2000
    assert len([one for one in audit.findings if one.check.id == "published-port-on-every-address"]) == 1000
