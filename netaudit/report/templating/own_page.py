"""A page that needs nothing but itself: its style and script inside, and a policy that lets nothing else in."""

import base64
import hashlib
from enum import StrEnum

from markupsafe import Markup

from netaudit.report.templating import environment
from netaudit.report.templating.loader import read


class Forms(StrEnum):
    """Where forms of a page may lead."""

    NOWHERE = "'none'"
    HERE = "'self'"  # to the server that it came from


def render_page(template: str, page: object, styles: tuple[str, ...], script: str, forms: Forms = Forms.NOWHERE) -> str:
    """Render a template with `page`, styles and a script of templates/partials."""
    style = "\n" + "".join(read(f"partials/{name}.css") for name in styles)
    code = read(f"partials/{script}.js")
    return (
        environment.html()
        .get_template(template)
        .render(
            page=page,
            style=Markup(style),  # noqa: S704 (our own file)
            script=Markup(code),  # noqa: S704 (our own file)
            policy=_policy(style, code, forms),
        )
    )


def _policy(style: str, script: str, forms: Forms) -> str:
    """Forbid a browser everything but this style and this script: no request leaves the page."""
    rules = (
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        f"form-action {forms}",
    )
    return "; ".join(rules)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
