/** The three tasks. Each step is a method, and may be overridden. */

const POSITIVE = ["good", "great", "excellent", "amazing", "love", "happy", "best", "wonderful", "fantastic"];
const NEGATIVE = ["bad", "terrible", "awful", "hate", "worst", "horrible", "poor", "disappointing", "sad"];
const BRACES = /\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g;

/** What a TASK job computes. */
export class Tasks {
  /**
   * The output of a task; null for a task that is not known.
   *
   * @param {string} taskType
   * @param {string} text
   */
  compute(taskType, text) {
    switch (taskType) {
      case "summarize":
        return this.summarize(text);
      case "classify":
        return this.classify(text);
      case "extract_json":
        return this.extractJson(text);
      default:
        return null;
    }
  }

  summarize(text) {
    return { summary: this.summary(text), word_count: this.wordCount(text) };
  }

  summary(text) {
    return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
  }

  wordCount(text) {
    return text.trim().split(/\s+/).length;
  }

  classify(text) {
    const lowered = text.toLowerCase();
    const score = this.found(POSITIVE, lowered) - this.found(NEGATIVE, lowered);
    const sentiment = score > 0 ? "positive" : score < 0 ? "negative" : "neutral";
    return { sentiment, confidence: this.confidence(score) };
  }

  found(words, text) {
    return words.filter((word) => text.includes(word)).length;
  }

  confidence(score) {
    return Math.min(1, Math.abs(score) * 0.2 + 0.3);
  }

  extractJson(text) {
    const extracted = this.values(this.pieces(text));
    return { extracted, count: extracted.length };
  }

  pieces(text) {
    return text.match(BRACES) ?? [];
  }

  /** The values of those pieces that are JSON. */
  values(pieces) {
    const values = [];
    for (const piece of pieces) {
      try {
        values.push(JSON.parse(piece));
      } catch {
        // what is no JSON is left out
      }
    }
    return values;
  }
}
