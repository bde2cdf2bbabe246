/** Defects of the tasks' outputs: W-OUT. */

import { defect } from "../defect.mjs";
import { Tasks } from "../tasks.mjs";

class SummaryOfCodePoints extends Tasks {
  summary(text) {
    const points = [...text];
    return points.length <= 200 ? text : `${points.slice(0, 200).join("")}...`;
  }
}

class SummaryFits extends Tasks {
  summary(text) {
    return text.length <= 200 ? text : `${text.slice(0, 197)}...`;
  }
}

class SummaryTrimmed extends Tasks {
  summary(text) {
    return super.summary(text.trim() || text);
  }
}

class WordsBetweenSpaces extends Tasks {
  wordCount(text) {
    return text.trim().split(" ").length;
  }
}

class WordsWithinBoundaries extends Tasks {
  found(words, text) {
    return words.filter((word) => new RegExp(`\\b${word}\\b`).test(text)).length;
  }
}

class WordsAsOftenAsFound extends Tasks {
  found(words, text) {
    return [...text.matchAll(new RegExp(words.join("|"), "g"))].length;
  }
}

class ConfidenceAsText extends Tasks {
  confidence(score) {
    return super.confidence(score).toFixed(2);
  }
}

class ConfidenceRounded extends Tasks {
  confidence(score) {
    return Math.round(super.confidence(score) * 100) / 100;
  }
}

class GreedyBraces extends Tasks {
  pieces(text) {
    return text.match(/\{.*\}/gs) ?? [];
  }
}

class FlatBraces extends Tasks {
  pieces(text) {
    return text.match(/\{[^{}]*\}/g) ?? [];
  }
}

class ParsesAllOrNothing extends Tasks {
  values(pieces) {
    try {
      return pieces.map((piece) => JSON.parse(piece));
    } catch {
      return [];
    }
  }
}

class CountAsText extends Tasks {
  extractJson(text) {
    const { extracted, count } = super.extractJson(text);
    return { extracted, count: String(count) };
  }
}

const BRACES = ["W-OUT-18", "W-OUT-19", "W-OUT-20", "W-OUT-21", "W-OUT-22", "W-OUT-23"];

export default [
  defect("summary-of-code-points", "W-OUT-5", [], "measures and cuts [...text], that is code points", {
    Tasks: SummaryOfCodePoints,
  }),
  defect("summary-fits", "W-OUT-4", ["W-OUT-5"], "cuts at 197 so that the full stops fit", {
    Tasks: SummaryFits,
  }),
  defect("summary-trimmed", "W-OUT-3", ["W-OUT-4"], "trims the input before it summarizes", {
    Tasks: SummaryTrimmed,
  }),
  defect("words-between-spaces", "W-OUT-6", ["W-OUT-7"], "counts the pieces of split(' ')", {
    Tasks: WordsBetweenSpaces,
  }),
  defect("words-within-boundaries", "W-OUT-11", ["W-OUT-10", "W-OUT-13", "W-OUT-14"], "looks for words between \\b and \\b", {
    Tasks: WordsWithinBoundaries,
  }),
  defect("words-as-often-as-found", "W-OUT-12", ["W-OUT-10", "W-OUT-14"], "counts every occurrence of a word", {
    Tasks: WordsAsOftenAsFound,
  }),
  defect(
    "confidence-as-text",
    "W-OUT-14",
    ["W-OUT-15", "W-OUT-16"],
    "gives the confidence as the text of toFixed",
    {
      Tasks: ConfidenceAsText,
    },
  ),
  defect("confidence-rounded", "W-OUT-15", ["W-OUT-14"], "rounds the confidence to two digits", {
    Tasks: ConfidenceRounded,
  }),
  defect("greedy-braces", "W-OUT-18", BRACES.slice(1), "matches from the first brace to the last", {
    Tasks: GreedyBraces,
  }),
  defect("flat-braces", "W-OUT-20", ["W-OUT-18", "W-OUT-22"], "finds objects without inner objects only", {
    Tasks: FlatBraces,
  }),
  defect(
    "parses-all-or-nothing",
    "W-OUT-19",
    ["W-OUT-18", "W-OUT-23"],
    "parses all matches in one try block",
    {
      Tasks: ParsesAllOrNothing,
    },
  ),
  defect("count-as-text", "W-OUT-23", ["W-OUT-24"], "gives the count as a string", { Tasks: CountAsText }),
];
