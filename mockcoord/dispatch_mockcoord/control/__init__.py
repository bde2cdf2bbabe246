"""The control face: what the coordinator does, to be seen and changed over HTTP, under `/_mock/`.

`Control` is the layer. It stands around the whole application, so that neither faults nor the transcript know
its requests. Every answer is JSON; one of 400 or more is `{"error": text}`, with `"place"` (a JSON path, or
`?name` of the query) where a part of the request is at fault. Times are ISO 8601, `t` seconds of the
transcript.

Reading (GET):

* `state` → `{name, version, protocol, run, network, chain, started_at, now, uptime_seconds, workers:
  {registered, connections, known}, jobs: {pending, assigned, completed, failed}, receipts: {total, verified},
  pairings, violations: {watching, total, clauses: {id: n}}, transcript: {events, omitted}, streams, faults:
  {seed, variety, active, injected}, clock: {virtual, ahead}, demo: {active}}`. `run` changes with every start
  and reset.
* `jobs?limit=50&before=&status=&text=` → `{jobs: [JOB], next}`, newest first; `next` goes into `before` for
  the following page, null at the end. A page may hold fewer than `limit`, for so many jobs are looked at and
  no more. JOB: `{id, job_type, task_type, policy, privacy_class, user_id, status, error, worker, rejected_by,
  has_receipt, verified, demo, created_at, completed_at}`; a long `user_id` is cut.
* `jobs/{id}` → JOB and `{payload, output, output_hash, result, receipt: null | {value, text, signature,
  verified, checks: [CHECK], form: [CHECK]}}`; CHECK: `{name, clause, passed, detail}`.
* `workers?limit=500&after=` → `{workers: [WORKER], connections, next}`; WORKER: `{connection, worker_id,
  pubkey, provider_type, capabilities, state: settling|idle|busy, job_id, heartbeat_age}`, by connection.
* `pairings` → `{pairings: [PAIRING], total}`, newest first; PAIRING: `{code, user_id, state:
  open|claimed|expired, expires_at, pubkey, paired_at}`.
* `violations` → `{watching, total, clauses: [{clause, level, role, text, mend, count}], latest:
  [VIOLATION]}`, newest first; VIOLATION: `{clause, level, t, connection, worker, message, place, expected,
  actual, index, frame}`.
* `faults` → `{seed, variety, active: [FAULT], counts: {name: n}, injected: [{t, name, connection, detail}],
  catalogue: [{name, stage, does, peer, clauses, message, options: [OPTION], aims: [OPTION]}]}`; FAULT:
  `{name, options, spelled}`; OPTION: `{name, default, meaning, allowed, choices}`.
* `transcript` → a recording to download (JSON Lines): the newest events, header first.
* `transcript/{index}` → one event, exactly, as a line of a recording has it.
* `events?since=&kinds=` → server-sent events, see below.

Changing (`content-type: application/json`; unknown members are refused):

* `POST workers/{connection}/frames` `{text}`, `{base64}` (a binary frame) or `{close: code|null, reason?}` →
  200 `{sent: true}`; marked in the transcript as done by hand, which excuses what follows from it.
* `POST faults` `{fault: "close:code=1012"}` or `{name, options?}` → 201 FAULT; `DELETE faults`, `DELETE
  faults/{name}` → 200 `{active: [FAULT]}`.
* `POST clock` `{seconds}` → `{ahead}`; 409 where the clock is real.
* `POST notices` `{message: {type: payment_posted | …}, connection?}` → `{sent: n}`; without a connection, to
  all.
* `POST reset` `{}` → 200 `{reset: true}`: as if just started, at the same address; 409 where nobody can start
  anew.

Events: each has an id `RUN-NUMBER`, which `?since=` or `Last-Event-ID` takes up again; `since=0` begins with
the oldest event that is kept. Without either, a stream begins with what happens next. The kind is the SSE
`event`:

* `hello` `{run, number, restarted}` first: `restarted` where the id asked for is of another run; `missed`
  `{count}` where so many events are gone that should have come.
* `job` JOB (where no stream was open as it changed: as it stands when that is read); `worker` `{what:
  joined|left, why, …WORKER}`; `pairing` PAIRING; `violation` VIOLATION.
* `frame` `{index, t, connection, from, opcode, text | base64, length, cut, fragments}`; `connection` `{index,
  t, what: open|close, connection, path | code, by, reason}`; `http` `{index, t, from, method, path, status,
  request, response, length, cut}`; `fault` `{index, t, name, connection, exchange, detail, legal}`; `clock`
  `{index, t, seconds}`.

Texts of more than 4,000 characters are cut (`cut`); `transcript/{index}` has them whole.

Who may: only requests that name this server as their `Host` and come from no other origin. Where a token is
required, it stands in `Authorization: Bearer`, or in the cookie that `/dashboard?token=…` sets.
"""

from dispatch_mockcoord.control.layer import Control

__all__ = ["Control"]
