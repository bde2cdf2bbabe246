// Writes the golden transcripts beside it, from the specification and with nothing of this project's code:
// node's own JSON.stringify, SHA-256 and ed25519. `node write.mjs` writes them again, byte for byte.
//
// Every line may have a `note`, by which the tests find it. The key pair is that of the seed 01 02 … 20 (hex),
// the stranger's that of 32 bytes ff: test keys, never to be used for anything else.

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { writeFileSync } from "node:fs";

const EPOCH = Date.UTC(2026, 10, 22, 6, 0, 0);
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const keyPair = (seed) => {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const secret = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32);
  return { secret, hex: publicKey.toString("hex") };
};
const me = keyPair(Buffer.from(Array.from({ length: 32 }, (_, i) => i + 1)));
const stranger = keyPair(Buffer.alloc(32, 0xff));

const hash = (value) => createHash("sha256").update(JSON.stringify(value), "utf8").digest("hex");
const iso = (t) => new Date(EPOCH + t * 1000).toISOString();
const signed = (receipt, pair = me) => sign(null, Buffer.from(JSON.stringify(receipt), "utf8"), pair.secret);
const receiptOf = (job_id, output, t) => ({
  job_id,
  provider_pubkey: me.hex,
  output_hash: hash(output),
  completed_at: iso(t),
  payment_ref: null,
});
const complete = (job_id, output, receipt, signature = signed(receipt).toString("base64")) => ({
  type: "job_complete",
  job_id,
  output,
  output_hash: hash(output),
  receipt,
  receipt_signature: signature,
});

const IDS = {
  summarize: "6f1c0d5e-8a51-4c5b-9d0a-000000000001",
  faulty: "6f1c0d5e-8a51-4c5b-9d0a-000000000002",
  infer: "6f1c0d5e-8a51-4c5b-9d0a-000000000003",
  classify: "6f1c0d5e-8a51-4c5b-9d0a-000000000004",
};
const USER = "user_abc123";
const WORKER_ID = "0b9c7a52-3a6e-4c59-8a43-1f2e3d4c5b6a";

const open = (t, note, connection = 1) => ({ t, event: "open", connection, note });
const close = (t, note, code, by, connection = 1) => ({ t, event: "close", connection, code, by, note });
const frame = (t, from, note, text, connection = 1) => ({
  t,
  event: "frame",
  connection,
  from,
  text: typeof text === "string" ? text : JSON.stringify(text),
  note,
});
const worker = (t, note, text, connection) => frame(t, "worker", note, text, connection);
const coordinator = (t, note, text, connection) => frame(t, "coordinator", note, text, connection);
const http = (t, note, from, method, path, status, response, request) => ({
  t,
  event: "http",
  from,
  method,
  path,
  status,
  ...(request === undefined ? {} : { request: JSON.stringify(request), request_type: "application/json" }),
  response: JSON.stringify(response),
  content_type: "application/json; charset=utf-8",
  note,
});
const client = (t, note, ...rest) => http(t, note, "client", ...rest);

const register = { type: "register", provider_pubkey: me.hex, provider_type: "DESKTOP", capabilities: ["LLM_INFER", "TASK"] };
const ack = { type: "register_ack", status: "ok", worker_id: WORKER_ID };
const beat = (t, connection) => [
  worker(t, `beat ${Math.floor(t)}`, { type: "heartbeat", provider_pubkey: me.hex }, connection),
  coordinator(t + 0.01, `beat ack ${Math.floor(t)}`, { type: "heartbeat_ack", status: "ok" }, connection),
];
const assign = (job_id, job_type, payload, policy) => ({
  type: "job_assign",
  job_id,
  job_type,
  payload,
  policy,
  privacy_class: "PUBLIC",
  user_id: USER,
});
const commit = (t, note, job_id, job_type, payload, tier) =>
  client(t, note, "POST", `/v1/jobs/commit/${tier}`, 201, { job_id }, { job_type, user_id: USER, payload });
