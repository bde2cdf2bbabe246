"""The conformance suite: runs a worker program against the clauses of the Dispatch worker protocol.

How it fits together, from the wire up:

* `http11`, `outgoing`, `link`, `wire`: the suite's own server, every byte in its hand; `transcript` keeps
  what passes.
* `conduct`, `jobs`, `rest`, `stage`: the scripted coordinator of one scenario; `ollama` stands in for Ollama;
  `embedded` runs the real mock coordinator instead.
* `outfit`, `launch`, `output`, `processes`, `lifeline`: the worker under test and everything it starts.
* `checks`, `verdicts`, `passive`, `unobserved`, `missing`: what is observed of a clause, the rules over every
  transcript, and what is said where nothing could be observed.
* `scenario`, `context`, `scenarios/`, `fuzz`, `replay`, `reference`: courses of events; `catalogue` lists
  them, `selection` takes what a run asks for, `estimate` says how long that takes.
* `settings`, `engine`, `clock`, `execution`: runs them side by side. `report/`: says what came of it, and
  with `diagnose/` what the worker's author probably did.
* `baseline`, `baselines/`: which failures are accepted, and their files. `repeating`: failures run again.
* `cli`, `commands/`: the command line, a module for each action.
* `cases`, `replayed`, `rerun`: one failure kept, and run again. `explain/`: a clause, and a worker that
  breaks it.

Writing a scenario (a module under `scenarios/` with Scenario objects at its top level is found by itself):

    from dispatch_conformance.scenario import Context, scenario
    from dispatch_conformance.scenarios.probe import probe

    @scenario("robustness.null", {"null": "W-ROB-3"})
    async def null(context: Context) -> None:
        '''A frame that holds null does not end the worker.'''
        session = await context.worker()             # started, registered; raises Missing otherwise
        sent = context.stage.transcript.mark(session.link.send("null"))
        probing = await probe(context.stage, session)   # one more job
        context.check("null").expect(
            probing.works, "ends or falls silent after a frame that holds null",
            expected="the next job is answered", actual=probing.instead, evidence=sent,
        )

The rest in short; each name's docstring says more:

* `context.worker(pairing_code=…, variables={…}, key_path=…, ollama_url=…)` starts and waits; with
  `context.start(…)` it is only started (a WorkerProcess: `.signal`, `.wait`, `.running`, `.ending()`,
  `.output`). More coordinators, for more workers: `context.new_stage()`. `context.key_path` is the first key
  file, `context.folder` a fresh folder, `context.ollama` the stand-in (`.mood = ollama.FAILING`,
  `.generations`, `.refuse()`).
* `context.stage`: `registered(after=…)`, `ready()`, `run(type, payload)`, `assign(…)` then `.answer()` and
  `.receipt()`, `prepare(…)`/`send(…)`, `until(lambda: …, seconds)`, `.sessions`, `.claims`,
  `.transcript.now`, `.conduct` (set it before the worker starts: `acks`, `ack_delay`, `with_acks`, `claim`,
  …), `.wire.refusal`, `.wire.stop_listening()`.
* `session.link`: `send(text or bytes, opcode=…)`, `send_fragments`, `ping` (answers in `pongs`), `raw`,
  `together()`, `close(code)`, `drop()`, `abort()`, `mute()` (half-open); `.closed` tells how it ended.
* `context.check(name)`: `passed`, `failed`, `expect`, `equal`, `inconclusive`, `not_testable`; pass
  `since=time.monotonic()` of the moment from which only time can have failed it.
* Every transcript is judged by the passive rules as well (checks `transcript.<clause>`): a scenario need not
  repeat what frames alone show. If it provokes a breach itself, it names the clause in `blind`.
* Raise or let pass `missing.Missing` where a prerequisite is missing; never judge what was not seen.
"""
