"""A page that needs nothing but itself: its style and script inside, and a policy that lets nothing else in."""

import base64
import hashlib

from markupsafe import Markup

from netaudit.report.templating import environment


def render_page(template: str, page: object, styles: tuple[str, ...], script: str) -> str:
    """Render a template with `page`, styles and a script of templates/partials."""
    style = "\n" + "".join(environment.read(f"partials/{name}.css") for name in styles)
    code = environment.read(f"partials/{script}.js")
    return (
        environment.html()
        .get_template(template)
        .render(
            page=page,
            style=Markup(style),  # noqa: S704 (our own file)
            script=Markup(code),  # noqa: S704 (our own file)
            policy=_policy(style, code),
        )
    )


def _policy(style: str, script: str) -> str:
    """Forbid a browser everything but this style and this script: no request leaves the page."""
    rules = (
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
