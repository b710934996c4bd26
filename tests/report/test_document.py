import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import msgspec
import pytest
from markdown_it import MarkdownIt

from netaudit.attribute.attribution import AttributedDiff, AttributedInside, AttributedSnapshot, Ref
from netaudit.report.page.render import (
    render_diff_html,
    render_diff_markdown,
    render_snapshot_html,
    render_snapshot_markdown,
)
from netaudit.report.text.sanitize import visible

Edits = dict[str, Callable[[str], str]]
MakeDiff = Callable[..., AttributedDiff]
MakeSnapshot = Callable[..., AttributedSnapshot]
IPV6 = "29.0.0-iptables-nft/user-net-ipv6"
NFTABLES = "29.0.0-nftables/default-one-port"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """A page as a browser reads it: its tags with their attributes, its text, its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside: dict[str, str] = {"script": "", "style": "", "h1": ""}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.inside:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.inside[tag] += data
        if not {"script", "style"} & set(self._open):
            self.text += data

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


@pytest.fixture(params=["change", "worse", "hostile", "ipv6", "nftables", "snapshot", "hostile snapshot"])
def html(
    request: pytest.FixtureRequest,
    make_diff: MakeDiff,
    make_snapshot: MakeSnapshot,
    without_drop: Edits,
    hostile: Edits,
) -> str:
    """Every kind of page."""
    make = {
        "change": lambda: render_diff_html(make_diff()),
        "worse": lambda: render_diff_html(make_diff(edits=without_drop)),
        "hostile": lambda: render_diff_html(make_diff(edits=hostile)),
        "ipv6": lambda: render_diff_html(make_diff(IPV6, after="02")),
        "nftables": lambda: render_diff_html(make_diff(NFTABLES)),
        "snapshot": lambda: render_snapshot_html(make_snapshot(NFTABLES)),
        "hostile snapshot": lambda: render_snapshot_html(make_snapshot(edits=hostile)),
    }
    return make[request.param]()


def headline(diff: AttributedDiff) -> str:
    return Page(render_diff_html(diff)).inside["h1"]


def test_the_headline_says_who_added_what(make_diff: MakeDiff) -> None:
    assert headline(make_diff()) == "3 rules were added by one container: web publishes 0.0.0.0:8080 → 80/tcp."


def test_the_headline_says_whose_rules_went(make_diff: MakeDiff) -> None:
    words = "3 rules were removed, written for one container: web (0.0.0.0:8080 → 80/tcp)."
    assert headline(make_diff(before="01", after="02")) == words


def test_the_headline_names_a_network_that_was_made(make_diff: MakeDiff) -> None:
    assert headline(make_diff(IPV6)) == "10 rules were added by one network: n9."


def test_nothing_changed_is_only_said_of_what_could_be_seen(make_diff: MakeDiff) -> None:
    assert headline(make_diff(before="01")) == "Nothing changed in what could be seen."


def test_what_is_missing_and_unknown_is_said_at_the_top(make_diff: MakeDiff, without_drop: Edits) -> None:
    top = Page(render_diff_html(make_diff(edits=without_drop))).text.partition("What changed, and why")[0]
    assert "4 rules were added, 3 of them by one container: web" in top
    assert "1 rule that ought to be there is missing, for network bridge." in top
    assert "1 changed rule is unattributed" in top
    assert "Not seen, or not wholly: " in top


def test_the_page_says_that_exposure_is_not_computed(html: str) -> None:
    assert "Not computed: exposure" in Page(html).text


def test_no_request_leaves_the_page(html: str) -> None:
    page = Page(html)
    assert {tag for tag, _ in page.tags} & {"img", "link", "iframe", "object", "embed", "base", "audio"} == set()
    assert page.attributes("src") == page.attributes("srcset") == page.attributes("style") == []
    assert [link for link in page.attributes("href") if not link.startswith("#")] == []
    assert re.findall(r"url\(|@import|https?:", page.inside["style"] + page.inside["script"]) == []


def test_the_policy_allows_this_style_and_this_script_alone(html: str) -> None:
    page = Page(html)
    assert page.attributes("content")[0] == (
        f"default-src 'none'; style-src '{hashed(page.inside['style'])}'; "
        f"script-src '{hashed(page.inside['script'])}'; base-uri 'none'; form-action 'none'"
    )
    assert [tag for tag, _ in page.tags].count("script") == [tag for tag, _ in page.tags].count("style") == 1
    assert [name for _, attributes in page.tags for name in attributes if name.startswith("on")] == []


def hashed(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_anchors_are_unique_and_every_link_arrives(html: str) -> None:
    page = Page(html)
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert [link for link in page.attributes("href") if link.removeprefix("#") not in ids] == []


def test_rules_containers_and_networks_can_be_linked_to(make_diff: MakeDiff) -> None:
    ids = Page(render_diff_html(make_diff())).attributes("id")
    assert {"rule-ip-nat-DOCKER-1", "container-web", "network-bridge"} <= set(ids)


def test_every_field_has_a_label(html: str) -> None:
    page = Page(html)
    fields = {a["id"] for tag, a in page.tags if tag in ("input", "select")}
    assert fields == set(page.attributes("for"))


def test_hostile_text_is_shown_and_not_obeyed(make_diff: MakeDiff, hostile: Edits, hostile_name: str) -> None:
    html = render_diff_html(make_diff(edits=hostile))
    assert visible(hostile_name) in Page(html).text
    assert "</script><script>alert(1)</script>" in Page(html).text
    assert "<img" not in html
    assert STEERING.findall(html) == []


def test_without_scripts_nothing_is_hidden_but_the_filter(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot(IPV6, "02")
    page = Page(render_snapshot_html(snapshot))
    assert [tag for tag, attributes in page.tags if "hidden" in attributes] == ["form"]
    for one in snapshot.items:
        assert one.item.text in page.text
        assert one.attribution.purpose in page.text


def test_the_page_says_how_it_was_taken(make_diff: MakeDiff) -> None:
    diff = make_diff()
    text = Page(render_diff_html(diff)).text
    for head in (diff.before, diff.after):
        assert head.taken_at in text
        assert head.sha256 in text
        assert head.engine in text


def test_the_same_values_give_the_same_bytes(make_diff: MakeDiff, make_snapshot: MakeSnapshot) -> None:
    assert render_diff_html(make_diff(IPV6)) == render_diff_html(make_diff(IPV6))
    assert render_diff_markdown(make_diff(IPV6)) == render_diff_markdown(make_diff(IPV6))
    assert render_snapshot_html(make_snapshot()) == render_snapshot_html(make_snapshot())


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_colours_are_told_apart_by_everyone(html: str, theme: str) -> None:
    style = Page(html).inside["style"]
    blocks = dict(zip(("light", "dark", "print"), re.findall(r":root \{(.*?)\}", style, re.DOTALL), strict=True))
    colours = dict(re.findall(r"--(\w+): (#\w+)", blocks[theme]))
    for text in ("ink", "soft", "green", "red", "amber", "blue", "violet", "link"):
        for ground in ("paper", "panel", "target"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of relative luminances."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(char * 2 for char in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tokens(markdown: str) -> Iterator[tuple[str, str]]:
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        yield token.type, token.content
        yield from ((child.type, child.content) for child in token.children or ())


@pytest.mark.parametrize("scenario", ["29.0.0-iptables-nft/default-one-port", IPV6, NFTABLES])
def test_markdown_holds_every_change_in_tables_that_github_reads(make_diff: MakeDiff, scenario: str) -> None:
    diff = make_diff(scenario, after="02" if scenario is IPV6 else "01")
    found = list(tokens(render_diff_markdown(diff)))
    code = {content for kind, content in found if kind == "code_inline"}
    assert {one.change.item.text for one in diff.changes} <= code
    opened = sum(content.count("<details") for kind, content in found if kind == "html_block")
    closed = sum(content.count("</details>") for kind, content in found if kind == "html_block")
    assert opened == closed > 0


def test_markdown_of_a_snapshot_holds_every_rule(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot(IPV6, "02")
    found = list(tokens(render_snapshot_markdown(snapshot)))
    assert {one.item.text for one in snapshot.items} <= {text for kind, text in found if kind == "code_inline"}


def test_hostile_text_is_code_in_markdown(make_diff: MakeDiff, hostile: Edits, hostile_name: str) -> None:
    markdown = render_diff_markdown(make_diff(edits=hostile))
    found = list(tokens(markdown))
    tags = {tag for kind, text in found if kind.startswith("html") for tag in re.findall(r"</?(\w+)", text)}
    assert tags == {"details", "summary", "code"}
    assert {kind for kind, _ in found} & {"link_open", "image"} == set()
    assert [text for kind, text in found if kind == "text" and re.search(r"@|://|#\d", text)] == []
    assert any(kind == "code_inline" and visible(hostile_name) in text for kind, text in found)
    assert STEERING.findall(markdown) == []


def test_markdown_begins_with_the_verdict(make_diff: MakeDiff) -> None:
    first = render_diff_markdown(make_diff()).split("\n")[0]
    assert first == "### netaudit: 3 rules were added by one container: `web` publishes `0.0.0.0:8080 → 80/tcp`."


def test_matches_its_goldens(make_diff: MakeDiff, golden: Callable[[str, str], None]) -> None:
    golden("diff.html", render_diff_html(make_diff()))
    golden("diff.md", render_diff_markdown(make_diff()))


def test_rules_inside_a_container_stand_apart(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot()
    hostile = AttributedInside(Ref("0" * 64, "web<b>|`\x1b[31m"), snapshot.items[:9])
    whole = msgspec.structs.replace(snapshot, inside=(hostile,))
    html, markdown = render_snapshot_html(whole), render_snapshot_markdown(whole)
    page = Page(html)
    names = page.attributes("id")
    assert len(names) == len(set(names))
    assert "Inside containers" in page.text
    assert all(tag != "b" for tag, _ in Page(html.partition('id="inside"')[2].partition("<footer>")[0]).tags)
    assert STEERING.findall(html + markdown) == []
    assert "<summary><code>inside container web&lt;b&gt;" in markdown
    assert markdown.count("\n| | Where |") == render_snapshot_markdown(snapshot).count("\n| | Where |") + 2
    assert "nside container" not in render_snapshot_html(snapshot) + render_snapshot_markdown(snapshot)
