"""Defects of the coordinator's URL: W-CON."""

import os
from dataclasses import replace

from tests.mutants.registry import defect
from tests.mutants.settings import Settings
from tests.mutants.worker import Worker


@defect("slash-in-the-middle", "W-CON-2", "puts its paths behind a URL that ends in a slash")
class SlashInTheMiddle(Worker):
    def __init__(self, settings: Settings) -> None:
        given = os.environ.get("COORDINATOR_URL", "")
        super().__init__(replace(settings, web=f"{settings.web}/") if given.endswith("/") else settings)


@defect("http-only", "W-CON-3", "knows only URLs that begin with http")
class HttpOnly(Worker):
    def __init__(self, settings: Settings) -> None:
        if os.environ.get("COORDINATOR_URL", "http").startswith("ws"):
            raise ValueError("COORDINATOR_URL must begin with http:// or https://")
        super().__init__(settings)
