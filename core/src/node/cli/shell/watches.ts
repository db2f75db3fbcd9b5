import type { ClientState, WatchEvent, WatcherType } from '../../../client/api.js';
import { isZkError } from '../../../client/errors.js';
import { UsageError } from './arguments.js';
import { answer, type ServerCall, type ShellCommands } from './command.js';
import { ShellFailure } from './failure.js';

/** Watches, and what they tell. */
export const watchCommands: ShellCommands = {
  addWatch: {
    usage: '[-m mode] path',
    doc:
      'Print changes while the shell runs; mode is PERSISTENT or PERSISTENT_RECURSIVE, which is ' +
      'the default.',
    flags: { m: true },
    words: [1, 1],
    async run({ client, control, flags, rest: [path = ''] }) {
      const modes = { PERSISTENT: 'persistent', PERSISTENT_RECURSIVE: 'persistentRecursive' };
      const name = (flags.get('m') ?? 'PERSISTENT_RECURSIVE').toUpperCase();
      const mode = new Map(Object.entries(modes)).get(name);
      if (mode === undefined) throw new UsageError(`-m must be ${Object.keys(modes).join(' or ')}`);
      await client.addWatch(path, mode as PersistentMode);
      control.persistentWatches.add(`${mode} ${path}`);
    },
  },
  removewatches: {
    usage: 'path [-c|-d|-p|-r|-a] [-l]',
    doc:
      'Remove watches of this session: -c children, -d data, -p, -r persistent, -a any. With -l ' +
      'they are forgotten here when there is no server to be told.',
    flags: { c: false, d: false, p: false, r: false, a: false, l: false },
    words: [1, 1],
    async run({ client, control, flags, rest: [path = ''] }) {
      const kinds: readonly (readonly [string, WatcherType])[] = [
        ['c', 'children'],
        ['d', 'data'],
        ['p', 'persistent'],
        ['r', 'persistentRecursive'],
      ];
      const kind = kinds.find(([flag]) => flags.has(flag))?.[1] ?? 'any';
      const forget = () => {
        for (const mode of ['persistent', 'persistentRecursive'] as const) {
          if (kind === 'any' || kind === mode) control.persistentWatches.delete(`${mode} ${path}`);
        }
      };
      const removed = client.removeWatches(path, kind);
      if (flags.has('l') && client.state.type !== 'connected') {
        // The client sets them nowhere again, and tells a server as soon as there is one.
        removed.catch(() => {});
        forget();
        return;
      }
      await removed.catch((error: unknown) => {
        if (!isZkError(error, 'NO_WATCHER')) throw error;
        throw new ShellFailure(
          `${path} has no ${kind === 'any' ? '' : `${kind} `}watch of this session`,
        );
      });
      forget();
    },
  },
  printwatches: {
    usage: 'on|off',
    doc: 'Whether watch events are printed; without a word it says so.',
    flags: {},
    words: [0, 1],
    paths: [],
    own: true,
    async run(call) {
      const { control } = call;
      const [word] = call.rest;
      if (word !== undefined) {
        control.printWatches = word === 'on';
        return;
      }
      const state = control.printWatches ? 'on' : 'off';
      answer(
        call,
        () => ({ printwatches: state }),
        () => [`printwatches is ${state}`],
      );
    },
  },
  watch: {
    usage: '[-R] path',
    doc:
      'Print one line for each change of a node and of its children, until Ctrl-C; -R for ' +
      'everything below it too.',
    flags: { R: false },
    words: [1, 1],
    async run(call) {
      const [path = ''] = call.rest;
      const mode = call.flags.has('R') ? 'persistentRecursive' : 'persistent';
      await streamChanges(call, path, mode);
    },
  },
};

type PersistentMode = 'persistent' | 'persistentRecursive';

/** Ends when the signal does, which is how such a command ends well. */
async function streamChanges(call: ServerCall, path: string, mode: PersistentMode): Promise<void> {
  const { client, control, output, signal } = call;
  const below = path === '/' ? '/' : `${path}/`;
  const isOurs = (event: WatchEvent) =>
    event.path === path || (mode === 'persistentRecursive' && event.path.startsWith(below));
  const print = (event: WatchEvent) => {
    if (isOurs(event)) output.out(call.json ? JSON.stringify(eventShape(event)) : eventLine(event));
  };
  const tell = (state: ClientState) => {
    const text = CONNECTION_NOTES[state.type];
    if (text !== undefined) output.err(text);
  };
  const wasPrinting = control.printWatches;
  control.printWatches = false;
  const events = client.events$.subscribe(print);
  let wasCut = false;
  const states = client.state$.subscribe((state) => {
    if (state.type === 'connected' && !wasCut) return;
    wasCut = true;
    tell(state);
  });
  try {
    await client.addWatch(path, mode);
    if (!call.json) output.err(`watching ${path}; Ctrl-C ends`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    events.unsubscribe();
    states.unsubscribe();
    control.printWatches = wasPrinting;
    if (!control.persistentWatches.has(`${mode} ${path}`)) call.unwatch(path, mode);
  }
}

const CONNECTION_NOTES: Readonly<Record<string, string | undefined>> = {
  'not-connected': 'the connection is lost; changes are not told until it is back',
  connected: 'connected again; changes of the time between were not told',
};

/** One event on a line. */
function eventLine({ type, path, zxid }: WatchEvent): string {
  const at = zxid < 0n ? '' : ` 0x${zxid.toString(16)}`;
  return `${eventName(type)} ${path}${at}`;
}

/** The same in JSON: `zxid` is null where the server does not say it. */
export function eventShape({ type, path, zxid }: WatchEvent): object {
  return { event: eventName(type), path, zxid: zxid < 0n ? null : `0x${zxid.toString(16)}` };
}

/** A watch event in zkCli's words. */
export function eventText({ type, path, zxid }: WatchEvent): string {
  const facts = `state:SyncConnected type:${eventName(type)} path:${path} zxid: ${zxid}`;
  return `\nWATCHER::\n\nWatchedEvent ${facts}`;
}

function eventName(type: WatchEvent['type']): string {
  return type[0]!.toUpperCase() + type.slice(1);
}
