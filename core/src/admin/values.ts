import type { Summary } from '../peer/metrics.js';

/**
 * What administrators are told, as plain data. Numbers are Java longs unless wrapped in
 * {@link Double}; session ids and zxids are bigints, which JSON output writes as digits.
 */
export type AdminValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Double
  | readonly AdminValue[]
  | AdminObject;

export interface AdminObject {
  readonly [key: string]: AdminValue;
}

/** A floating-point number, so that 2 is written as `2.0` where ZooKeeper's readers expect that. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  toString(): string {
    return javaDouble(this.value);
  }
}

/** A number as Java's `Double.toString` writes it: `0.0`, `1.8`, `1.0E7`, `NaN`. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  }
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const [digits, exponent] = value.toExponential().split('e') as [string, string];
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** A mean with at most four decimals, as ZooKeeper keeps its averages. */
export function fourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** A size taken from a summary, or -1 before there is one. */
export function sizeOr(summary: Summary, pick: (summary: Summary) => number): number {
  return summary.count === 0 ? -1 : pick(summary);
}

/**
 * JSON in the form that ZooKeeper's admin server writes: two blanks of indent, ` : ` after keys,
 * lists on one line, a newline at the end.
 */
export function renderJson(value: AdminValue): string {
  return `${render(value, '')}\n`;
}

function render(value: AdminValue, indent: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (value instanceof Double) {
    return Number.isFinite(value.value) ? value.toString() : `"${value}"`;
  }
  if (isList(value)) {
    return value.length === 0 ? '[ ]' : `[ ${value.map((one) => render(one, indent)).join(', ')} ]`;
  }
  const inner = `${indent}  `;
  const rows = Object.entries(value).map(
    ([key, one]) => `${inner}${JSON.stringify(key)} : ${render(one, inner)}`,
  );
  return rows.length === 0 ? '{ }' : `{\n${rows.join(',\n')}\n${indent}}`;
}

function isList(value: readonly AdminValue[] | AdminObject): value is readonly AdminValue[] {
  return Array.isArray(value);
}
