"""The pytest plugin, in runs of its own: what passes, what fails and how that reads, what may be left out."""

import subprocess
import sys
from textwrap import dedent
from typing import Protocol

import pytest

pytest_plugins = ["pytester"]

BROKEN_WORKER = '''
import json
from contextlib import contextmanager
from websockets.sync.client import connect

KEY = "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664"

@contextmanager
def broken_worker(url):
    """Registers properly, and answers its first job with a hash that is none, and no receipt."""
    with connect(url) as socket:
        def work():
            job_id = json.loads(socket.recv(10))["job_id"]
            answer = {"type": "job_complete", "job_id": job_id, "output": {}, "output_hash": "sha256:00"}
            socket.send(json.dumps(answer))
        register = {"type": "register", "provider_pubkey": KEY, "provider_type": "DESKTOP"}
        socket.send(json.dumps({**register, "capabilities": ["TASK"]}))
        assert json.loads(socket.recv(10))["status"] == "ok"
        yield work
'''


class Run(Protocol):
    """Runs pytest on this source, in a process of its own, warnings taken for errors."""

    def __call__(self, source: str, *arguments: str, asyncio: bool = False) -> pytest.RunResult: ...


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTHONUTF8", "1")

    def run_tests(source: str, *arguments: str, asyncio: bool = False) -> pytest.RunResult:
        pytester.makepyfile(broken=BROKEN_WORKER, test_it=dedent(source))
        scope = ("-o", "asyncio_default_fixture_loop_scope=function")
        plain = ("-p", "no:cacheprovider", "-W", "error", "--strict-markers")
        chosen = scope if asyncio else ("-p", "no:asyncio")
        return pytester.runpytest_subprocess(*plain, *chosen, *arguments, timeout=60)

    return run_tests


PASSING = """
    import asyncio
    from urllib.request import urlopen

    import pytest
    from broken import broken_worker

    def test_a_coordinator_runs(mock_coordinator):
        assert urlopen(mock_coordinator.url + "/v1/health").status == 200

    def test_a_worker_works(mock_coordinator, reference_worker):
        job = mock_coordinator.run("classify", "I love it")
        assert job.result["sentiment"] == "positive"
        assert job.worker == reference_worker.pubkey

    @pytest.mark.mock_coordinator(settle_seconds=0, allow="W-CAN")
    class TestOptions:
        @pytest.mark.mock_coordinator(worker_seconds=7, allow=["W-RCP-1"])
        def test_they_add_up(self, mock_coordinator):
            setup = mock_coordinator.desk.setup
            assert (setup.settings.terms.settle_seconds, setup.settings.terms.worker_seconds) == (0, 7)
            assert sorted(setup.allow) == ["W-CAN", "W-RCP-1"]

        @pytest.mark.mock_coordinator(settle_seconds=1)
        def test_the_closest_rules(self, mock_coordinator):
            assert mock_coordinator.desk.setup.settings.terms.settle_seconds == 1

        def test_what_is_allowed_passes(self, mock_coordinator):
            with broken_worker(mock_coordinator.ws_url) as work:
                job_id = mock_coordinator.submit("classify", "good")
                work()

    @pytest.mark.mock_coordinator(settle_seconds=0, check=False)
    def test_nothing_is_checked(mock_coordinator):
        with broken_worker(mock_coordinator.ws_url) as work:
            mock_coordinator.submit("classify", "good")
            work()

    def test_it_may_be_stopped(mock_coordinator):
        mock_coordinator.stop()

    def test_each_test_has_its_own(mock_coordinator):
        assert mock_coordinator.jobs == () and mock_coordinator.workers == ()

    def test_async_without_a_plugin(mock_coordinator):
        async def ask():
            return await mock_coordinator.aio.jobs
        assert asyncio.run(ask()) == ()
"""


def test_what_is_right_passes(run: Run) -> None:
    run(PASSING).assert_outcomes(passed=9)


def test_an_async_test_awaits_the_twin(run: Run) -> None:
    source = """
        import pytest

        @pytest.mark.asyncio
        async def test_it(mock_coordinator, start_reference_worker):
            start_reference_worker("--provider-type", "SEEKER")
            assert (await mock_coordinator.aio.run("summarize", "some text")).verified

        @pytest.mark.asyncio
        async def test_it_fails(mock_coordinator):
            import websockets
            async with websockets.connect(mock_coordinator.ws_url) as socket:
                await socket.send("nonsense")
    """
    result = run(source, asyncio=True)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*W-FRM-2 (MUST)*"])


VIOLATING = """
    import pytest
    from broken import broken_worker

    @pytest.mark.mock_coordinator(settle_seconds=0)
    def test_it(mock_coordinator):
        with broken_worker(mock_coordinator.ws_url) as work:
            mock_coordinator.submit("classify", "good")
            work()
"""


def test_a_broken_must_fails_the_test_and_says_all(run: Run) -> None:
    result = run(VIOLATING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*The worker broke * of the specification:*",
            "*W-CAN-1 (MUST) at *connection 1, worker 79b5562e8fe654f9*",
            "*The `output_hash` *",
            "*expected *64 lower-case hexadecimal digits*",
            "*got *sha256:00*",
            '*where *$.output_hash of*"type": "job_complete"*',
            "*mend *",
            "*dispatch transcript*",
            '*connection 1 ← {"type": "job_complete"*',
        ]
    )
    text = result.stdout.str().partition("short test summary")[0]  # which says it again where CI is set
    assert text.count("The worker broke 1 clause of the specification:") == 1
    assert ".py:" not in text.split("FAILURES")[1].split("transcript")[0], "no traceback through the plugin"


