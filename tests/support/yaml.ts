/**
 * Reads the plain YAML of our own files: maps, lists of scalars, scalars.
 *
 * @module
 */

/** A value; scalars stay texts, and an empty one is `null`. */
export type Yaml = string | null | Yaml[] | { [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** @throws When the text holds anything else. */
export function parseYaml(text: string): Yaml {
  const lines = text.split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trimEnd())
    .filter((line) => line !== "")
    .map((line) => ({ indent: line.search(/\S/), text: line.trim() }));
  const value = readBlock(lines, lines[0]?.indent ?? 0);
  if (lines.length > 0) refuse(lines[0]!.text);
  return value;
}

/** Takes the lines of one block from the front of `lines`. */
function readBlock(lines: Line[], indent: number): Yaml {
  if (lines[0]?.text.startsWith("- ")) {
    const list: Yaml[] = [];
    while (lines[0]?.indent === indent && lines[0].text.startsWith("- ")) {
      list.push(scalar(lines.shift()!.text.slice(2)));
    }
    return list;
  }
  const map: Record<string, Yaml> = {};
  while (lines[0]?.indent === indent) {
    const { text } = lines.shift()!;
    const [, key, rest] = /^([\w.-]+):(?: +(.*))?$/.exec(text) ?? refuse(text);
    const next = lines[0];
    if (rest) map[key!] = scalar(rest);
    else if (next && next.indent > indent) {
      map[key!] = readBlock(lines, next.indent);
    } else map[key!] = null;
  }
  return map;
}

function scalar(text: string): string {
  const quoted = /^"([^"\\]*)"$/.exec(text);
  if (quoted) return quoted[1]!;
  return /^[\w/.-]/.test(text) && !/: |:$/.test(text) ? text : refuse(text);
}

function refuse(text: string): never {
  throw new Error(`Cannot read YAML as it is not plain: ${text}`);
}
