/**
 * Three servers with very many sessions, and with very many znodes, beside Apache ZooKeeper in the
 * same run. `npm run prove -- scale 3.9.5` measures only Apache.
 */
import { refill } from '../interop/scale/refill.js';
import { survive } from '../interop/scale/survive.js';
import { nameOf } from '../interop/server-process.js';
import { table } from './page.js';
import type { Proof } from './proof.js';
import { subjectsOf, versionsOf } from './subjects.js';

const full = { sessions: 10_000, znodes: 1_000_000, times: 3 };
const short = { sessions: 300, znodes: 10_000, times: 1 };
const BACK_MOST_MS = 15_000;

export const prove: Proof = {
  name: 'scale',
  what:
    'Ten thousand sessions survive kill -9 of the leader and are back within 15 s, and a wiped ' +
    'follower serves a million znodes again as soon as one of Apache ZooKeeper’s does.',
  async run({ short: isShort, args, slice, log }) {
    const { sessions, znodes, times } = isShort ? short : full;
    const kinds = subjectsOf(args);
    const rows: string[][] = [];
    const figures = new Map<string, { backMs: number; expired: number; servingMs: number }>();
    for (const kind of kinds) {
      const survival = await slice(`sessions ${kind}`, () => survive(kind, sessions));
      const filled = await slice(`znodes ${kind}`, () => refill(kind, znodes, times));
      const sorted = [...filled.servingMs].sort((a, b) => a - b);
      const servingMs = sorted[Math.floor((sorted.length - 1) / 2)]!;
      const { openMs, backMs, expired } = survival;
      figures.set(kind === 'vivarium' ? 'ours' : 'theirs', { backMs, expired, servingMs });
      const seconds = (ms: number) => (ms / 1000).toFixed(1);
      const { fillMs } = filled;
      const cells = [seconds(openMs), seconds(backMs), String(expired), seconds(fillMs)];
      rows.push([nameOf(kind), ...cells, sorted.map(seconds).join(' · ')]);
      log(`${nameOf(kind)}: back after ${seconds(backMs)} s, ${expired} expired`);
      log(`${nameOf(kind)}: a wiped follower serves after ${sorted.map(seconds).join(', ')} s`);
    }
    const { ours, theirs } = Object.fromEntries(figures);
    const holdsAlone = ours === undefined || (ours.expired === 0 && ours.backMs <= BACK_MOST_MS);
    const isSooner = isShort || !ours || !theirs || ours.servingMs <= theirs.servingMs;
    return {
      holds: holdsAlone && isSooner,
      counts: {
        sessions,
        znodes,
        ...(ours && { 'sessions expired': ours.expired, 'back after ms': Math.round(ours.backMs) }),
        ...(ours &&
          theirs && {
            'serving again, ours : theirs': (ours.servingMs / theirs.servingMs).toFixed(2),
          }),
      },
      versions: versionsOf(kinds),
      details: [
        '## Figures',
        `${sessions} sessions of 30 s come back to the servers that are left, forty at a time; ` +
          `${znodes} znodes of 100 bytes; times in seconds.`,
        table(
          ['', 'sessions open', 'all back', 'expired', 'znodes filled', 'wiped follower serves'],
          rows,
        ),
      ].join('\n\n'),
    };
  },
};
