import { setTimeout as pause } from 'node:timers/promises';
import { askWord } from '../ask-word.js';
import { positive } from './arguments.js';
import type { OwnCall, ShellCommands, ShellScreen } from './command.js';
import { Interrupted, ShellFailure } from './failure.js';
import { serverFacts } from './server-facts.js';
import { type Look, topLines, topRows } from './top-view.js';
import { serversOf, type WordServer } from './word-servers.js';

/** The ensemble at a glance. */
export const topCommands: ShellCommands = {
  top: {
    usage: '[--once] [--interval ms]',
    doc:
      'Every server of the connect string, live: role, zxid and how far behind, connections, ' +
      'queued requests, latency, requests per second, znodes, watches; from `srvr` and `mntr`. ' +
      'q ends; --once shows one picture, from two looks an interval (1000 ms) apart.',
    flags: { once: false, interval: true },
    words: [0, 0],
    own: true,
    run: showTop,
  },
};

const DEFAULT_INTERVAL_MS = '1000';
const ANSWER_LIMIT_MS = 2_000;

async function showTop(call: OwnCall): Promise<void> {
  const { control, flags, output, signal } = call;
  const intervalMs = positive(flags.get('interval') ?? DEFAULT_INTERVAL_MS, '--interval');
  const servers = serversOf(control.server);
  if (flags.has('once')) {
    const before = await lookAt(servers);
    await paused(intervalMs, signal);
    const rows = topRows(await lookAt(servers), before);
    if (call.json) output.out(JSON.stringify({ servers: rows }));
    else for (const line of topLines(rows, Number.POSITIVE_INFINITY, false)) output.out(line);
    if (rows.every(({ role }) => role === 'down')) {
      throw new ShellFailure(`no server of ${control.server} answers`, 'noAnswer');
    }
    return;
  }
  if (call.json) {
    let before: Look | undefined;
    while (!signal.aborted) {
      const now = await lookAt(servers);
      output.out(JSON.stringify({ servers: topRows(now, before) }));
      before = now;
      await paused(intervalMs, signal);
    }
    return;
  }
  if (control.screen === undefined) {
    throw new ShellFailure(
      'top needs a terminal; `top --once` shows one picture, --json a stream',
      'usage',
    );
  }
  await live(control.screen, servers, intervalMs, signal);
}

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Takes the screen, and gives it back as it was, whatever ends it. */
async function live(
  screen: ShellScreen,
  servers: readonly WordServer[],
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  signal.addEventListener('abort', end, { once: true });
  const onKey = (key: string) => {
    if (key === 'q' || key === 'Q' || key === 'ctrl-c' || key === 'ctrl-d') end();
  };
  await screen.take(onKey, async () => {
    screen.write(ENTER);
    // However the process ends, the terminal is as it was.
    const restore = () => screen.write(LEAVE);
    process.once('exit', restore);
    try {
      let before: Look | undefined;
      while (!ending.signal.aborted) {
        const now = await lookAt(servers);
        const lines = topLines(topRows(now, before), screen.columns, screen.colours);
        const foot = `every ${intervalMs} ms; q ends`;
        const all = [...lines, '', foot].slice(0, screen.rows - 1);
        screen.write(
          `${HOME}${all.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')}${CLEAR_BELOW}`,
        );
        before = now;
        await paused(intervalMs, ending.signal);
      }
    } finally {
      process.off('exit', restore);
      restore();
    }
  });
}

async function lookAt(servers: readonly WordServer[]): Promise<Look> {
  const answers = await Promise.all(
    servers.map(async (server) => {
      const [srvr, mntr] = await Promise.all([
        askWord(server, 'srvr', ANSWER_LIMIT_MS),
        askWord(server, 'mntr', ANSWER_LIMIT_MS),
      ]);
      return serverFacts(server.name, srvr, mntr);
    }),
  );
  return { at: performance.now(), servers: answers };
}

/** Ends early, and well, when the signal does. */
async function paused(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    if (signal.reason instanceof ShellFailure && !(signal.reason instanceof Interrupted)) {
      throw signal.reason;
    }
  });
}
