import json

import pytest

from netaudit.report.text.sanitize import harmless_json, sarif_text, visible


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="an escape sequence"),
        pytest.param("a\rb\nc\td", "a\\x0db\\x0ac\\x09d", id="what moves the cursor"),
        pytest.param("\x9b31m", "\\x9b31m", id="a C1 control"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="a right-to-left override"),
        pytest.param("a\u2066b\u2069", "a\\u2066b\\u2069", id="an isolate"),
        pytest.param("we\u200bb", "we\\u200bb", id="a zero-width space"),
        pytest.param("a\u2028b", "a\\u2028b", id="a line separator"),
        pytest.param("a\u00adb\u3164", "a\\xadb\\u3164", id="what is not seen"),
        pytest.param("\U000e0041", "\\U000e0041", id="a tag character"),
        pytest.param("\udcff", "\\xff", id="a byte that was no UTF-8"),
        pytest.param("::error::x", "\\x3a:error\\x3a:x", id="a command of GitHub"),
        pytest.param("a :::add-mask::x", "a :\\x3a:add-mask\\x3a:x", id="a command wherever a line may begin"),
        pytest.param("::\u017fet-output name=x::", "\\x3a:\u017fet-output name=x::", id="a letter that folds to s"),
        pytest.param("###[error]", "#\\x23#[error]", id="a command of Azure and of old GitHub"),
        pytest.param("##vso[a]##teamcity[b]", "\\x23#vso[a]\\x23#teamcity[b]", id="commands of Azure and TeamCity"),
        pytest.param("section_start:1:x", "section_start\\x3a1:x", id="a section of GitLab"),
        pytest.param("e" + "\u0301" * 5, "e" + "\u0301" * 4 + "\\u0301", id="marks that cover other lines"),
    ],
)
def test_shows_what_would_steer_a_reader(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize("text", ["-A DOCKER ! -i docker0 -j DROP", "0.0.0.0:8080 → 80/tcp", "grüße", "容器", "🐳"])
def test_leaves_words_of_any_language_alone(text: str) -> None:
    assert visible(text) == text


def test_json_commands_no_pipeline_and_says_the_same() -> None:
    written = harmless_json(b'["##[error]", "##vso[x]", "## a heading"]')
    assert json.loads(written) == ["##[error]", "##vso[x]", "## a heading"]
    assert b"##[" not in written
    assert b"##vso[" not in written


@pytest.mark.parametrize(
    "text",
    ["[::]:8080", "::1", "fd00::a -j DROP", "fd00::a-fd00::b", "::ffff:192.0.2.1", "fe80::1%eth0", "fd00:9::/64"],
)
def test_an_ipv6_address_is_no_command(text: str) -> None:
    assert visible(text) == text
    assert sarif_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/[a](http://x.example)", "/srv/[a]\\x28http://x.example)"),
        ("[a][b]", "[a]\\x5bb]"),
        ("[b]: http://x.example", "[b]\\x3a http://x.example"),
        ("<http://x.example>", "\\x3chttp://x.example>"),
    ],
)
def test_text_of_sarif_is_no_link(text: str, shown: str) -> None:
    assert sarif_text(text) == shown


@pytest.mark.parametrize("text", ["\x9b31m", "\x7f", "\u202egnp", "\U000e0041", "grüße 🐳", "plain", "\u2028"])
def test_json_does_not_steer_a_terminal_and_says_the_same(text: str) -> None:
    written = harmless_json(json.dumps([text], ensure_ascii=False).encode())
    assert json.loads(written) == [text]
    assert visible(written.decode()) == written.decode()
