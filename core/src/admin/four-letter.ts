import type { ConnectionView, PeerView } from '../peer/view.js';
import type { PeerCommand } from '../seam/inputs.js';
import { type AdminContext, clientsView, fullVersion, hex, socketAddress } from './facts.js';
import { configurationText, dumpText, watchesText } from './four-letter-dumps.js';
import { monitorValues } from './monitor.js';
import { fourDecimals, javaDouble, sizeOr } from './values.js';

/** What a four-letter word is answered with; the connection is closed after it. */
export interface WordAnswer {
  /** Written as it is; not every answer ends with a newline. */
  readonly text: string;
  /** To hand to the server, for words that reset something. */
  readonly command?: PeerCommand;
  /** To keep and to report as `ProcessFacts.traceMask` from now on. */
  readonly traceMask?: bigint;
}

/** The connection on which a word came; ZooKeeper lists it among the others. */
export interface Asker {
  readonly address: string;
  readonly port: number;
}

/** One row per word. */
interface FourLetterWord {
  readonly doc: string;
  /** Words that need no running server say so themselves; the others get {@link NOT_SERVING}. */
  readonly needsServer: boolean;
  /**
   * Text when the server does not serve, where it differs from {@link NOT_SERVING} and a newline.
   */
  readonly whenNotServing?: string;
  /** Bytes that follow the word. */
  readonly argumentBytes?: number;
  readonly answer: (question: WordQuestion) => WordAnswer;
}

interface WordQuestion {
  readonly context: AdminContext;
  readonly view: PeerView;
  readonly asker: Asker | undefined;
  readonly argument: Uint8Array;
}

export const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';

/**
 * ZooKeeper's four-letter words. Text and line ends are its own, since scripts parse them.
 *
 * @see ZooKeeper 3.9.5 org.apache.zookeeper.server.command
 */
export const fourLetterWords: Readonly<Record<string, FourLetterWord>> = {
  conf: serverWord('Settings of the server.', ({ context, view }) =>
    configurationText(context, view),
  ),
  cons: serverWord(
    'One line for each connection, with its session and its figures.',
    ({ view, asker }) => `${connectionLines(view, asker, fullConnection)}\n`,
  ),
  crst: {
    doc: 'Reset the figures of all connections.',
    needsServer: true,
    answer: () => ({
      text: 'Connection stats reset.\n',
      command: { name: 'reset-connection-stats' },
    }),
  },
  dirs: serverWord('Bytes of the snapshot and log folders.', ({ context: { facts } }) =>
    lines(`datadir_size: ${facts.dataDirBytes}`, `logdir_size: ${facts.dataLogDirBytes}`),
  ),
  dump: serverWord('Sessions by the time they end, and their ephemeral nodes.', (question) =>
    dumpText(question.context, question.view, question.asker),
  ),
  envi: {
    doc: 'Environment of the process.',
    needsServer: false,
    answer: ({ context }) => ({
      text: lines(
        'Environment:',
        ...environmentRows(context).map(([name, value]) => `${name}=${value}`),
      ),
    }),
  },
  gtmk: {
    doc: "ZooKeeper's trace mask, which Vivarium keeps and traces nothing by.",
    needsServer: false,
    answer: ({ context }) => ({ text: String(context.facts.traceMask) }),
  },
  hash: {
    doc: 'Digests of the tree at recent zxids.',
    needsServer: true,
    whenNotServing: NOT_SERVING,
    answer: ({ view }) => ({
      text: view.digests().reduce((text, { zxid, digest }) => {
        return `${text}${hex(zxid)}: ${BigInt.asIntN(64, digest)}\n`;
      }, ''),
    }),
  },
  isro: {
    doc: 'rw, or ro when only reads are served.',
    needsServer: true,
    whenNotServing: 'null',
    answer: ({ view }) => ({ text: view.mode === 'read-only' ? 'ro' : 'rw' }),
  },
  mntr: serverWord('Every metric, for monitoring.', ({ context }) =>
    lines(...Object.entries(monitorValues(context)).map(([key, value]) => `zk_${key}\t${value}`)),
  ),
  ruok: {
    doc: 'imok from a process that lives, whether or not it serves.',
    needsServer: false,
    answer: () => ({ text: 'imok' }),
  },
  srst: {
    doc: 'Reset the figures of the server.',
    needsServer: true,
    answer: () => ({ text: 'Server stats reset.\n', command: { name: 'reset-server-stats' } }),
  },
  srvr: serverWord('The server in ten lines.', (question) => {
    return `${versionLine(question)}${serverLines(question)}`;
  }),
  stat: serverWord('The connections in brief, then the server as in srvr.', (question) => {
    const connections = connectionLines(question.view, question.asker, briefConnection);
    return `${versionLine(question)}Clients:\n${connections}\n${serverLines(question)}`;
  }),
  stmk: {
    doc: 'Set the trace mask; eight bytes follow the word.',
    needsServer: false,
    argumentBytes: 8,
    answer: ({ argument }) => {
      const traceMask = new DataView(argument.buffer, argument.byteOffset, 8).getBigInt64(0);
      return { text: String(traceMask), traceMask };
    },
  },
  wchc: serverWord('Data watches by session.', ({ view }) => watchesText(view.watches())),
  wchp: serverWord('Data watches by path.', ({ view }) => watchesText(sessionsByPath(view))),
  wchs: serverWord('Numbers of data watches.', ({ view }) => {
    const { connections, paths, watches } = countWatches(view);
    return lines(`${connections} connections watching ${paths} paths`, `Total watches:${watches}`);
  }),
};

