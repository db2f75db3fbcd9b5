import type { Zxid } from '../../../base/ids.js';
import { hexLong } from '../../../base/long.js';
import { timeText } from './data-text.js';
import type { LogWalk, SoundRecord } from './log-walk.js';
import type { OpenedFile } from './opened-file.js';
import { typeName } from './txn-text.js';

/** What there is to be said of the records of one log that were asked for. */
export class LogSummary {
  readonly #types = new Map<string, number>();
  readonly #sessions = new Set<bigint>();
  #count = 0;
  #bytes = 0;
  #first: Zxid | undefined;
  #last: Zxid | undefined;
  #earliest = Number.POSITIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;

  add({ header, bytes }: SoundRecord): void {
    const name = typeName(header.type);
    this.#types.set(name, (this.#types.get(name) ?? 0) + 1);
    this.#sessions.add(header.clientId);
    this.#count++;
    this.#bytes += bytes;
    this.#first ??= header.zxid;
    this.#last = header.zxid;
    this.#earliest = Math.min(this.#earliest, header.time);
    this.#latest = Math.max(this.#latest, header.time);
  }

  /** For JSON. */
  json({ shown, size }: OpenedFile, walk: LogWalk): Record<string, unknown> {
    const isAny = this.#count > 0;
    return {
      file: shown,
      size,
      writtenBytes: walk.writtenEnd,
      transactions: this.#count,
      transactionBytes: this.#bytes,
      ...(isAny ? { firstZxid: hexLong(this.#first!), lastZxid: hexLong(this.#last!) } : {}),
      ...(isAny ? { earliest: timeText(this.#earliest), latest: timeText(this.#latest) } : {}),
      sessions: this.#sessions.size,
      types: Object.fromEntries(this.#byCount()),
      repeated: walk.repeated,
      damages: walk.damages.length,
    };
  }

  /** For a person, without the newline at the end. */
  text({ shown, size }: OpenedFile, walk: LogWalk): string {
    const rows: (readonly [string, string])[] = [
      ['transactions', String(this.#count)],
      ['bytes', `${this.#bytes} in these, ${walk.writtenEnd} written of ${size}`],
    ];
    if (this.#count > 0) {
      const seconds = (this.#latest - this.#earliest) / 1000;
      rows.push(['zxids', `${hexLong(this.#first!)} to ${hexLong(this.#last!)}`]);
      rows.push(['time', `${timeText(this.#earliest)} to ${timeText(this.#latest)}, ${seconds} s`]);
      rows.push(['sessions', String(this.#sessions.size)]);
      for (const [name, count] of this.#byCount()) rows.push([`  ${name}`, String(count)]);
    }
    const gaps = walk.damages.filter(({ kind }) => kind === 'gap').length;
    rows.push(['gaps', String(gaps)]);
    if (walk.repeated > 0) rows.push(['logged twice', String(walk.repeated)]);
    rows.push(['damages', String(walk.damages.length)]);
    return [`${shown}:`, ...rows.map(([name, value]) => `  ${name.padEnd(19)} ${value}`)].join(
      '\n',
    );
  }

  #byCount(): readonly (readonly [string, number])[] {
    return [...this.#types].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  }
}
