"""`report.html`: the whole report as one page that needs no network, no other file, and no script."""

from dispatch_conformance.report.html.page import page

__all__ = ["page"]
