import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import hosts
from playwright.sync_api import Locator, Page, expect

from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.audit.finding import Audit
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.report.text.sanitize import visible

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
Opener = Callable[..., Page]
AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def shown(page: Page) -> Locator:
    return page.locator("[data-k]:visible")


@pytest.mark.parametrize("size", ["phone", "laptop", "print"])
@pytest.mark.parametrize("name", ["small", "changed", "worse", "hostile", "large", "town1000"])
def test_a_page_opens_without_a_word_or_a_request_and_fits_its_width(open_page: Opener, name: str, size: str) -> None:
    page = open_page(name, size)
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("small", "laptop", "light"),
        ("changed", "phone", "dark"),
        ("worse", "phone", "light"),
        ("worse", "laptop", "dark"),
        ("hostile", "laptop", "light"),
        ("shop", "laptop", "light"),
        ("mistake", "phone", "dark"),
        ("town300", "laptop", "dark"),
    ],
)
def test_axe_finds_nothing_to_complain_about(open_page: Opener, name: str, size: str, scheme: str) -> None:
    page = open_page(name, size, color_scheme=scheme)
    found = Axe().run(page, options={"runOnly": AXE, "resultTypes": ["violations"]})
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]] == []
    assert len(found.response["passes"]) > 20


def test_a_text_finds_its_rules(open_page: Opener) -> None:
    page = open_page("small")
    every = shown(page).count()
    fitting = [text for text in shown(page).all_text_contents() if "8209" in text]
    page.get_by_label("Text").fill("82 209")
    expect(page.locator("#filter-count")).to_have_text(f"{len(fitting)} of {every} rules, chains and policies shown")
    assert 0 < len(fitting) < every
    assert shown(page).all_text_contents() == fitting
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#filter-count")).to_have_text(f"all {every} rules, chains and policies shown")


CHOICES = [
    ("small", "maker", "kernel", "default"),
    ("small", "confidence", "ambiguous", "daemon"),
    ("small", "container", "u9", "u9"),
    ("small", "network", "n9", "n9"),
    ("small", "binding", "0.0.0.0:8209 → 80/tcp", "0.0.0.0:8209"),
    ("changed", "change", "altered", "FORWARD"),
    ("worse", "standing", "missing", "docker0"),
    ("changed", "container", "u9", "br-a2254f6921f6"),
    ("changed", "binding", "[::]:8209 → 80/tcp", "fd00:9::2"),
]


@pytest.mark.parametrize(("name", "facet", "word", "text"), CHOICES, ids=lambda value: str(value)[:20])
def test_a_choice_leaves_what_fits_it(open_page: Opener, name: str, facet: str, word: str, text: str) -> None:
    page = open_page(name)
    every = shown(page).count()
    page.locator(f"#filter-{facet}").select_option(word)
    left = shown(page).all_text_contents()
    assert 0 < len(left) < every
    assert all(text in one for one in left)


def test_of_many_words_one_is_typed(open_page: Opener) -> None:
    page = open_page("large")
    page.get_by_label("Container").fill("c217")
    expect(page.locator("#filter-count")).to_contain_text("3 of ")
    assert all("c217" in text for text in shown(page).all_text_contents())
    page.get_by_label("Container").fill("")
    page.get_by_label("Chain").fill("iptables-nft ip nat/POSTROUTING")
    assert page.locator("section.chain:visible h4").all_text_contents() == ["POSTROUTING"]


def test_a_link_to_a_rule_arrives(open_page: Opener) -> None:
    page = open_page("small", fragment="#rule-ip-nat-DOCKER-3")
    expect(page.locator(":target")).to_be_in_viewport()
    expect(page.locator(":target")).to_contain_text("--to-destination 172.30.0.2:80")


def test_a_link_to_a_container_arrives_on_a_large_page(open_page: Opener) -> None:
    page = open_page("large", fragment="#container-c777")
    expect(page.locator(":target")).to_be_in_viewport()
    expect(page.locator(":target")).to_contain_text("0.0.0.0:1801 → 80/tcp")


def test_a_link_shows_what_the_filter_hides(open_page: Opener) -> None:
    page = open_page("small")
    page.get_by_label("Text").fill("no such rule")
    assert shown(page).count() == 0
    page.locator(".map:visible a", has_text="filter/DOCKER#1").first.click()
    expect(page.locator(":target")).to_be_in_viewport()


