const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes that are UTF-8 without control characters other than white space. */
export function plainTextIn(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The object of a node's JSON; undefined for what is not JSON, and for JSON of other kinds. */
export function objectIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (bytes[0] !== OPENING_BRACE && bytes[0] !== SPACE) return undefined;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

const OPENING_BRACE = 0x7b;
const SPACE = 0x20;

/** Whether an object has no other fields than these. */
export function hasOnly(found: Readonly<Record<string, unknown>>, fields: readonly string[]) {
  return Object.keys(found).every((field) => fields.includes(field));
}

/** Whether a value is a whole number from `least` on. */
export function isCount(value: unknown, least = 0): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
