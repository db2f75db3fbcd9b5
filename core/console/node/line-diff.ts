/** Two texts line by line. */
export interface DiffLine {
  readonly kind: 'same' | 'left' | 'right';
  readonly text: string;
}

/** Above this many pairs of lines the middle is shown as wholly different. */
const PAIRS_MAX = 4_000_000;

/** What is in both, only on the left, and only on the right, in the order of both. */
export function lineDiff(left: string, right: string): readonly DiffLine[] {
  const a = left.split('\n');
  const b = right.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) {
    tail++;
  }
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [
    ...a.slice(0, head).map(same),
    ...middle,
    ...(tail === 0 ? [] : a.slice(-tail)).map(same),
  ];
}

/** The longest common lines, by the table of their lengths. */
function between(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const left = (text: string): DiffLine => ({ kind: 'left', text });
  const right = (text: string): DiffLine => ({ kind: 'right', text });
  if (a.length * b.length > PAIRS_MAX) return [...a.map(left), ...b.map(right)];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]! });
      i++;
      j++;
    } else if (
      j >= b.length ||
      (i < a.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
    ) {
      lines.push(left(a[i++]!));
    } else lines.push(right(b[j++]!));
  }
  return lines;
}
