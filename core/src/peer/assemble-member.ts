import type { SessionId } from '../base/ids.js';
import { Turn } from '../seam/turn.js';
import type { Database } from '../tree/database.js';
import { Election } from '../zab/election.js';
import { ElectionLinks } from '../zab/election-links.js';
import { Epochs } from '../zab/epochs.js';
import { Membership } from '../zab/membership.js';
import { Availability } from './availability.js';
import { writeConfigNode } from './config-node.js';
import { MemberHistory } from './member-history.js';
import type { MemberOptions } from './member-options.js';
import { outstandingShare } from './outstanding-share.js';
import { firstSessionId } from './passwords.js';
import { coreOf } from './peer.js';
import { SessionIds } from './sessions.js';
import { PasswordRule } from './shared-secrets.js';
import { Store } from './store.js';

/** How long a quorum waits for a better candidate, as in ZooKeeper. */
const FINALIZE_WAIT_MS = 200;

export type MemberParts = ReturnType<typeof assembleMember>;

/** Makes what a member keeps for its whole life, whatever its role, and connects it. */
export function assembleMember(options: MemberOptions) {
  const { config, host, now, wall, recovered, epochs, secrets } = options;
  const { serverId } = config;
  const turn = new Turn(now, wall);
  const membership = new Membership(config.ensemble);
  const own = (database: Database) => writeConfigNode(database, membership, turn.wall);
  const store = new Store({ ...options, own }, recovered);
  const usesApacheRule = (session: SessionId): boolean =>
    rule.usesApacheRule || store.apacheSessions.has(session);
  const { globalOutstandingLimit: outstandingLimit } = config;
  const share = outstandingShare(outstandingLimit, membership, serverId);
  const ownConfig = { ...config, globalOutstandingLimit: share };
  const core = coreOf({ ...options, config: ownConfig, secret: secrets[0]! }, turn, usesApacheRule);
  core.passwords.adopt(secrets);
  const ownEpochs = new Epochs(turn, epochs.accepted, epochs.current, options);
  const rule = new PasswordRule({
    passwords: core.passwords,
    apacheSessions: () => store.apacheSessions,
    usesApacheRule: config.sessionPasswords === 'apache',
    write: (steps) => ownEpochs.writeBefore(steps),
  });
  const log = host.log.bind(host);
  const links = new ElectionLinks({
    serverId,
    membership,
    turn,
    timeoutMs: config.cnxTimeout,
    greeting: () => election.greeting,
    heard: (from, notification) => election.heard(from, notification, turn.now),
    lost: (id) => election.lost(id),
    log,
  });
  const election: Election = new Election({
    serverId,
    membership,
    minNotificationMs: config.minNotificationInterval,
    maxNotificationMs: config.maxNotificationInterval,
    finalizeWaitMs: FINALIZE_WAIT_MS,
    passOverMs: 2 * config.initLimit * config.tickTime,
    send: (to, notification) => links.send(to, notification),
    isReachable: (id) => links.isReachable(id),
    log,
  });
  return {
    turn,
    store,
    core,
    rule,
    membership,
    epochs: ownEpochs,
    history: new MemberHistory(store, options.historyOptions.committed),
    historyOptions: options.historyOptions,
    sessionIds: new SessionIds(firstSessionId(wall, serverId)),
    links,
    election,
    outstandingLimit,
    availability: new Availability(turn, core.metrics),
  };
}
