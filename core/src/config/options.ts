import { ensembleOptions } from './ensemble-options.js';
import { option, optional, type ValuesOf } from './option.js';
import {
  address,
  boolean,
  bytes,
  choice,
  hours,
  int,
  list,
  ms,
  path,
  text,
  yesNo,
} from './option-kinds.js';
import { ownOptions } from './own-options.js';

/**
 * ZooKeeper's options that Vivarium supports, under ZooKeeper's keys and with its defaults unless
 * the row says otherwise. Those of ensembles are in `ensemble-options.ts`, Vivarium's own in
 * `own-options.ts`, keys that say who is in the ensemble in `file-keys.ts`; keys that are known but
 * do nothing here, or must not be given, in `other-keys.ts`.
 */
const zooKeeperOptions = {
  dataDir: optional<string>({
    key: 'dataDir',
    kind: path,
    doc: 'Folder of snapshots, myid and epoch files (in its subfolder version-2). Required.',
  }),
  dataLogDir: optional<string>({
    key: 'dataLogDir',
    kind: path,
    doc: 'Folder of the transaction log (in its subfolder version-2); dataDir unless given.',
  }),
  clientPort: optional<number>({
    key: 'clientPort',
    kind: int({ min: 0, max: 65_535 }),
    doc: 'Port that clients connect to. Required; 0 lets the system choose a free one.',
  }),
  clientPortAddress: optional<string>({
    key: 'clientPortAddress',
    kind: address,
    doc: 'Address that clients connect to; all addresses of the machine unless given.',
  }),
  clientPortListenBacklog: option<number>({
    key: 'clientPortListenBacklog',
    kind: int({ min: 1, except: { value: -1, means: "the system's default" } }),
    default: -1,
    doc: 'Connections that may wait to be accepted.',
  }),
  tickTime: option<number>({
    key: 'tickTime',
    kind: ms({ min: 1 }),
    default: 3000,
    doc:
      'The unit of session timeouts, checked once each tick, and of the limits between servers: ' +
      'the same on every server of an ensemble.',
  }),
  minSessionTimeout: option<number>({
    key: 'minSessionTimeout',
    kind: ms({ min: 1, except: { value: -1, means: 'two ticks' } }),
    default: -1,
    doc: 'Shortest session timeout a client can get; two ticks unless given.',
  }),
  maxSessionTimeout: option<number>({
    key: 'maxSessionTimeout',
    kind: ms({ min: 1, except: { value: -1, means: 'twenty ticks' } }),
    default: -1,
    doc: 'Longest session timeout a client can get; twenty ticks unless given.',
  }),
  maxClientCnxns: option<number>({
    key: 'maxClientCnxns',
    kind: int({ min: 0, except: { value: -1, means: 'no limit' } }),
    default: 60,
    doc: 'Connections that one client address may have; 0 means no limit.',
  }),
  maxCnxns: option<number>({
    key: 'maxCnxns',
    kind: int({ min: 0, except: { value: -1, means: 'no limit' } }),
    default: 0,
    doc:
      'Connections that all clients together may have; 0 means as many as the limit of open files ' +
      '(`ulimit -n`) leaves room for, and never are there more.',
  }),
  sessionlessTimeoutMs: option<number>({
    key: 'nio.sessionlessCnxnTimeout',
    kind: ms({ min: 1 }),
    default: 10_000,
    doc: 'A connection that has not opened a session after this time is closed.',
  }),
  juteMaxBuffer: option<number>({
    key: 'jute.maxbuffer',
    kind: bytes({ min: 1024 }),
    default: 1_048_575,
    doc:
      'Largest request taken. ZooKeeper reads it from a system property only; here it works in ' +
      'zoo.cfg too.',
  }),
  globalOutstandingLimit: option<number>({
    key: 'globalOutstandingLimit',
    kind: int({ min: 1 }),
    default: 1000,
    doc:
      'With more requests than this in flight, connections that have some are not read from. In an ' +
      'ensemble each of N servers that vote takes an (N-1)th of it.',
  }),
  largeRequestThreshold: option<number>({
    key: 'largeRequestThreshold',
    kind: bytes({ min: 1, except: { value: -1, means: 'off' } }),
    default: -1,
    doc: 'Requests larger than this share the room that largeRequestMaxBytes gives.',
  }),
  largeRequestMaxBytes: option<number>({
    key: 'largeRequestMaxBytes',
    kind: bytes({ min: 1 }),
    default: 104_857_600,
    doc: 'Bytes that large requests in flight may take together; one too many is refused.',
  }),
  snapCount: option<number>({
    key: 'snapCount',
    kind: int({ raisedTo: 2 }),
    default: 100_000,
    doc: 'Transactions between snapshots; each one waits for a random count from half of it on.',
  }),
  snapSizeLimitInKb: option<number>({
    key: 'snapSizeLimitInKb',
    kind: int({ except: { value: -1, means: 'off' } }),
    default: 4_194_304,
    doc: 'KiB of log between snapshots, with the same random spread; 0 or -1 means no limit.',
  }),
  txnLogSizeLimitInKb: option<number>({
    key: 'txnLogSizeLimitInKb',
    kind: int({ min: 1, except: { value: -1, means: 'off' } }),
    default: -1,
    doc: 'KiB at which a new log file is begun.',
  }),
  preAllocSize: option<number>({
    key: 'preAllocSize',
    kind: int({ min: 0, max: 2_097_151 }),
    default: 65_536,
    doc: 'KiB by which a log file grows ahead of what is written to it.',
  }),
  forceSync: option<boolean>({
    key: 'forceSync',
    kind: yesNo,
    default: true,
    doc: 'Whether a write is on the disk before it is acknowledged. With no, a crash loses writes.',
  }),
  fsyncWarningThresholdMs: option<number>({
    key: 'fsync.warningthresholdms',
    kind: ms({ min: 0 }),
    default: 1000,
    doc: 'A flush that takes longer is reported.',
  }),
  commitLogCount: option<number>({
    key: 'commitLogCount',
    kind: int({ raisedTo: 1 }),
    default: 500,
    doc: 'Recent transactions kept in memory for servers that catch up; of no use to one alone.',
  }),
  flushDelay: option<number>({
    key: 'flushDelay',
    kind: ms(),
    default: 0,
    doc: 'How long a flush may wait for more writes to join it; 0 flushes when nothing waits.',
  }),
  maxBatchSize: option<number>({
    key: 'maxBatchSize',
    kind: int(),
    default: 1000,
    doc: 'Writes that one flush may cover; 0 means no limit.',
  }),
  snapshotTrustEmpty: option<boolean>({
    key: 'snapshot.trust.empty',
    kind: boolean,
    default: false,
    doc:
      'Whether a data folder with logs but no snapshot is believed: needed once for folders of ' +
      'ZooKeeper 3.4.',
  }),
  serializeLastProcessedZxidEnabled: option<boolean>({
    key: 'serializeLastProcessedZxid.enabled',
    kind: boolean,
    default: true,
    doc: 'Whether snapshots end with the last zxid they hold, as ZooKeeper 3.9 writes them.',
  }),
  dbAutocreate: option<boolean>({
    key: 'db.autocreate',
    kind: boolean,
    default: true,
    doc:
      'Whether an empty data folder may become a new, empty tree without a file initialize in it. ' +
      'With that file a server of an ensemble votes although its folder is empty and others have ' +
      'data; it is removed when it has had its effect.',
  }),
  datadirAutocreate: option<boolean>({
    key: 'datadir.autocreate',
    kind: boolean,
    default: true,
    doc: 'Whether a data folder that does not exist is made.',
  }),
  autopurgeSnapRetainCount: option<number>({
    key: 'autopurge.snapRetainCount',
    kind: int({ raisedTo: 3 }),
    default: 3,
    doc: 'Valid snapshots that a purge keeps, with every log that any of them needs.',
  }),
  autopurgePurgeInterval: option<number>({
    key: 'autopurge.purgeInterval',
    kind: hours,
    default: 86_400_000,
    doc:
      'Time between purges of old snapshots and logs; the first comes two hours after the start, ' +
      'or one interval if that is less. On by default (24), unlike ZooKeeper (0), since a full disk stops the service; 0 ' +
      'turns it off.',
  }),
  skipAcl: option<boolean>({
    key: 'skipACL',
    kind: yesNo,
    default: false,
    doc: 'Whether every client may do everything. For recovery by hand only.',
  }),
  superDigest: optional<string>({
    key: 'DigestAuthenticationProvider.superDigest',
    kind: text(
      'text',
      'super: and the base64 digest of super:password',
      /^super:[A-Za-z0-9+/]+=*$/,
    ),
    doc: 'Digest of the super user, who may do everything: super:base64(sha1(super:password)).',
  }),
  digestAlg: option<'SHA1'>({
    key: 'DigestAuthenticationProvider.digestAlg',
    kind: choice('SHA1'),
    default: 'SHA1',
    doc: 'Digest of the digest scheme. Others come later: clients of all kinds agree on SHA1 only.',
  }),
  digestAuthEnabled: option<boolean>({
    key: 'DigestAuthenticationProvider.enabled',
    kind: boolean,
    default: true,
    doc: 'Whether the digest scheme exists.',
  }),
  ensembleAuthName: option<readonly string[]>({
    key: 'ensembleAuthName',
    kind: list('names between commas'),
    default: [],
    doc: 'Names that the auth scheme ensemble accepts; other names close the connection.',
  }),
  auditEnabled: option<boolean>({
    key: 'audit.enable',
    kind: boolean,
    default: false,
    doc: 'Whether an audit log is kept, of starts and stops and of every write that a client asks.',
  }),
  enforceQuota: option<boolean>({
    key: 'enforceQuota',
    kind: boolean,
    default: false,
    doc: 'Whether writes beyond a hard quota are refused; without it they are only reported.',
  }),
  extendedTypesEnabled: option<boolean>({
    key: 'extendedTypesEnabled',
    kind: boolean,
    default: false,
    doc: 'Whether nodes with a time to live can be made.',
  }),
  znodeContainerCheckIntervalMs: option<number>({
    key: 'znode.container.checkIntervalMs',
    kind: ms({ min: 1 }),
    default: 60_000,
    doc: 'Time between searches for container and TTL nodes to remove.',
  }),
  znodeContainerMaxPerMinute: option<number>({
    key: 'znode.container.maxPerMinute',
    kind: int({ min: 1 }),
    default: 10_000,
    doc: 'Container and TTL nodes removed in a minute at most.',
  }),
  znodeContainerMaxNeverUsedIntervalMs: option<number>({
    key: 'znode.container.maxNeverUsedIntervalMs',
    kind: ms(),
    default: 0,
    doc: 'Age at which a container that never had a child is removed; 0 means never.',
  }),
  digestEnabled: option<boolean>({
    key: 'digest.enabled',
    kind: boolean,
    default: true,
    doc: 'Whether the digest of the tree is kept, logged and compared.',
  }),
  closeSessionTxnEnabled: option<boolean>({
    key: 'closeSessionTxn.enabled',
    kind: boolean,
    default: true,
    doc: 'Whether the log entry that ends a session lists its nodes, as ZooKeeper 3.6 and later do.',
  }),
  fourLetterWords: option<readonly string[]>({
    key: '4lw.commands.whitelist',
    kind: list('four-letter words between commas, or *', (word) => /^(\*|[a-z]{4})$/.test(word)),
    default: ['srvr'],
    doc: 'Four-letter words that are answered; * means all.',
  }),
  httpIdleTimeoutMs: option<number>({
    key: 'admin.idleTimeout',
    kind: ms({ min: 1 }),
    default: 30_000,
    doc: 'An HTTP connection without a request for this long is closed.',
  }),
  snapshotCommandEnabled: option<boolean>({
    key: 'admin.snapshot.enabled',
    kind: boolean,
    default: true,
    doc: 'Whether the admin command snapshot streams a backup to administrators.',
  }),
  snapshotCommandIntervalMs: option<number>({
    key: 'admin.rateLimiterIntervalInMS',
    kind: ms(),
    default: 300_000,
    doc: 'Time between two snapshots that the admin command snapshot streams. 0: no limit.',
  }),
} as const;

/** Every option that Vivarium supports, by its name inside the program. */
export const options = { ...zooKeeperOptions, ...ensembleOptions, ...ownOptions } as const;

export type OptionName = keyof typeof options;
export type OptionValues = ValuesOf<typeof options>;
