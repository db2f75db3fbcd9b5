/** Data of a node as text to look at and to change, and back to bytes without loss. */

export type Form = 'text' | 'json' | 'hex';
export const forms: readonly Form[] = ['text', 'json', 'hex'];

/** A value as a form shows it. */
export interface Shown {
  readonly text: string;
  /** Why it cannot be changed in this form; undefined when it can. */
  readonly fixed: string | undefined;
}

/** What a typed text stands for. */
export type Typed =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly problem: string };

/** More than this is not laid out as hex to be typed into. */
export const HEX_EDIT_MAX_BYTES = 65_536;
const HEX_LINE_BYTES = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The form that suits a value best. */
export function bestForm(bytes: Uint8Array): Form {
  const text = textOf(bytes);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (text === undefined || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) {
    return 'hex';
  }
  return /^\s*[{[]/.test(text) && jsonProblem(text) === undefined ? 'json' : 'text';
}

/** The text of bytes that are UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A value in a form. */
export function show(bytes: Uint8Array, form: Form): Shown {
  if (form === 'hex') {
    const some = bytes.subarray(0, HEX_EDIT_MAX_BYTES);
    const isAll = some.length === bytes.length;
    const fixed = isAll ? undefined : 'These are the first 64 KiB; download it to see all.';
    return { text: hexLines(some), fixed };
  }
  const text = textOf(bytes);
  if (text === undefined) return { text: '', fixed: 'These bytes are not UTF-8; see them as hex.' };
  const plain = text.replaceAll('\r\n', '\n');
  if (plain.includes('\r') || (plain !== text && text.replace(/\r\n/g, '').includes('\n'))) {
    return { text: plain, fixed: 'Its line ends are of several kinds; change it as hex.' };
  }
  if (form === 'text') return { text: plain, fixed: undefined };
  const problem = jsonProblem(text);
  if (problem === undefined) return { text: prettyJson(text), fixed: undefined };
  return { text: plain, fixed: undefined };
}

/**
 * The bytes that a typed text stands for. Line ends stay what they were, and JSON that was on one
 * line is put on one line again.
 */
export function read(text: string, form: Form, before: Uint8Array): Typed {
  if (form === 'hex') return readHex(text);
  const old = textOf(before) ?? '';
  let wanted = text;
  if (form === 'json') {
    const problem = text.trim() === '' ? undefined : jsonProblem(text);
    if (problem !== undefined) return { ok: false, problem };
    if (isCompact(old)) wanted = compactJson(text);
  }
  if (old.includes('\r\n')) wanted = wanted.replaceAll('\n', '\r\n');
  return { ok: true, bytes: encoder.encode(wanted) };
}

/** Whether a stored value is JSON on one line, so that it is kept so. */
export function isCompact(text: string): boolean {
  return text !== '' && !text.includes('\n') && jsonProblem(text) === undefined;
}

/** Where a text is not JSON, in a sentence; undefined when it is. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^JSON\.parse: /, '');
  }
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Valid JSON, indented. Numbers and texts stay as they are written, however long. */
export function prettyJson(text: string): string {
  const tokens = text.match(TOKENS) ?? [];
  let out = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [index, token] of tokens.entries()) {
    const isEmpty = tokens[index + 1] === '}' || tokens[index + 1] === ']';
    if (token === '{' || token === '[') {
      out += token;
      depth++;
      if (!isEmpty) out += line();
    } else if (token === '}' || token === ']') {
      depth--;
      const before = tokens[index - 1];
      out += before === '{' || before === '[' ? token : `${line()}${token}`;
    } else if (token === ',') out += `,${line()}`;
    else out += token === ':' ? ': ' : token;
  }
  return out;
}

/** Valid JSON on one line, without blanks. */
export function compactJson(text: string): string {
  return (text.match(TOKENS) ?? []).join('');
}

function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_LINE_BYTES) {
    const pairs = [...bytes.subarray(at, at + HEX_LINE_BYTES)].map((byte) => {
      return byte.toString(16).padStart(2, '0');
    });
    lines.push(pairs.join(' '));
  }
  return lines.join('\n');
}

function readHex(text: string): Typed {
  const digits = text.replace(/\s+/g, '');
  const bad = /[^0-9a-fA-F]/.exec(digits)?.[0];
  if (bad !== undefined) return { ok: false, problem: `"${bad}" is no hexadecimal digit` };
  if (digits.length % 2 !== 0) return { ok: false, problem: 'half a byte: a digit is missing' };
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  }
  return { ok: true, bytes };
}

/** The characters beside lines of hex: what can be seen as itself, all else as a dot. */
export function asciiBeside(text: string): string {
  const lines = text.split('\n').map((line) => {
    const typed = readHex(line);
    if (!typed.ok) return '';
    return [...typed.bytes]
      .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·'))
      .join('');
  });
  return lines.join('\n');
}
