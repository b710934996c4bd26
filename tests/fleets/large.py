"""The first page of a fleet's report, as large as it gets: ten thousand hosts."""

from netaudit.report.fleet.page import FleetPage, Tile, make_part, render_fleet_page, searchable

HOSTS = 10_000


def large_fleet_page() -> str:
    """Return the page: all hosts to search, a hundred of the worst, and a thousand findings that are new."""
    names = [f"shop-{number:05d}" for number in range(HOSTS)]
    pages = {name: f"hosts/{name}-0123456789ab.html" for name in names}
    worst = [(name, "28.5.2+dfsg4", 1, 2, 3) for name in names[:100]]
    new = [(name, "high", "published-port-open-to-world", f"web-{name}", "8080/tcp is open") for name in names[:1000]]
    return render_fleet_page(
        FleetPage(
            title="fleet",
            headline=f"{HOSTS} hosts; the latest recording: 2026-11-28 06:00:00 UTC",
            parts=(
                make_part("Worst hosts", ("host", "engine", "critical", "high", "medium"), worst, pages),
                make_part("New since last time", ("host", "severity", "check", "subject", "message"), new, pages),
            ),
            tiles=(Tile(HOSTS, "hosts", "hosts.csv"), Tile(137, "high findings", "worst-hosts.html", is_wrong=True)),
            searched=searchable([(f"{name} Docker 28.5.2+dfsg4 iptables-nft", pages[name]) for name in names]),
        )
    )
