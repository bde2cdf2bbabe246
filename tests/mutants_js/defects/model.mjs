/** Defects of LLM_INFER: W-LLM. */

import { defect } from "../defect.mjs";
import { Jobs } from "../jobs.mjs";
import { Model } from "../model.mjs";

class LimitIgnored extends Jobs {
  limit() {
    return 256;
  }
}

class PromptTrimmed extends Model {
  question(prompt, limit) {
    return super.question(prompt.trim(), limit);
  }
}

class TextTrimmed extends Model {
  output(reply) {
    const output = super.output(reply);
    return { ...output, text: output.text.trim() };
  }
}

class CannedText extends Model {
  async infer(prompt, limit) {
    try {
      return await super.infer(prompt, limit);
    } catch {
      return { text: `You said: ${prompt}`, model: "stub-v1", stub: true };
    }
  }
}

class AnswerUnchecked extends Model {
  reply({ text }) {
    return JSON.parse(text);
  }

  output(reply) {
    return { text: reply.response, model: reply.model };
  }
}

class ModelHardWired extends Model {
  question(prompt, limit) {
    return { ...super.question(prompt, limit), model: "mistral" };
  }
}

export default [
  defect("limit-ignored", "W-LLM-3", [], "asks for 256 tokens whatever max_tokens says", {
    Jobs: LimitIgnored,
  }),
  defect("prompt-trimmed", "W-LLM-2", ["W-LLM-1", "W-LLM-5"], "trims the prompt", { Model: PromptTrimmed }),
  defect("text-trimmed", "W-LLM-5", [], "trims the model's text", { Model: TextTrimmed }),
  defect(
    "canned-text",
    "W-LLM-8",
    ["W-LLM-9", "W-LLM-10", "W-LLM-11"],
    "completes with a canned text when the model does not answer",
    { Model: CannedText },
  ),
  defect("answer-unchecked", "W-LLM-10", ["W-LLM-9"], "looks neither at the status nor for an error", {
    Model: AnswerUnchecked,
  }),
  defect("model-hard-wired", "W-LLM-7", [], "asks for mistral whatever OLLAMA_MODEL says", {
    Model: ModelHardWired,
  }),
];
