// Requests to the coordinator, and asking again for what has changed, but not more often than is bearable.

/** What went wrong with a request, in words for the reader. */
export class Failure extends Error {}

/** The answer to a request, as a value. Raises Failure where there is none, or one of 400 or more. */
export async function ask(path, { method = "GET", body, signal } = {}) {
  const options = { method, signal, cache: "no-store", credentials: "same-origin", redirect: "error" };
  if (method !== "GET") {
    options.headers = { "content-type": "application/json" };
    if (body !== undefined) options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Failure("The coordinator does not answer.");
  }
  let value = null;
  try {
    value = await answer.json();
  } catch {
    throw new Failure(`The answer is no JSON (${answer.status}).`);
  }
  if (answer.ok) return value;
  const failure = new Failure(
    `${answer.status}: ${value?.error ?? "refused"}${value?.place ? ` (at ${value.place})` : ""}`,
  );
  failure.value = value;
  throw failure;
}

/** Something that is asked for anew when it may have changed: at once, then not again for `pause` ms. */
export class Fresh {
  constructor(path, pause, apply) {
    Object.assign(this, { path, pause, apply, isStale: false, isBusy: false });
  }

  /** It may have changed. */
  stale() {
    this.isStale = true;
    if (!this.isBusy) this.fetch();
  }

  async fetch() {
    this.isBusy = true;
    this.isStale = false;
    try {
      this.apply(await ask(this.path));
    } catch {
      // The standing in the page's head says whether the coordinator is there; it is asked again with the next change.
    }
    setTimeout(() => {
      this.isBusy = false;
      if (this.isStale) this.fetch();
    }, this.pause);
  }
}

/** Run what a button asks for; its outcome, or what went wrong, is told in `note`. An action without words tells itself. */
export async function attempt(note, action) {
  try {
    const told = await action();
    note.classList.remove("bad");
    if (told !== undefined) note.textContent = told;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note.classList.add("bad");
    note.textContent = error.message;
  }
}