def test_a_link_to_a_finding_arrives_and_its_evidence_leads_to_the_rule(open_page: Opener) -> None:
    page = open_page("small")
    finding = page.locator(".found > li", has_text="published-port-open-to-world").first
    finding.locator("a.where").first.click()
    expect(page.locator(".found > :target")).to_contain_text("u9 publishes 0.0.0.0:8209/tcp")
    finding.locator("summary").click()
    finding.locator("details a", has_text="nat/DOCKER#3").first.click()
    expect(page.locator(":target")).to_contain_text("--to-destination 172.30.0.2:80")


def test_the_way_of_a_ports_packets_leads_through_its_rules(open_page: Opener) -> None:
    page = open_page("small")
    stages = page.locator("#container-u9 .way").first.locator("li").all_text_contents()
    assert [re.sub(r"\s+", " ", stage).strip() for stage in stages] == [
        "led to the container nat/DOCKER#3",
        "let through or not filter/DOCKER#1",
    ]


def test_the_map_shows_what_the_internet_and_the_lan_reach_and_folds_the_rest(open_page: Opener) -> None:
    page = open_page("shop")
    assert page.locator(".map:visible .arrow > title").all_text_contents() == [
        "internet, lan:eth0 to network shop_back of project shop: allowed",
        "internet, lan:eth0 to network bridge: allowed",
        "internet, lan:eth0 to network shop_front of project shop: allowed",
    ]
    folded = page.locator("#exposure .map-part > summary").all_text_contents()
    assert [text.partition(":")[0] for text in folded] == ["What is reached inside the host", "What is blocked"]
    page.locator("summary", has_text="What is blocked").click()
    assert set(page.locator(".map:visible .is-blocked .outcome").all_text_contents()) == {"blocked"}


@pytest.mark.parametrize("name", ["shop", "town40", "town300", "town1000"])
def test_the_map_drops_no_container_that_the_internet_reaches(open_page: Opener, name: str) -> None:
    page = open_page(name)
    lines = page.locator(".map:visible .box:not(.is-zone) g").count()
    more = [int(text.split()[1]) for text in page.locator(".map:visible .box > .whose").all_text_contents()]
    shown, _ = _PAGES_OF[name]()
    reached = {
        (one.exposure.destination.container_name, one.service)
        for one in shown.exposure or ()
        if one.exposure.zone.kind is ZoneKind.INTERNET and one.exposure.outcome is not Outcome.BLOCKED
    }
    assert lines + sum(more) == len(reached)
    assert sum(bool(service) for _, service in reached) <= 40 or more


_PAGES_OF: dict[str, Callable[[], tuple[AttributedSnapshot, Audit]]] = {
    "shop": hosts.shop,
    "town40": lambda: hosts.town(40),
    "town300": lambda: hosts.town(300),
    "town1000": lambda: hosts.town(1000),
}


def test_on_a_phone_a_list_stands_in_place_of_the_map(open_page: Opener) -> None:
    page = open_page("shop", "phone")
    expect(page.locator(".map").first).to_be_hidden()
    expect(page.locator(".list-map").first).to_contain_text("shop-db 5432/tcp PostgreSQL")


def test_the_first_screen_says_how_bad_what_is_open_when_and_where(open_page: Opener) -> None:
    page = open_page("shop")
    first = page.locator(".verdict")
    assert page.locator(".tiles li").all_text_contents() == ["1 critical", "0 high", "2 medium", "1 low", "4 info"]
    for said in (
        "shop-db 5432/tcp IPv4+IPv6 PostgreSQL",
        "2026-01-02 03:04:05 UTC",
        "Docker 28.5.2",
        "iptables-nft",
        "shop.example",
    ):
        expect(first).to_contain_text(said)
    box = page.locator(".found-now").bounding_box()
    assert box
    assert box["y"] + box["height"] < 800


def test_all_numbers_of_findings_are_the_same(open_page: Opener) -> None:
    page = open_page("shop")
    tiles = sum(int(text.split()[0]) for text in page.locator(".tiles li").all_text_contents())
    assert tiles == page.locator(".found > li").count()
    assert f"{tiles} findings" in page.locator("#coverage .figures").inner_text().replace("\n", " ")
    expect(page.locator("#found-count")).to_have_text(f"{tiles} findings, {tiles} of them in full")


