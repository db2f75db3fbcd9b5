/**
 * How long nobody can write after the leader of three servers is killed, beside Apache ZooKeeper in
 * the same run. `npm run prove -- fail-over 3.9.5` measures only Apache.
 */
import { failOver } from '../interop/ensemble/fail-over.js';
import { nameOf, type ServerKind } from '../interop/server-process.js';
import { table } from './page.js';
import type { Proof } from './proof.js';
import { subjectsOf, versionsOf } from './subjects.js';

const KILLS = 30;
const KILLS_AT_ONCE = 5;
const SHORT_KILLS = 2;
/** Of Apache's median, at most; and what to aim for. */
const SHARE_MOST = 0.5;
const SHARE_AIM = 0.25;

export const prove: Proof = {
  name: 'fail-over',
  what:
    'After kill -9 of the leader the next write is acknowledged in at most half of the time that ' +
    'Apache ZooKeeper takes.',
  async run({ short, args, slice, log }) {
    const kinds = subjectsOf(args);
    const total = short ? SHORT_KILLS : KILLS;
    const each = short ? SHORT_KILLS : KILLS_AT_ONCE;
    const times = new Map<ServerKind, number[]>(kinds.map((kind) => [kind, []]));
    for (let done = 0; done < total; done += each) {
      for (const kind of kinds) {
        const some = await slice(`${kind} ${done}`, async () => [...(await failOver(kind, each))]);
        times.get(kind)!.push(...some);
        log(`${nameOf(kind)}: ${some.map((ms) => Math.round(ms)).join(', ')} ms`);
      }
    }
    const rows = [...times].map(([kind, all]) => ({ kind, ...figuresOf(all) }));
    const ours = rows.find(({ kind }) => kind === 'vivarium');
    const theirs = rows.find(({ kind }) => kind !== 'vivarium');
    const share = ours && theirs ? ours.median / theirs.median : undefined;
    return {
      // A few kills on a busy machine tell nothing of times.
      holds: rows.length > 0 && (short || share === undefined || share <= SHARE_MOST),
      counts: {
        'kills of each': total,
        ...Object.fromEntries(
          rows.flatMap(({ kind, median, worst }) => [
            [`${nameOf(kind)}, median ms`, Math.round(median)],
            [`${nameOf(kind)}, worst ms`, Math.round(worst)],
          ]),
        ),
        ...(share === undefined ? {} : { 'ours : theirs, medians': share.toFixed(2) }),
      },
      versions: versionsOf(kinds),
      details: [
        '## Times',
        'From the kill to the first acknowledgement of a write that was sent after it. One client ' +
          'on each server writes without a pause, one write at a time, and comes back 5 ms after ' +
          'it was cut. Ticks of 2 s, initLimit 10, syncLimit 5. To be reached: at most ' +
          `${SHARE_MOST} of Apache’s median; the aim is ${SHARE_AIM}.`,
        table(
          ['', 'least ms', 'median ms', 'worst ms'],
          rows.map(({ kind, least, median, worst }) => [
            nameOf(kind),
            ...[least, median, worst].map((ms) => String(Math.round(ms))),
          ]),
        ),
      ].join('\n\n'),
    };
  },
};

function figuresOf(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)]!;
  return { least: sorted[0]!, median, worst: sorted.at(-1)! };
}