/** Every word, whether or not a server may answer it: what the first bytes are compared with. */
export const knownWords: ReadonlySet<string> = new Set(Object.keys(fourLetterWords));

/** How many bytes must be read after a word before it can be answered. */
export function argumentLength(word: string): number {
  return fourLetterWords[word]?.argumentBytes ?? 0;
}

/** Whether a word is answered: `srvr` always is, since ZooKeeper's own scripts need it. */
export function isWordAllowed(word: string, allowed: readonly string[]): boolean {
  return word === 'srvr' || allowed.includes('*') || allowed.includes(word);
}

/**
 * Answers a word of {@link knownWords}.
 *
 * @param argument the {@link argumentLength} bytes after the word
 */
export function answerWord(
  word: string,
  argument: Uint8Array,
  context: AdminContext,
  asker?: Asker,
): WordAnswer {
  const row = fourLetterWords[word];
  if (row === undefined || !isWordAllowed(word, context.config.fourLetterWords)) {
    return { text: `${word} is not executed because it is not in the whitelist.\n` };
  }
  const view = clientsView(context);
  if (view === undefined && row.needsServer) {
    return { text: row.whenNotServing ?? `${NOT_SERVING}\n` };
  }
  return row.answer({ context, view: view!, asker, argument });
}

/** Rows of `envi` and of the command `environment`. */
export function environmentRows({ facts }: AdminContext): readonly (readonly [string, string])[] {
  return [
    ['zookeeper.version', fullVersion(facts)],
    ['host.name', facts.hostName],
    ...facts.environment,
  ];
}

/** Data watches turned round: the sessions that watch each path. */
export function sessionsByPath(view: PeerView): ReadonlyMap<string, readonly bigint[]> {
  const sessions = new Map<string, bigint[]>();
  for (const [session, paths] of view.watches()) {
    for (const path of paths) {
      const watching = sessions.get(path);
      if (watching === undefined) sessions.set(path, [session]);
      else watching.push(session);
    }
  }
  return sessions;
}

/** Sums over the data watches. */
export function countWatches(view: PeerView): {
  readonly connections: number;
  readonly paths: number;
  readonly watches: number;
} {
  const paths = new Set<string>();
  let connections = 0;
  let watches = 0;
  for (const watched of view.watches().values()) {
    connections++;
    watches += watched.length;
    for (const path of watched) paths.add(path);
  }
  return { connections, paths: paths.size, watches };
}

function serverWord(doc: string, text: (question: WordQuestion) => string): FourLetterWord {
  return { doc, needsServer: true, answer: (question) => ({ text: text(question) }) };
}

function lines(...rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join('');
}

function versionLine({ context, view }: WordQuestion): string {
  const version = `Zookeeper version: ${fullVersion(context.facts)}`;
  if (view.mode !== 'read-only') return lines(version);
  return lines(version, 'READ-ONLY mode; serving only read-only clients');
}

function serverLines({ view, asker }: WordQuestion): string {
  const { requestLatency, packetsReceived, packetsSent } = view.metrics;
  const { min, average, max } = requestLatency;
  return lines(
    `Latency min/avg/max: ${Math.round(min)}/${javaDouble(fourDecimals(average))}/${Math.round(max)}`,
    `Received: ${packetsReceived.value}`,
    `Sent: ${packetsSent.value}`,
    `Connections: ${view.connectionCount + (asker === undefined ? 0 : 1)}`,
    `Outstanding: ${view.outstanding}`,
    `Zxid: 0x${hex(view.lastZxid)}`,
    `Mode: ${view.mode}`,
    `Node count: ${view.nodeCount}`,
    ...proposalLines(view),
  );
}

function proposalLines({ quorum, metrics }: PeerView): readonly string[] {
  if (quorum?.leading === undefined) return [];
  const { proposalBytes: sizes } = metrics;
  const parts = [
    sizeOr(sizes, ({ last }) => last),
    sizeOr(sizes, ({ min }) => min),
    sizeOr(sizes, ({ max }) => max),
  ];
  return [`Proposal sizes last/min/max: ${parts.join('/')}`];
}

function connectionLines(
  view: PeerView,
  asker: Asker | undefined,
  line: (connection: ConnectionView) => string,
): string {
  const rows = view.connections().map(line);
  if (asker !== undefined) {
    rows.push(` /${socketAddress(asker.address, asker.port)}[0](queued=0,recved=1,sent=0)`);
  }
  return lines(...rows);
}

function briefConnection(connection: ConnectionView): string {
  return `${connectionStart(connection)})`;
}

function fullConnection(connection: ConnectionView): string {
  const start = connectionStart(connection);
  if (connection.session === 0n) return `${start})`;
  const fields = [
    `sid=0x${hex(connection.session)}`,
    `lop=${connection.lastOperation}`,
    `est=${Math.round(connection.establishedAt)}`,
    `to=${connection.sessionTimeoutMs}`,
    ...(connection.lastCxid >= 0 ? [`lcxid=0x${connection.lastCxid.toString(16)}`] : []),
    `lzxid=0x${hex(connection.lastZxid)}`,
    `lresp=${Math.round(connection.lastResponseAt)}`,
    `llat=${Math.round(connection.lastLatencyMs)}`,
    `minlat=${Math.round(connection.minLatencyMs)}`,
    `avglat=${Math.round(connection.averageLatencyMs)}`,
    `maxlat=${Math.round(connection.maxLatencyMs)}`,
  ];
  return `${start},${fields.join(',')})`;
}

function connectionStart({ address, port, outstanding, received, sent }: ConnectionView): string {
  const figures = `queued=${outstanding},recved=${received},sent=${sent}`;
  return ` /${socketAddress(address, port)}[1](${figures}`;
}