def test_a_failure_shows_the_transcript_the_worker_and_the_faults(run: Run) -> None:
    source = """
        import pytest

        @pytest.mark.mock_coordinator(seed=7)
        def test_it(mock_coordinator, reference_worker):
            mock_coordinator.faults.add("close", message="payment_posted")
            mock_coordinator.faults.add("delay:seconds=0")
            mock_coordinator.run("classify", "good")
            mock_coordinator.faults.remove("delay")
            assert mock_coordinator.run("classify", "good").result == "nonsense"

        def test_in_set_up(start_reference_worker):
            start_reference_worker("--concurrency", "0")
    """
    result = run(source)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines_random(
        [
            "*dispatch transcript*",
            '*connection 1 → {"type":"job_assign"*',
            "*dispatch-worker *",
            "*Desktop Worker* Registered as *",
            "*dispatch faults*",
            "seed 7",
            "close:message=payment_posted",
            "delay struck once",
            "*WorkerEnded: dispatch-worker ended with 2:*",
        ]
    )


ADVISED = """
    import json
    from broken import KEY
    from websockets.sync.client import connect

    def test_it(mock_coordinator):
        with connect(mock_coordinator.ws_url) as socket:
            register = {"type": "register", "provider_pubkey": KEY.upper(), "provider_type": "DESKTOP"}
            socket.send(json.dumps({**register, "capabilities": ["TASK"]}))
            socket.recv(10)

    def test_another(mock_coordinator):
        pass
"""


def test_a_broken_should_is_listed_and_fails_nothing(run: Run) -> None:
    result = run(ADVISED)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*dispatch: workers did what they should not*",
            "test_it.py::test_it: W-REG-4 SHOULD: the key is written in upper case, expected lower-case *",
        ]
    )
    assert "test_another" not in result.stdout.str()


def test_it_works_on_several_processes(run: Run) -> None:
    """Each process has coordinators of its own; failures and advice arrive whole."""
    result = run(ADVISED + VIOLATING.replace("test_it", "test_a_third"), "-n", "2")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*W-CAN-1 (MUST)*", "*dispatch transcript*", "test_it.py::test_it: W-REG-4 *"]
    )


def test_options_that_are_none_are_misuse(run: Run) -> None:
    source = """
        import gc
        import pytest

        @pytest.mark.mock_coordinator(settle_second=0)
        def test_unknown(mock_coordinator): ...

        @pytest.mark.mock_coordinator("W-HBT")
        def test_unnamed(mock_coordinator): ...

        @pytest.mark.mock_coordinator(allow="W-HTB")
        def test_clause(mock_coordinator): ...

        @pytest.mark.mock_coordinator(faults=["clsoe"])
        def test_fault(mock_coordinator): ...

        @pytest.mark.mock_coordinator(worker_seconds="7")
        def test_type(mock_coordinator): ...

        @pytest.mark.mock_coordinator(port=70000)
        def test_port(mock_coordinator): ...

        def test_nothing_is_left_open_behind_them():
            gc.collect()
    """
    result = run(source)
    result.assert_outcomes(errors=6, passed=1)
    assert ".py:" not in result.stdout.str().split("= ERRORS")[1].split("short test summary")[0]
    result.stdout.no_fnmatch_line("*During handling*")
    result.stdout.fnmatch_lines_random(
        [
            "*no option settle_second; did you mean settle_seconds?*",
            "*the options of @pytest.mark.mock_coordinator have names: ('W-HBT',)*",
            "*there is no clause W-HTB; did you mean *",
            "mock_coordinator: fault clsoe: no fault is called clsoe; did you mean close?",
            "mock_coordinator: worker_seconds cannot be 7: Expected `float`, got `str`",
            "mock_coordinator: cannot listen on 127.0.0.1 port 70000: *65535*",
        ]
    )


def test_a_failed_call_shows_the_test_s_line_and_what_happened(run: Run) -> None:
    source = """
        import pytest

        def test_blocking(mock_coordinator):
            mock_coordinator.run("classify", "good", timeout=0.01)

        @pytest.mark.asyncio
        async def test_awaited(mock_coordinator):
            await mock_coordinator.aio.run("classify", "good", timeout=0.01)

        def test_reading(mock_coordinator):
            mock_coordinator.stop()
            mock_coordinator.jobs
    """
    result = run(source, asyncio=True)
    result.assert_outcomes(failed=3)
    text = result.stdout.str().split("short test summary")[0]
    assert text.count("NotInTime: job ") == 2
    assert text.count("the coordinator does not run") == 1
    places = [line for line in text.splitlines() if ".py:" in line]
    assert [place.partition(":")[0] for place in places] == ["test_it.py"] * 3, "no frames of the plugin's"


def test_a_test_case_that_fails_by_itself_tells_of_broken_clauses_too(run: Run) -> None:
    source = """
        import unittest
        import pytest
        from websockets.sync.client import connect

        class Case(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _coordinator(self, mock_coordinator):
                self.url = mock_coordinator.ws_url

            def test_it(self):
                with connect(self.url) as socket:
                    socket.send("nonsense")
                    socket.recv(10)
                self.assertEqual(1, 2)
    """
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: 1 != 2", "*dispatch clauses*", "W-FRM-2 (MUST) *"])


def test_a_run_without_it_imports_nothing_of_it(run: Run) -> None:
    source = """
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.startswith("dispatch_")}
            assert ours == {"dispatch_mockcoord", "dispatch_mockcoord.plugin"}
            assert not {"uvicorn", "msgspec", "websockets"} & set(sys.modules)
    """
    run(source).assert_outcomes(passed=1)


def test_the_programs_do_not_import_pytest() -> None:
    code = (
        "import sys, dispatch_mockcoord.testing, dispatch_mockcoord.cli; assert 'pytest' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
