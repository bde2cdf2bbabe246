"""`report.html`: the whole report as one page that needs no network, no other file, and no script."""
