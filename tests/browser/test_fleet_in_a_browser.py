"""The report of a fleet of ten thousand hosts in a real browser: it opens, and a host is found in it."""

from collections.abc import Callable

import pytest
from fleets.large import HOSTS
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Opener = Callable[..., Page]


def test_of_ten_thousand_hosts_one_is_found_and_its_page_is_linked(open_page: Opener) -> None:
    page = open_page("fleet")
    expect(page.locator("#shown")).to_have_text(f"{HOSTS} hosts")
    page.get_by_label("Hosts by name").fill("shop-0777 nft")
    expect(page.locator("#shown")).to_have_text(f"10 of {HOSTS} hosts")
    hit = page.locator("#hits a").first
    expect(hit).to_have_attribute("href", "hosts/shop-07770-0123456789ab.html")
    page.get_by_label("Hosts by name").fill("iptables")
    expect(page.locator("#shown")).to_contain_text("the first 100 shown")
    assert page.locator("#hits li").count() == 100


def test_ten_thousand_hosts_cost_the_browser_no_element_each(open_page: Opener) -> None:
    page = open_page("fleet")
    assert page.evaluate("document.querySelectorAll('*').length") < HOSTS
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domComplete") > 0


def test_without_scripts_everything_is_there_but_the_search(open_page: Opener) -> None:
    page = open_page("fleet", java_script_enabled=False)
    expect(page.locator("#filter")).to_be_hidden()
    expect(page.get_by_role("link", name=f"{HOSTS} hosts")).to_have_attribute("href", "hosts.csv")
    assert page.locator("#part-2 tbody tr").count() == 1000
