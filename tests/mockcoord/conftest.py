"""A coordinator that runs for the length of one test."""

from collections.abc import AsyncIterator

import pytest
from dispatch_mockcoord.server import MockCoordinator

from tests.mockcoord.client import settings


@pytest.fixture
async def running() -> AsyncIterator[MockCoordinator]:
    async with MockCoordinator(settings()) as coordinator:
        yield coordinator
