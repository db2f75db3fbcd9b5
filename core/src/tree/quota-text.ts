/**
 * The text of quota nodes: `count=5,bytes=-1`, with hard limits
 * `count=5,bytes=-1=;countHardLimit=9`.
 */

/** Numbers by key. */
export type QuotaText = ReadonlyMap<string, number>;

/** Reads what is readable; a pair that is no `key=integer` is left out. Never throws. */
export function parseQuotaText(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const pair of text.split(/[,;]/)) {
    const [key, value] = pair.split('=');
    if (key === undefined || key === '' || value === undefined) continue;
    if (value === '') values.set(key, -1);
    else if (/^[+-]?\d{1,19}$/.test(value)) values.set(key, Number(value));
  }
  return values;
}

/** Count and bytes first, then the other keys in a form that releases before 3.7 skip. */
export function formatQuotaText(values: QuotaText): string {
  const text = `count=${values.get('count') ?? -1},bytes=${values.get('bytes') ?? -1}`;
  const others = [...values].filter(([key]) => key !== 'count' && key !== 'bytes');
  if (others.length === 0) return text;
  others.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${text}=${others.map(([key, value]) => `;${key}=${value}`).join('')}`;
}