const view = (t, note, job_id, status, result, receipt, signature, completed) =>
  client(t, note, "GET", `/v1/jobs/${job_id}`, 200, {
    id: job_id,
    status,
    result,
    receipt: receipt && { ...receipt, signature, verified: true },
    created_at: iso(t),
    completed_at: completed ? iso(t) : null,
  });

// ---------------------------------------------------------------------------------------------- a conforming session

const summary = { summary: "Dispatch computes.", word_count: 2 };
const mood = { sentiment: "positive", confidence: 0.5 };
const text = { text: "Echo: Explain HTTP 402.", model: "llama3.2" };
const payloads = {
  summarize: { job_type: "TASK", task_type: "summarize", input: "Dispatch computes." },
  faulty: { task_type: "nonsense", input: "x" },
  infer: { prompt: "Explain HTTP 402.", max_tokens: 64 },
  classify: { task_type: "classify", input: "good" },
};
const summaryReceipt = receiptOf(IDS.summarize, summary, 12.1);
const textReceipt = receiptOf(IDS.infer, text, 50.0);
const moodReceipt = receiptOf(IDS.classify, mood, 60.1);
const base64 = (receipt) => signed(receipt).toString("base64");

const session = [
  client(0.1, "health", "GET", "/v1/health", 200, {
    status: "ok",
    workers_online: 0,
    network: "eip155:10143",
    timestamp: iso(0.1),
  }),
  client(0.2, "quote", "GET", "/v1/quote?job_type=TASK&policy=AUTO", 200, {
    price: "$0.001",
    endpoint: "/v1/jobs/commit/cheap",
    policy_resolved: "CHEAP",
    network: "eip155:10143",
    expires_at: null,
  }),
  client(0.3, "bad quote", "GET", "/v1/quote?job_type=NOPE", 400, { error: "Invalid job_type. Use LLM_INFER or TASK" }),
  client(0.4, "bad policy", "GET", "/v1/quote?job_type=TASK&policy=DEAR", 400, { error: "Invalid policy" }),
  client(0.5, "create code", "POST", "/v1/trust/create", 201, { pairing_code: "A3F2B1", expires_at: iso(3600.5) }, { user_id: USER }),
  client(0.6, "create nothing", "POST", "/v1/trust/create", 400, { error: "Missing user_id" }, {}),
  open(1.0, "open"),
  worker(1.01, "register", register),
  coordinator(1.02, "ack", ack),
  http(1.1, "claim", "worker", "POST", "/v1/trust/claim", 200, { user_id: USER, paired_at: iso(1.1) }, { pairing_code: "A3F2B1", provider_pubkey: me.hex }),
  client(1.2, "claim again", "POST", "/v1/trust/claim", 400, { error: "already_claimed" }, { pairing_code: "A3F2B1", provider_pubkey: "00" }),
  client(1.3, "claim unknown", "POST", "/v1/trust/claim", 400, { error: "invalid_code" }, { pairing_code: "ZZZZZZ", provider_pubkey: "00" }),
  client(1.4, "claim nothing", "POST", "/v1/trust/claim", 400, { error: "Missing pairing_code or provider_pubkey" }, {}),
  client(1.5, "list", "GET", `/v1/trust/list?user_id=${USER}`, 200, { providers: [{ provider_pubkey: me.hex, paired_at: iso(1.1) }] }),
  client(1.6, "list nothing", "GET", "/v1/trust/list", 400, { error: "Missing user_id query param" }),
  client(1.7, "bad commit", "POST", "/v1/jobs/commit/fast", 400, { error: "Missing required fields: job_type, payload, user_id" }, { job_type: "TASK" }),
  client(1.8, "bad type", "POST", "/v1/jobs/commit/fast", 400, { error: "Invalid job_type" }, { job_type: "X", payload: { a: 1 }, user_id: "u" }),
  client(1.9, "bad privacy", "POST", "/v1/jobs/commit/fast", 400, { error: "Invalid privacy_class" }, { job_type: "TASK", payload: { a: 1 }, user_id: "u", privacy_class: "private" }),
  client(2.0, "bad payload", "POST", "/v1/jobs/commit/fast", 400, { error: "Invalid payload" }, { job_type: "TASK", payload: [1], user_id: "u" }),
  client(2.1, "untrusted", "POST", "/v1/jobs/commit/cheap", 422, { error: "no_trusted_worker", job_id: "6f1c0d5e-8a51-4c5b-9d0a-000000000009" }, { job_type: "TASK", payload: { a: 1 }, user_id: "stranger", privacy_class: "PRIVATE" }),
  client(2.2, "unknown job", "GET", "/v1/jobs/nope", 404, { error: "Job not found" }),
  client(2.3, "demo start", "POST", "/v1/demo/start", 200, { status: "started" }),
  client(2.4, "demo stop", "POST", "/v1/demo/stop", 200, { status: "stopped" }),
  client(2.5, "demo status", "GET", "/v1/demo/status", 200, { active: false }),
  { ...client(2.6, "dashboard", "GET", "/dashboard", 200, ""), response: "<!doctype html>", content_type: "text/html" },
  { ...client(2.7, "head", "HEAD", "/v1/health", 200, ""), response: "" },
  { ...client(2.8, "options", "OPTIONS", "/v1/jobs/commit/fast/", 200, ""), response: "" },
  { ...client(2.9, "undeclared", "POST", "/v1/jobs/commit/fast", 400, { error: "Missing required fields: job_type, payload, user_id" }, { job_type: "TASK", payload: { a: 1 }, user_id: "u" }), request_type: "text/plain" },
  ...beat(11.02),
  coordinator(12.0, "assign summarize", assign(IDS.summarize, "TASK", payloads.summarize, "CHEAP")),
  commit(12.01, "commit summarize", IDS.summarize, "TASK", payloads.summarize, "cheap"),
  worker(12.1, "answer summarize", complete(IDS.summarize, summary, summaryReceipt)),
  view(12.5, "view summarize", IDS.summarize, "completed", summary, summaryReceipt, base64(summaryReceipt), true),
  view(12.6, "view summarize again", IDS.summarize, "completed", summary, summaryReceipt, base64(summaryReceipt), true),
  ...beat(21.02),
  coordinator(22.0, "assign faulty", assign(IDS.faulty, "TASK", payloads.faulty, "CHEAP")),
  commit(22.01, "commit faulty", IDS.faulty, "TASK", payloads.faulty, "cheap"),
  worker(22.1, "answer faulty", { type: "job_reject", job_id: IDS.faulty, reason: "unknown task type" }),
  view(22.5, "view faulty", IDS.faulty, "failed", { error: "no_eligible_worker" }, null, null, false),
  coordinator(30.0, "assign infer", assign(IDS.infer, "LLM_INFER", payloads.infer, "FAST")),
  commit(30.01, "commit infer", IDS.infer, "LLM_INFER", payloads.infer, "fast"),
  ...beat(31.02),
  view(32.0, "view running", IDS.infer, "assigned", null, null, null, false),
  ...beat(41.02),
  worker(50.0, "answer infer", complete(IDS.infer, text, textReceipt)),
  ...beat(51.02),
  coordinator(52.0, "paid", { type: "payment_posted", job_ids: [IDS.summarize], tx_hash: "0xabc", amount: "0.01", token: "BOLT", network: "monad-testnet", explorer_url: "https://example.org/tx" }),
  coordinator(52.1, "unpaid", { type: "payment_failed", job_ids: [IDS.infer], error: "no funds" }),
  coordinator(52.2, "praised", { type: "feedback_posted", job_id: IDS.infer, tx_hash: "0xdef", network: "monad-testnet", explorer_url: "https://example.org/tx" }),
  coordinator(52.3, "unpraised", { type: "feedback_failed", job_id: IDS.infer, error: "no gas" }),
  coordinator(60.0, "assign classify", assign(IDS.classify, "TASK", payloads.classify, "CHEAP")),
  commit(60.01, "commit classify", IDS.classify, "TASK", payloads.classify, "cheap"),
  worker(60.1, "answer classify", { ...complete(IDS.classify, mood, null), receipt: undefined, receipt_signature: undefined }),
  worker(60.2, "submit classify", { type: "receipt_submit", receipt: moodReceipt, signature: base64(moodReceipt) }),
  view(60.5, "view classify", IDS.classify, "completed", mood, moodReceipt, base64(moodReceipt), true),
  ...beat(61.02),
  ...beat(71.02),
  close(76.0, "close", 1000, "worker"),
];

