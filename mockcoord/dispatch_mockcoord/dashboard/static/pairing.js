// Pairing codes: made for a user, claimed for a worker's key, as a client and a worker would.
import { ask, attempt, Fresh } from "./api.js";
import { element, one, short } from "./text.js";

const SHOWN = 20;
const KNOWN = 50;
const TONES = { open: "busy", claimed: "good", expired: "soft" };

export class Pairing {
  constructor(app) {
    this.app = app;
    this.claim = one("pairing-claim");
    const note = one("pairing-note");
    this.fresh = new Fresh("/_mock/pairings", 1000, (told) => this.take(told));
    one("pairing-make").addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(note, () => this.make(event.target.elements.user.value));
    });
    this.claim.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(note, () => this.pair());
    });
    this.claim.elements.key.addEventListener("focus", () => this.offer());
  }

  draw() {
    this.fresh.stale();
  }

  async make(user) {
    const made = await ask("/v1/trust/create", { method: "POST", body: { user_id: user } });
    this.claim.elements.code.value = made.pairing_code;
    return `Code ${made.pairing_code}, good until ${made.expires_at}.`;
  }

  async pair() {
    const { code, key } = this.claim.elements;
    const body = { pairing_code: code.value, provider_pubkey: key.value };
    await ask("/v1/trust/claim", { method: "POST", body });
    code.value = "";
    return "Paired: the worker gets this user’s PRIVATE jobs.";
  }

  /** Have this key stand in the form. */
  choose(key) {
    this.claim.elements.key.value = key;
    one("pairing").scrollIntoView({ block: "nearest" });
    (this.claim.elements.code.value ? this.claim.querySelector("button") : one("pairing-make").querySelector("button")).focus();
  }

  offer() {
    const workers = [...this.app.model.workers.values()].slice(0, KNOWN);
    one("keys-known").replaceChildren(...workers.map(({ pubkey }) => element("option", { value: pubkey })));
  }

  take({ pairings, total }) {
    const rows = pairings.slice(0, SHOWN).map(({ code, user_id: user, state, pubkey }) =>
      element(
        "li",
        {},
        element("code", { text: code }),
        element("span", {}, element("span", { text: short(user, 60) }), pubkey ? element("code", { class: "soft", text: ` ${short(pubkey)}` }) : null),
        element("span", { text: state, "data-tone": TONES[state] ?? "soft" }),
      ),
    );
    if (total > rows.length) rows.push(element("li", { class: "note", text: `and ${total - rows.length} more` }));
    one("pairing-list").replaceChildren(...rows);
  }
}