def test_findings_can_be_filtered(open_page: Opener) -> None:
    page = open_page("shop")
    page.locator("#found-severity").select_option("medium")
    expect(page.locator("#found-count")).to_have_text("2 of 8 findings")
    page.locator("#found-text").fill("grafana")
    assert page.locator(".found > li:visible").count() == 1


def test_findings_that_are_only_named_are_counted_and_found(open_page: Opener) -> None:
    page = open_page("town300")
    tiles = sum(int(text.split()[0]) for text in page.locator(".tiles li").all_text_contents())
    named = page.locator(".alike li").first
    place = named.text_content()
    assert place
    expect(page.locator("#found-count")).to_contain_text(f"{tiles} findings, ")
    page.locator("#found-text").fill(place)
    expect(named).to_be_visible()
    expect(page.locator("#found-count")).to_contain_text(f" of {tiles} findings")


def test_a_command_is_code_that_one_click_selects_whole(open_page: Opener) -> None:
    page = open_page("shop")
    command = page.locator(".command code", has_text="iptables -I DOCKER-USER").first
    command.click()
    assert page.evaluate("getSelection().toString().trim()") == command.text_content()


def test_the_page_of_a_diff_has_its_new_findings(open_page: Opener) -> None:
    page = open_page("mistake")
    assert page.locator(".found-now li").all_text_contents() == [
        "critical Internet shop-db 5432/tcp: PostgreSQL is open"
    ]
    expect(page.locator(".open-now h2")).to_have_text("Newly open to the Internet and the LAN (eth0)")


@pytest.mark.parametrize("name", ["shop", "mistake", "town40", "town300", "town1000"])
def test_a_printed_report_has_two_pages_at_most(open_page: Opener, name: str) -> None:
    printed = open_page(name).pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type /Page\b(?!s)", printed)) <= 2


_BROKEN = """table => [...table.querySelectorAll("thead th, td.from, td.outcome")].flatMap(cell => {
    const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
    while (text.nextNode()) for (const word of text.currentNode.data.matchAll(/[a-z]+/gi)) {
        const range = document.createRange();
        range.setStart(text.currentNode, word.index);
        range.setEnd(text.currentNode, word.index + word[0].length);
        if (range.getClientRects().length > 1) broken.push(word[0]);
    }
    return broken;
})"""


def test_no_word_of_the_exposure_table_is_broken_on_a_phone(open_page: Opener) -> None:
    page = open_page("changed", "phone")
    page.locator("details.all:not(.map-part)").evaluate("details => details.open = true")
    expect(page.locator("td.from", has_text="lan:").first).to_be_attached()
    assert page.locator("#exposure table").evaluate(_BROKEN) == []


def test_the_keyboard_reaches_everything(open_page: Opener) -> None:
    page = open_page("small")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Text")).to_be_focused()
    page.keyboard.type("DOCKER-USER")
    assert 0 < shown(page).count() < 10


def test_without_scripts_everything_is_there_but_the_filter(open_page: Opener) -> None:
    page = open_page("small", java_script_enabled=False)
    expect(page.locator("#filter")).to_be_hidden()
    assert shown(page).count() == page.locator("[data-k]").count() > 50
    expect(page.locator(".map").first).to_be_visible()
    page.locator("#exposure .map-part > summary").first.click()
    assert page.locator(".map:visible").count() == 2


def test_hostile_names_are_text(open_page: Opener) -> None:
    page = open_page("hostile")
    assert page.locator("img, main script, iframe").count() == 0
    shown_name = visible(hosts.HOSTILE)[:2000]  # people see the two ends of a very long name
    assert "<img src=x onerror" in shown_name
    assert shown_name in (page.locator("#causes").text_content() or "")
    assert page.locator(".map a:visible").count() > 0


def test_print_shows_the_summary_and_no_form(open_page: Opener) -> None:
    page = open_page("small", "print")
    expect(page.locator("#filter")).to_be_hidden()
    assert shown(page).count() == 0
    expect(page.get_by_text("This is the summary of a report.")).to_be_visible()


def test_ten_thousand_rules_are_a_page_that_one_can_use(open_page: Opener, report: Callable[[str], Path]) -> None:
    assert report("huge").stat().st_size < 5_000_000
    page = open_page("huge", fragment="#container-c3000")
    expect(page.locator(":target")).to_be_in_viewport()
    page.get_by_label("Container").fill("c3000")
    expect(page.locator("#filter-count")).to_contain_text("3 of 10")
