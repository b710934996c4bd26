"""What people read: a page of HTML that needs nothing but itself, and Markdown for a pull request."""

from msgspec.structs import replace

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.audit.changed import ChangedFindings
from netaudit.audit.finding import Audit
from netaudit.audit.planned import JudgedPlan
from netaudit.policy.verdict import Assertion
from netaudit.report.page.model import Page, make_diff_page, make_snapshot_page
from netaudit.report.page.plan import make_plan_page
from netaudit.report.page.policy.section import PolicyPage, make_policy_page
from netaudit.report.templating import environment
from netaudit.report.templating.own_page import render_page
from netaudit.report.text.exposure import exposure_tables

Links = tuple[tuple[str, str], ...]  # text, address


def render_diff_html(
    diff: AttributedDiff, assertion: Assertion | None = None, found: ChangedFindings | None = None, links: Links = ()
) -> str:
    """Print a diff with its findings, and a policy held against the host afterwards, as one page of HTML.

    `links` lead to other pages of the server that the page is one of.
    """
    return _render_html(replace(make_diff_page(diff, assertion, found), links=links))


def render_snapshot_html(snapshot: AttributedSnapshot, audit: Audit | None = None, links: Links = ()) -> str:
    """Print a snapshot, and what was found on it, as one page of HTML; it is self-contained without `links`."""
    return _render_html(replace(make_snapshot_page(snapshot, audit), links=links))


def render_audit_html(audit: Audit) -> str:
    """Print the host that was audited, and what was found on it, as one self-contained page of HTML."""
    return render_snapshot_html(audit.shown, audit)


def render_diff_markdown(
    diff: AttributedDiff, assertion: Assertion | None = None, found: ChangedFindings | None = None
) -> str:
    """Print a diff as Markdown, short enough for a pull request: the details are folded."""
    page = make_diff_page(diff, assertion, found)
    return environment.markdown().get_template("report.md.j2").render(page=page, diff=diff)


def render_snapshot_markdown(snapshot: AttributedSnapshot, audit: Audit | None = None) -> str:
    """Print a snapshot, and what was found on it, as Markdown; the rules are folded, table by table."""
    return environment.markdown().get_template("report.md.j2").render(page=make_snapshot_page(snapshot, audit))


def render_plan_html(plan: JudgedPlan) -> str:
    """Print a plan as one self-contained page of HTML."""
    return _render_html(make_plan_page(plan))


def render_plan_markdown(plan: JudgedPlan) -> str:
    """Print a plan as Markdown, made for a comment on a pull request."""
    return environment.markdown().get_template("report.md.j2").render(page=make_plan_page(plan), diff=plan.diff)


def render_exposure_markdown(shown: AttributedSnapshot) -> str:
    """Print the exposure table of a host as Markdown."""
    return environment.markdown().get_template("exposure.md.j2").render(tables=exposure_tables(shown), shown=shown)


def render_assertion_html(assertion: Assertion) -> str:
    """Print a policy that was held against a host as one self-contained page of HTML."""
    return _render("policy.html.j2", make_policy_page(assertion))


def _render_html(page: Page) -> str:
    return _render("report.html.j2", page)


def _render(template: str, page: Page | PolicyPage) -> str:
    return render_page(template, page, ("colours", "style", "map"), "script")
