/**
 * Where a text stops being JSON, which `JSON.parse` often does not say.
 *
 * @module
 */

/** The first place at which a text is not JSON. */
export interface JsonFault {
  /** Line, from 1. */
  readonly line: number;
  /** Column in UTF-16 units, from 1. */
  readonly column: number;
  /** What stands there, such as `"x"` or `the end`. */
  readonly found: string;
  /** What should. */
  readonly expected: string;
}

/** What may come next; a stack of closers says how deep we are. */
type Expectation = "value" | "value or ]" | "name" | "name or }" | ":" | "rest";

const WORD = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const WORD_END = /[\s,\]}:]|$/y;

/** Finds the first fault of `text`, or `undefined` when it is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  const closers: ("}" | "]")[] = [];
  let expected: Expectation = "value";
  let at = 0;

  for (;;) {
    while (isSpace(text.charCodeAt(at))) at++;
    if (at >= text.length) {
      return expected === "rest" && closers.length === 0
        ? undefined
        : fault(describe());
    }
    const char = text[at]!;
    const closer = closers.at(-1);

    if (expected === "rest") {
      if (char === closer) closers.pop();
      else if (char === "," && closer === "}") expected = "name";
      else if (char === "," && closer === "]") expected = "value";
      else return fault(describe());
      at++;
    } else if (expected === ":") {
      if (char !== ":") return fault(describe());
      expected = "value";
      at++;
    } else if (expected === "name" || expected === "name or }") {
      if (char === '"') {
        const end = endOfString(at);
        if (end < 0) return fault("the end of the text in quotes");
        at = end;
        expected = ":";
      } else if (char === "}" && expected === "name or }") {
        closers.pop();
        expected = "rest";
        at++;
      } else return fault(describe());
    } else if (char === "]" && expected === "value or ]") {
      closers.pop();
      expected = "rest";
      at++;
    } else if (char === "{" || char === "[") {
      closers.push(char === "{" ? "}" : "]");
      expected = char === "{" ? "name or }" : "value or ]";
      at++;
    } else if (char === '"') {
      const end = endOfString(at);
      if (end < 0) return fault("the end of the text in quotes");
      at = end;
      expected = "rest";
    } else {
      WORD.lastIndex = at;
      if (!WORD.test(text)) return fault(describe());
      WORD_END.lastIndex = WORD.lastIndex;
      if (!WORD_END.test(text)) return fault("a value");
      at = WORD.lastIndex;
      expected = "rest";
    }
  }

  /** The place after the string that begins at `start`; -1, with `at` on it, at a fault. */
  function endOfString(start: number): number {
    for (at = start + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) return at + 1;
      if (code < 0x20) return -1;
      if (code !== 0x5c) continue;
      const escaped = text[++at] ?? "";
      if (escaped === "u") {
        if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) return -1;
        at += 4;
      } else if (!'"\\/bfnrt'.includes(escaped)) return -1;
    }
    return -1;
  }

  function describe(): string {
    switch (expected) {
      case "value":
        return "a value";
      case "value or ]":
        return "a value or ]";
      case "name":
        return "a name in double quotes";
      case "name or }":
        return "a name in double quotes or }";
      case ":":
        return ":";
      case "rest":
        return closers.length === 0 ? "the end" : `, or ${closers.at(-1)}`;
    }
  }

  function fault(what: string): JsonFault {
    at = Math.min(at, text.length);
    const before = text.lastIndexOf("\n", at - 1);
    let line = 1;
    for (let i = text.indexOf("\n"); i >= 0 && i < at; line++) {
      i = text.indexOf("\n", i + 1);
    }
    return {
      line,
      column: at - (at === 0 ? -1 : before),
      found: at < text.length
        ? JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))
        : "the end",
      expected: what,
    };
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
