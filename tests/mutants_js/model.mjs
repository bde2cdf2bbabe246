/** LLM_INFER through Ollama's HTTP interface. Each step is a method, and may be overridden. */

import { post } from "./http.mjs";

/** How a worker gets its text. */
export class Model {
  /** @param {import("./settings.mjs").Settings} settings */
  constructor(settings) {
    this.settings = settings;
  }

  /**
   * The output of an LLM_INFER job. Rejects where no model answered.
   *
   * @param {string} prompt
   * @param {number} limit of generated tokens
   */
  async infer(prompt, limit) {
    return this.output(this.reply(await this.ask(this.question(prompt, limit))));
  }

  async ask(question) {
    return post(`${this.settings.ollama}/api/generate`, JSON.stringify(question), { seconds: 50 });
  }

  question(prompt, limit) {
    return { model: this.settings.model, prompt, stream: false, options: { num_predict: limit } };
  }

  /** The members of the model's reply. Throws where it is none. */
  reply({ status, text }) {
    if (status !== 200) throw new Error(`the model server answered with status ${status}`);
    const reply = JSON.parse(text);
    if (typeof reply?.response !== "string" || "error" in reply)
      throw new Error("the model gave no response");
    return reply;
  }

  output(reply) {
    return { text: reply.response, model: reply.model ?? this.settings.model };
  }
}