// ------------------------------------------------- a worker that errs on the wire, a coordinator that answers it rightly

const FIRST = "6f1c0d5e-8a51-4c5b-9d0a-000000000011";
const errors = [
  open(1.0, "open"),
  worker(1.1, "too early", { type: "heartbeat", provider_pubkey: me.hex }),
  coordinator(1.11, "not registered", { type: "error", code: "NOT_REGISTERED", message: "Register first" }),
  worker(1.2, "bad register", { type: "register", provider_pubkey: "xyz", provider_type: "DESKTOP", capabilities: ["TASK"] }),
  coordinator(1.21, "refused", { type: "register_ack", status: "error", error: "bad key" }),
  worker(1.3, "small order", { ...register, provider_pubkey: "01" + "00".repeat(31) }),
  coordinator(1.31, "refused small order", { type: "register_ack", status: "error", error: "small order" }),
  worker(1.4, "register", register),
  coordinator(1.41, "ack", ack),
  worker(2.0, "no json", "{"),
  coordinator(2.01, "parse error", { type: "error", code: "PARSE_ERROR", message: "Invalid JSON" }),
  worker(2.1, "no object", "null"),
  coordinator(2.11, "invalid object", { type: "error", code: "INVALID_MSG", message: "no object" }),
  worker(2.2, "no type", {}),
  coordinator(2.21, "invalid type", { type: "error", code: "INVALID_MSG", message: "no type" }),
  worker(2.3, "unknown type", { type: "hello" }),
  coordinator(2.31, "unknown", { type: "error", code: "UNKNOWN_MSG", message: "Unknown type: hello" }),
  worker(2.4, "bad metrics", { type: "heartbeat", provider_pubkey: me.hex, metrics: { cpu_pct: "12" } }),
  coordinator(2.41, "invalid metrics", { type: "error", code: "INVALID_MSG", message: "metrics" }),
  worker(2.5, "other key", { type: "heartbeat", provider_pubkey: stranger.hex }),
  coordinator(2.51, "invalid key", { type: "error", code: "INVALID_MSG", message: "another key" }),
  worker(2.6, "unasked", { type: "job_reject", job_id: FIRST, reason: "unasked" }),
  coordinator(2.61, "not assigned", { type: "error", code: "JOB_NOT_ASSIGNED", message: "not yours" }),
  { t: 2.7, event: "frame", connection: 1, from: "worker", opcode: "binary", base64: Buffer.from("{}").toString("base64"), note: "binary" },
  coordinator(2.71, "invalid binary", { type: "error", code: "INVALID_MSG", message: "binary" }),
  worker(3.0, "register again", register),
  coordinator(3.01, "ack again", ack),
  open(5.0, "second open", 2),
  worker(5.1, "second register", { ...register, provider_pubkey: me.hex.toUpperCase() }, 2),
  close(5.11, "replaced", 4001, "coordinator"),
  coordinator(5.12, "second ack", { ...ack, worker_id: "0b9c7a52-3a6e-4c59-8a43-1f2e3d4c5b6b" }, 2),
  ...beat(15.12, 2),
  close(52.0, "dropped", 1005, "coordinator", 2),
];

