"""The plain dashboard: one page without a script, drawn anew every ten seconds. Everything stands escaped."""

from html import escape
from typing import Final

from dispatch_protocol.errors import shown
from dispatch_protocol.times import iso_time

from dispatch_mockcoord.core.jobs import Job
from dispatch_mockcoord.switchboard import Switchboard

RECENT_JOBS: Final = 10

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="10">
<meta name="viewport" content="width=device-width">
<title>Dispatch coordinator</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem }}
dd {{ margin: 0; font-variant-numeric: tabular-nums }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884 }}
</style>
</head>
<body>
<h1>Dispatch coordinator</h1>
<p>{network}</p>
<dl>{figures}</dl>
<h2>Last jobs</h2>
<table>
<thead><tr><th>Job</th><th>Type</th><th>Policy</th><th>Status</th><th>Receipt</th><th>Committed</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def dashboard_page(switchboard: Switchboard) -> str:
    """The page as it stands now."""
    keys, completed, receipts, verified = switchboard.store.totals()
    figures = {
        "Nodes registered": str(keys),
        "Nodes online": str(len(switchboard.coordinator.registry.workers)),
        "Jobs completed": str(completed),
        "Receipts verified": f"{100 * verified / receipts:.0f} %" if receipts else "none yet",
    }
    return _PAGE.format(
        network=escape(shown(switchboard.settings.chain)),
        figures="".join(f"<dt>{name}</dt><dd>{figure}</dd>" for name, figure in figures.items()),
        rows="\n".join(_row(job) for job in switchboard.store.recent(RECENT_JOBS)),
    )


def _row(job: Job) -> str:
    receipt = "none" if job.receipt is None else "verified" if job.verified else "not verified"
    status = job.status.value if job.error is None else f"{job.status.value}: {job.error.value}"
    cells = (job.id, job.job_type.value, job.policy.value, status, receipt, iso_time(job.created_ms))
    return "<tr>" + "".join(f"<td>{escape(shown(cell))}</td>" for cell in cells) + "</tr>"
