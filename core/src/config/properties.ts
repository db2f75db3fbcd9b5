/** One `key = value` of a properties text, with the line it begins on, counted from 1. */
export interface Property {
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

/** A line that cannot be read. */
export interface PropertyFault {
  readonly line: number;
  readonly text: string;
  readonly message: string;
}

/**
 * Reads Java's properties format: `#` and `!` begin comments, a key ends at the first `=`, `:` or
 * blank that is not escaped, a backslash at the end of a line continues it without the blanks the
 * next line begins with, and `\t \n \r \f \uXXXX` are escapes, any other `\c` being `c`.
 *
 * Properties come in the order of the text, repeated keys included.
 *
 * @see java.util.Properties.load
 */
export function readProperties(source: string): {
  readonly properties: readonly Property[];
  readonly faults: readonly PropertyFault[];
} {
  const properties: Property[] = [];
  const faults: PropertyFault[] = [];
  for (const { line, text } of logicalLines(source)) {
    const { rawKey, rawValue } = split(text);
    const key = unescaped(rawKey);
    const value = unescaped(rawValue);
    if (key === undefined || value === undefined) {
      const message = 'a \\u escape needs four hexadecimal digits';
      faults.push({ line, text, message });
    } else {
      properties.push({ line, key, value });
    }
  }
  return { properties, faults };
}

/** Lines joined over their continuations; blank ones and comments left out. */
function logicalLines(source: string): { readonly line: number; readonly text: string }[] {
  const natural = source.split(/\r\n|\r|\n/);
  const lines: { line: number; text: string }[] = [];
  for (let at = 0; at < natural.length; at++) {
    const line = at + 1;
    let text = withoutLeadingBlanks(natural[at]!);
    if (text === '' || text.startsWith('#') || text.startsWith('!')) continue;
    while (endsInContinuation(text)) {
      text = text.slice(0, -1);
      at++;
      if (at >= natural.length) break;
      text += withoutLeadingBlanks(natural[at]!);
    }
    if (text !== '') lines.push({ line, text });
  }
  return lines;
}

function withoutLeadingBlanks(text: string): string {
  return text.replace(/^[ \t\f]+/, '');
}

/** Whether an odd number of backslashes ends the text: the last one is not itself escaped. */
function endsInContinuation(text: string): boolean {
  const backslashes = /\\+$/.exec(text)?.[0].length ?? 0;
  return backslashes % 2 === 1;
}

function split(text: string): { readonly rawKey: string; readonly rawValue: string } {
  let end = 0;
  while (end < text.length && !'=: \t\f'.includes(text[end]!)) end += text[end] === '\\' ? 2 : 1;
  const rest = /^[ \t\f]*[=:]?[ \t\f]*/.exec(text.slice(end))![0];
  return { rawKey: text.slice(0, end), rawValue: text.slice(end + rest.length) };
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** The text with its escapes resolved; `undefined` when a `\u` lacks digits. */
function unescaped(text: string): string | undefined {
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      plain += text[at];
      continue;
    }
    at++;
    const letter = text[at] ?? '';
    if (letter === 'u') {
      const digits = text.slice(at + 1, at + 5);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) return undefined;
      plain += String.fromCharCode(Number.parseInt(digits, 16));
      at += 4;
    } else {
      plain += NAMED_ESCAPES[letter] ?? letter;
    }
  }
  return plain;
}
