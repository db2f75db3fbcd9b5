import { readAdministrator } from './administrator.js';
import { option, optional } from './option.js';
import { boolean, bytes, choice, int, list, ms, path } from './option-kinds.js';

const HOST_NAME = /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(:\d{1,5})?$/;
const ORIGIN = /^https?:\/\/[^/?#\s]+$/;

/** Options that ZooKeeper does not have. Apache servers pass over keys they do not know. */
export const ownOptions = {
  serverId: option<number>({
    key: 'vivarium.serverId',
    kind: int({ min: 0, max: 255 }),
    default: 1,
    doc:
      'Number of this server, the top byte of its session ids. A myid file goes before it, and a ' +
      'server of an ensemble must have one.',
  }),
  sessionPasswords: option<'keyed' | 'apache'>({
    key: 'vivarium.sessionPasswords',
    kind: choice('keyed', 'apache'),
    default: 'keyed',
    doc:
      'How session passwords are made: keyed with a secret of this data folder, or computable as ' +
      "ZooKeeper's are, which lets anybody who knows a session's id take it over.",
  }),
  transactionsPerEpoch: option<number>({
    key: 'vivarium.transactionsPerEpoch',
    kind: int({ min: 2, max: 0xffff_ffff }),
    default: 0xffff_ffff,
    doc:
      'After so many transactions a leader steps down, and a new epoch begins. The counter of an ' +
      'epoch has no room for more than there are by default; fewer show what happens then.',
  }),
  allowedHosts: option<readonly string[]>({
    key: 'vivarium.allowedHosts',
    kind: list('host names between commas, each as a browser sends it', (name) =>
      HOST_NAME.test(name),
    ),
    default: [],
    doc:
      'Names under which browsers and HTTP clients may address this server, besides IP addresses ' +
      'and localhost. A name not listed gets 403: it may be a page that points its own name here.',
  }),
  allowedOrigins: option<readonly string[]>({
    key: 'vivarium.allowedOrigins',
    kind: list('origins between commas, such as https://app.example:8443', (origin) =>
      ORIGIN.test(origin),
    ),
    default: [],
    doc: 'Web origins whose pages may connect, besides the one with the very host and port asked.',
  }),
  allowLoopbackOrigins: option<boolean>({
    key: 'vivarium.allowLoopbackOrigins',
    kind: boolean,
    default: false,
    doc: 'Whether pages from localhost and loopback addresses, on any port, may connect.',
  }),
  webSocketEnabled: optional<boolean>({
    key: 'vivarium.webSocket',
    kind: boolean,
    doc: 'Whether clients may connect by WebSocket; only on a loopback address unless given.',
  }),
  commandsEnabled: optional<boolean>({
    key: 'vivarium.commands',
    kind: boolean,
    doc: 'Whether HTTP answers under /commands; only on a loopback address unless given.',
  }),
  metricsEnabled: optional<boolean>({
    key: 'vivarium.metrics',
    kind: boolean,
    doc: 'Whether HTTP answers under /metrics; only on a loopback address unless given.',
  }),
  administrators: option<readonly string[]>({
    key: 'vivarium.administrators',
    kind: list(
      'name:scrypt:N:r:p:salt:hash between commas, as vivarium admin-user makes them',
      (one) => readAdministrator(one) !== undefined,
    ),
    default: [],
    doc:
      'Who may run the admin commands that change something or show what ACLs protect, by HTTP ' +
      'Basic. Without any, those that only reset figures are open on a loopback address, the ' +
      'others closed everywhere.',
  }),
  consoleEnabled: optional<boolean>({
    key: 'vivarium.console',
    kind: boolean,
    doc:
      'Whether HTTP answers with the web console at /; only on a loopback address unless given. ' +
      'The console connects by WebSocket and asks under /commands, so these have to be on, too.',
  }),
  handshakeTimeoutMs: option<number>({
    key: 'vivarium.handshakeTimeoutMs',
    kind: ms({ min: 1 }),
    default: 10_000,
    doc: 'A connection whose first bytes do not tell its protocol after this time is closed.',
  }),
  sendQueueHighWaterBytes: option<number>({
    key: 'vivarium.sendQueueHighWaterBytes',
    kind: bytes({ min: 1 }),
    default: 1_048_576,
    doc: 'With more than this waiting to be sent to a client, nothing is read from it.',
  }),
  sendQueueMaxBytes: option<number>({
    key: 'vivarium.sendQueueMaxBytes',
    kind: bytes({ min: 1 }),
    default: 67_108_864,
    doc: 'With more than this waiting to be sent to a client, its connection is closed.',
  }),
  linkQueueMaxBytes: option<number>({
    key: 'vivarium.linkQueueMaxBytes',
    kind: bytes({ min: 1 }),
    default: 268_435_456,
    doc:
      'With more than this waiting to be sent to another server of the ensemble, the link to it is ' +
      'closed.',
  }),
  snapshotSliceNodes: option<number>({
    key: 'vivarium.snapshotSliceNodes',
    kind: int({ min: 1 }),
    default: 1000,
    doc: 'Nodes written to a snapshot before requests get their turn again.',
  }),
  snapshotSliceBytes: option<number>({
    key: 'vivarium.snapshotSliceBytes',
    kind: bytes({ min: 1 }),
    default: 1_048_576,
    doc: 'Bytes written to a snapshot before requests get their turn again.',
  }),
  pastTreesMaxBytes: option<number>({
    key: 'vivarium.pastTreesMaxBytes',
    kind: bytes({ min: 0 }),
    default: 268_435_456,
    doc:
      'Memory that trees of earlier moments may take, all together, while somebody looks at them ' +
      '(admin commands node_at, change, differences). A larger tree is refused; 0 turns them off.',
  }),
  shutdownTimeoutMs: option<number>({
    key: 'vivarium.shutdownTimeoutMs',
    kind: ms({ min: 1 }),
    default: 10_000,
    doc: 'How long a stop waits for the last flush before the process ends with an error.',
  }),
  logLevel: option<'debug' | 'info' | 'warn' | 'error'>({
    key: 'vivarium.logLevel',
    kind: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    doc: 'The least level of what is logged to standard error.',
  }),
  logFormat: option<'auto' | 'text' | 'json'>({
    key: 'vivarium.logFormat',
    kind: choice('auto', 'text', 'json'),
    default: 'auto',
    doc:
      'The form of the log: text for people, json with one object a line, or auto, which is text on ' +
      'a terminal and json elsewhere.',
  }),
  auditFile: optional<string>({
    key: 'vivarium.auditFile',
    kind: path,
    doc:
      'File of the audit log, which every server needs for itself; without one the lines go to the ' +
      'log.',
  }),
  auditFileMaxBytes: option<number>({
    key: 'vivarium.auditFileMaxBytes',
    kind: bytes({ min: 1024 }),
    default: 10_485_760,
    doc: 'At this size the file of the audit log is put aside, as its name with .1, and begun anew.',
  }),
  auditFilesKept: option<number>({
    key: 'vivarium.auditFilesKept',
    kind: int({ min: 0, max: 10_000 }),
    default: 10,
    doc: 'Files of the audit log that are kept besides the one that is written; the oldest goes.',
  }),
} as const;
