import type { Host } from '../base/host.js';
import type { ConnectionId, Millis, WallMillis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import { Turn } from '../seam/turn.js';
import { LogWriter } from '../storage/log-writer.js';
import type { Recovered } from '../storage/recovery.js';
import { WatchTable } from '../tree/watches.js';
import { Applier } from './applier.js';
import { Authenticator } from './auth.js';
import type { Connection } from './connection.js';
import { ContainerCleaner } from './containers.js';
import { DigestHistory } from './digest-history.js';
import { Expiry } from './expiry.js';
import { Greeter } from './handshake.js';
import { Intake } from './intake.js';
import { createMetrics } from './metrics.js';
import { Notifications } from './notifications.js';
import { Outstanding } from './outstanding.js';
import { firstSessionId, Passwords } from './passwords.js';
import { Pipeline, type PipelineParts } from './pipeline.js';
import { Preparation } from './preparation.js';
import { Replies } from './replies.js';
import type { PendingWrite } from './request.js';
import { Sessions } from './sessions.js';
import { Snapshots } from './snapshots.js';

export interface PeerOptions {
  readonly config: Config;
  readonly host: Host;
  /** Key of the session passwords. */
  readonly secret: Uint8Array;
  /** What the data folder holds. */
  readonly recovered: Recovered;
  readonly now: Millis;
  readonly wall: WallMillis;
}

/** What the parts of a server ask of the server itself. */
export interface PeerCallbacks {
  readonly apply: PipelineParts['apply'];
  readonly failed: PipelineParts['failed'];
  readonly close: (connection: Connection, reason: string) => void;
  readonly sessionEnded: (write: PendingWrite) => void;
}

export type PeerParts = ReturnType<typeof assemble>;

/** Makes the parts of a server and connects them. */
export function assemble(options: PeerOptions, callbacks: PeerCallbacks) {
  const { config, host, recovered, now, wall } = options;
  const { database } = recovered;
  const { close } = callbacks;
  const turn = new Turn(now, wall);
  const connections = new Map<ConnectionId, Connection>();
  const watches = new WatchTable();
  const metrics = createMetrics();
  metrics.digestMismatches.add(recovered.digestMismatches);

  const sessions = new Sessions(config.tickTime, firstSessionId(wall, config.serverId));
  for (const [id, timeoutMs] of database.sessions) sessions.add(id, timeoutMs, now);
  const expiry = new Expiry(sessions, config.tickTime);

  const auth = new Authenticator(host, config);
  const outstanding = new Outstanding(database, config.digestEnabled);
  const replies = new Replies(database, metrics);
  const world = { config, host, turn, database, outstanding, replies, connections, metrics };
  const notifications = new Notifications({ ...world, watches });
  const log = openLog(options);
  const pipeline = new Pipeline({
    ...world,
    preparation: new Preparation({ ...world, auth }),
    log,
    apply: callbacks.apply,
    failed: callbacks.failed,
    settled: (session) => {
      const request = greeter.settled(session);
      if (request !== undefined) intake.answered(request);
    },
  });
  const propose: Pipeline['propose'] = (proposal, prepare) => pipeline.propose(proposal, prepare);
  const passwords = passwordsOf(options);
  const greeter = new Greeter({ ...world, sessions, passwords, propose, close });
  const service = { config, database, watches, notifications };
  const intake = new Intake({ ...world, sessions, auth, greeter, pipeline, service, close });
  const digestHistory = new DigestHistory(recovered.digests);
  const applier = new Applier({
    ...world,
    notifications,
    digests: digestHistory,
    sessionBegan: (write) => greeter.began(write),
    sessionEnded: callbacks.sessionEnded,
    answered: (request) => intake.answered(request),
  });
  const cleaner = new ContainerCleaner({ config, turn, database, propose });
  const snapshots = new Snapshots({
    ...world,
    log,
    retention: recovered.retention,
    apacheSessions: recovered.apacheSessions,
    lastZxid: recovered.lastSnapshotZxid,
    transactions: recovered.transactionsSinceSnapshot,
  });
  return {
    ...world,
    watches,
    sessions,
    expiry,
    auth,
    log,
    pipeline,
    intake,
    applier,
    cleaner,
    snapshots,
    digestHistory,
  };
}

function openLog({ config, recovered }: PeerOptions): LogWriter {
  return new LogWriter({
    preAllocSizeBytes: config.preAllocSize * 1024,
    maxFileBytes: Math.max(0, config.txnLogSizeLimitInKb * 1024),
    sync: config.forceSync,
    dbId: 0n,
    after: recovered.database.lastZxid,
    newFile: (file) => recovered.retention.added(file),
  });
}

function passwordsOf({ config, host, secret, recovered }: PeerOptions): Passwords {
  const isApaches = config.sessionPasswords === 'apache';
  const { apacheSessions } = recovered;
  return new Passwords(host, secret, (session) => isApaches || apacheSessions.has(session));
}
