import json

import pytest

from netaudit.report.safe_text import harmless_json, visible


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
    ],
)
def test_shows_what_would_steer_a_reader(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize("text", ["-A DOCKER ! -i docker0 -j DROP", "0.0.0.0:8080 → 80/tcp", "grüße", "容器", "🐳"])
def test_leaves_words_of_any_language_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("text", ["\x9b31m", "\x7f", "\u202egnp", "\U000e0041", "grüße 🐳", "plain", "\u2028"])
def test_json_does_not_steer_a_terminal_and_says_the_same(text: str) -> None:
    written = harmless_json(json.dumps([text], ensure_ascii=False).encode())
    assert json.loads(written) == [text]
    assert visible(written.decode()) == written.decode()