// -------------------------------------------------------------------- job_complete frames with one fault each, signed

const variants = {};
const variant = (name, receipt, { signature, output = summary, ...changes } = {}) => {
  const text = signature ?? signed(receipt).toString("base64");
  variants[name] = JSON.stringify({ ...complete(IDS.summarize, output, receipt, text), ...changes });
};
const wrongHash = createHash("sha256").update(JSON.stringify(summary, null, 1)).digest("hex");
const { payment_ref, ...withoutReference } = summaryReceipt;
const { completed_at, ...withoutTime } = summaryReceipt;
const reordered = Object.fromEntries(Object.entries(summaryReceipt).reverse());
const good = signed(summaryReceipt);
const s = BigInt("0x" + Buffer.from(good.subarray(32)).reverse().toString("hex")) + ORDER;
const malleated = Buffer.concat([good.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse()]);
const smallR = Buffer.concat([Buffer.from("01" + "00".repeat(31), "hex"), good.subarray(32)]);
const stray = good.toString("base64").replace(/(.)==$/, (_, last) => {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return digits[digits.indexOf(last) + 1] + "==";
});

variant("W-CAN-1", summaryReceipt, { output_hash: hash(summary).toUpperCase() });
variant("W-CAN-2", { ...summaryReceipt, output_hash: wrongHash }, { output_hash: wrongHash });
variant("W-RCP-1", summaryReceipt, { receipt: undefined, receipt_signature: undefined });
variant("W-RCP-1 list", [summaryReceipt]);
variant("W-RCP-2", { ...summaryReceipt, job_id: IDS.infer });
variant("W-RCP-3", { ...summaryReceipt, provider_pubkey: stranger.hex });
variant("W-RCP-4", { ...summaryReceipt, output_hash: wrongHash });
variant("W-RCP-5", { ...summaryReceipt, completed_at: "2026-11-22T06:00:12Z" });
variant("W-RCP-5 offset", { ...summaryReceipt, completed_at: "2026-11-22T06:00:12.100+00:00" });
variant("W-RCP-6", withoutReference);
variant("W-RCP-6 number", { ...summaryReceipt, payment_ref: 7 });
variant("W-RCP-7", reordered);
variant("W-RCP-8", { ...summaryReceipt, version: 1 });
variant("W-RCP-9", { ...summaryReceipt, completed_at: EPOCH + 12100 });
variant("W-RCP-9 date", { ...summaryReceipt, completed_at: "2026-11-22" });
variant("W-RCP-9 missing", withoutTime);
variant("W-RCP-10", { ...summaryReceipt, completed_at: "2026-11-22T08:00:12.100+02:00" });
variant("W-RCP-10 no zone", { ...summaryReceipt, completed_at: "2026-11-22 06:00:12" });
variant("W-RCP-11", { ...summaryReceipt, completed_at: iso(12.1 - 301) });
variant("W-RCP-11 zone", { ...summaryReceipt, completed_at: iso(12.1 + 7200) });
variant("W-RCP-12", { ...summaryReceipt, verified: true });
variant("W-SIG-1", summaryReceipt, { signature: good.toString("base64").replace(/=+$/, "") });
variant("W-SIG-1 hex", summaryReceipt, { signature: good.toString("hex") });
variant("W-SIG-1 none", summaryReceipt, { receipt_signature: undefined });
variant("W-SIG-2", summaryReceipt, { signature: signed(summaryReceipt, stranger).toString("base64") });
variant("W-SIG-2 sorted", summaryReceipt, { signature: signed(Object.fromEntries(Object.entries(summaryReceipt).sort())).toString("base64") });
variant("W-SIG-3", summaryReceipt, { signature: stray });
variant("W-SIG-4", summaryReceipt, { signature: malleated.toString("base64") });
variant("W-SIG-5", summaryReceipt, { signature: smallR.toString("base64") });
variants["W-BAD-10"] = JSON.stringify(complete(IDS.faulty, summary, receiptOf(IDS.faulty, summary, 22.1)));
const apology = { error: "Unknown task_type: nonsense" };
variants["legal error output"] = JSON.stringify(complete(IDS.faulty, apology, receiptOf(IDS.faulty, apology, 22.1)));
variants["legal extra members"] = JSON.stringify({ ...complete(IDS.summarize, summary, summaryReceipt), took_ms: 3 });

const header = { format: "dispatch-recording", version: 1, subject: "golden", peer: "golden", recorded: "2026-11-22" };
const write = (name, events) =>
  writeFileSync(new URL(`${name}.jsonl`, import.meta.url), [header, ...events].map((line) => JSON.stringify(line) + "\n").join(""));
write("session", session);
write("errors", errors);
writeFileSync(
  new URL("variants.jsonl", import.meta.url),
  Object.entries(variants).map(([name, text]) => JSON.stringify({ name, text }) + "\n").join(""),
);
