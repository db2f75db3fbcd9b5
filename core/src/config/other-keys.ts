import { boolean, choice, int, type Kind, text } from './option-kinds.js';

/**
 * A key of ZooKeeper's that Vivarium knows and has no use for. `ignored` ones are harmless to pass
 * over, and a notice says so; `refused` ones concern security, membership or durability, where
 * going on without them would be a silent downgrade, so the start is refused.
 */
export interface OtherKey {
  /** As in `zoo.cfg`; a final `*` stands for any ending. */
  readonly key: string;
  readonly support: 'ignored' | 'refused';
  /** Checked even though the value is not used; a wrong one would be refused by ZooKeeper too. */
  readonly kind: Kind<unknown>;
  /** Values (lower case) that ask for nothing, so that they are fine in a refused key. */
  readonly harmless: readonly string[];
  readonly why: string;
  /** What to do instead; empty when there is nothing to do. */
  readonly remedy: string;
}

const any: Kind<string> = text('text', 'any text', /^/);
const anyInt = int({ min: -1 });
const OFF = ['false'];

const otherThreads = 'Vivarium has no such threads or caches';
const noTls = 'this version has no TLS';
const noSasl = 'this version has no SASL';
const tlsRemedy =
  'Remove the key and put a TLS proxy in front, or keep the port on a private network.';
const saslRemedy = 'Remove the key and use the digest scheme, or wait for a later version.';

function ignored(why: string, kind: Kind<unknown>, keys: readonly string[]): OtherKey[] {
  return keys.map((key) => ({ key, support: 'ignored', kind, harmless: [], why, remedy: '' }));
}

function refused(
  why: string,
  remedy: string,
  keys: readonly (readonly [key: string, kind: Kind<unknown>, harmless: readonly string[]])[],
): OtherKey[] {
  return keys.map(([key, kind, harmless]) => ({
    key,
    support: 'refused',
    kind,
    harmless,
    why,
    remedy,
  }));
}

/** Every other key ZooKeeper knows. The first row that matches decides. */
export const otherKeys: readonly OtherKey[] = [
  ...refused(noTls, tlsRemedy, [
    ['secureClientPort', anyInt, []],
    ['secureClientPortAddress', any, []],
    ['sslQuorum', boolean, OFF],
    ['portUnification', boolean, OFF],
    ['client.portUnification', boolean, OFF],
    ['sslQuorumReloadCertFiles', boolean, OFF],
    ['client.certReload', boolean, OFF],
    ['ssl.*', any, []],
    ['X509AuthenticationProvider.*', any, []],
    ['admin.forceHttps', boolean, OFF],
    ['admin.needClientAuth', boolean, OFF],
    ['admin.portUnification', boolean, OFF],
  ]),
  ...refused(noSasl, saslRemedy, [
    ['quorum.auth.enableSasl', boolean, OFF],
    ['quorum.auth.learnerRequireSasl', boolean, OFF],
    ['quorum.auth.serverRequireSasl', boolean, OFF],
    ['sessionRequireClientSASLAuth', boolean, OFF],
    ['allowSaslFailedClients', boolean, OFF],
    ['requireClientAuthScheme', any, []],
    ['superUser*', any, []],
    ['SASLAuthenticationProvider.*', any, []],
    ['letAnySaslUserDoX', any, []],
  ]),
  ...refused(
    'only the schemes world, auth, digest, ip, super and ensemble exist',
    'Remove the key; whoever relied on that scheme cannot be let in by this version.',
    [
      ['authProvider.*', any, []],
      ['enforce.auth.enabled', boolean, OFF],
      ['enforce.auth.schemes', any, ['']],
    ],
  ),
  ...refused(
    'the address of a client is the one its connection comes from',
    'Remove the key, or set it to false.',
    [['IPAuthenticationProvider.usexforwardedfor', boolean, OFF]],
  ),
  ...refused(
    'audit lines go to the file that vivarium.auditFile names, or to the log',
    'Remove the key, and collect the lines from there.',
    [['audit.impl.class', any, ['org.apache.zookeeper.audit.slf4jauditlogger']]],
  ),
  ...refused(
    'the servers of an ensemble cannot be changed while it runs; that comes with a later version, ' +
      'and until then a change that is found in the log stops the server',
    'Remove the key, or set it to false.',
    [['reconfigEnabled', boolean, OFF]],
  ),
  ...refused(
    'this version asks no oracle: one server of two never goes on alone',
    'Remove the key, and run three servers, of which one may fail.',
    [['oraclePath', any, []]],
  ),
  ...refused(
    'followers of this version do not serve observers, who connect to the leader',
    'Remove the key on every server, so that no observer looks for that port.',
    [['observerMasterPort', anyInt, ['0', '-1']]],
  ),
  ...refused(
    'snapshots are written without compression',
    'Remove the key; snapshots that are compressed already are read.',
    [['snapshot.compression.method', any, ['']]],
  ),
  ...refused(
    'TTL nodes are kept as ZooKeeper 3.5.4 and later keep them, and a folder may hold only one kind',
    'Remove the key.',
    [['emulate353TTLNodes', boolean, OFF]],
  ),
  ...ignored('there is only one way to elect a leader', choice('3'), ['electionAlg']),
  ...ignored('cnxTimeout limits how long servers take to introduce themselves', anyInt, [
    'quorumCnxnTimeoutMs',
  ]),
  ...ignored('servers find out by themselves which addresses answer', anyInt, [
    'multiAddress.reachabilityCheckTimeoutMs',
  ]),
  ...ignored('servers find out by themselves which addresses answer', boolean, [
    'multiAddress.reachabilityCheckEnabled',
  ]),
  ...ignored('links between servers are watched by heartbeats', boolean, ['tcpKeepAlive']),
  ...ignored('no follower serves observers', anyInt, [
    'observerMaster.sizeLimit',
    'observer.reconnectDelayMs',
  ]),
  ...ignored('an observer that asks who leads costs the others next to nothing', anyInt, [
    'observer.election.DelayMs',
  ]),
  ...ignored(
    'observers keep a log and snapshots too, so that they need not fetch all anew',
    boolean,
    ['syncEnabled', 'observer.syncEnabled'],
  ),
  ...ignored('ACLs are checked where writes are decided: by the leader', boolean, [
    'enableEagerACLCheck',
  ]),
  ...ignored(otherThreads, anyInt, ['quorum.cnxn.threads.size', 'messageTracker.BufferSize']),
  ...ignored(otherThreads, boolean, [
    'learner.asyncSending',
    'learner.closeSocketAsync',
    'leader.closeSocketAsync',
    'follower.skipLearnerRequestToNextProcessor',
    'forward_learner_requests_to_commit_processor_disabled',
    'messageTracker.Enabled',
  ]),
  ...ignored(otherThreads, anyInt, [
    'maxResponseCacheSize',
    'maxGetChildrenResponseCacheSize',
    'maxWriteQueuePollTime',
    'commitProcessor.*',
    'nio.numSelectorThreads',
    'nio.numWorkerThreads',
    'nio.shutdownTimeout',
    'intBufferStartingSizeBytes',
    'nio.directBufferBytes',
    'learner.*',
    'watcherCleanThreadsNum',
    'watcherCleanThreshold',
    'watcherCleanIntervalInSeconds',
    'maxInProcessingDeadWatchers',
    'bitHashCacheSize',
  ]),
  ...ignored(otherThreads, any, [
    'serverCnxnFactory',
    'watchManagerName',
    'netty.*',
    'jvm.pause.*',
  ]),
  ...ignored('Vivarium limits requests by globalOutstandingLimit alone', any, [
    'request_throttle_*',
    'request_stale_*',
    'request_throttler.*',
    'throttled_op_wait_time',
  ]),
  ...ignored('Vivarium limits connections by maxClientCnxns and maxCnxns alone', any, [
    'connection_throttle_*',
    'connectionThrottle*',
  ]),
  ...ignored('HTTP commands are served on the client port, see vivarium.commands', any, [
    'admin.*',
  ]),
  ...ignored('metrics are served on the client port under /metrics, see vivarium.metrics', any, [
    'metricsProvider.*',
  ]),
  ...ignored('TLS and SASL are refused anyway', any, [
    'kerberos.*',
    'sasl.*',
    'fips-mode',
    'kinit',
    'requireKerberosConfig',
    'security.auth_to_local',
    'quorum.auth.*',
  ]),
  ...ignored('the receive limit is jute.maxbuffer exactly', any, ['jute.maxbuffer.extrasize']),
  ...ignored('connections are always kept alive by heartbeats', boolean, ['clientTcpKeepAlive']),
  ...ignored('Vivarium keeps no statistics of paths', any, ['pathStats.*']),
];

/** The row of a key that is not an option, if ZooKeeper knows the key. */
export function findOtherKey(key: string): OtherKey | undefined {
  return otherKeys.find(({ key: pattern }) =>
    pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : pattern === key,
  );
}
