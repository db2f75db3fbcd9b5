import type {
  LeadingView,
  LearnerView,
  QuorumView,
} from '@vivarium/core/internal/peer/quorum-view';
import { Membership } from '@vivarium/core/internal/zab/membership';
import { ensembleAt } from './ensemble-spec.js';

/** Three servers, of which the last has a client address in its line. */
export const membership = (() => {
  const spec = ensembleAt(['10.0.0.1:2888:3888'], ['10.0.0.2:2888:3888'], ['zk3:2888:3888']);
  const servers = spec.servers.map((server) =>
    server.serverId === 3 ? { ...server, client: { port: 2183 } } : server,
  );
  return new Membership({ ...spec, servers });
})();

/** What server 1 sees of itself while it follows server 2. */
export function quorumView(changes: Partial<QuorumView> = {}): QuorumView {
  return {
    spec: membership.spec,
    text: membership.text,
    state: 'following',
    phase: 'broadcast',
    syncMode: undefined,
    leaderId: 2,
    leading: undefined,
    ...changes,
  };
}

export function learnerView(changes: Partial<LearnerView> = {}): LearnerView {
  return {
    serverId: 2,
    isObserver: false,
    isVoter: true,
    isForwarding: true,
    address: '10.0.0.2',
    port: 51_000,
    establishedAt: 1_795_533_500_000,
    received: 33,
    sent: 51,
    requests: 6,
    queuedBytes: 0,
    lastZxid: 0x1_0000_0014n,
    ackedZxid: 0x1_0000_0014n,
    ...changes,
  };
}

/** What server 1 sees of itself while it leads. */
export function leaderView(leading: Partial<LeadingView> = {}): QuorumView {
  return quorumView({
    state: 'leading',
    leaderId: 1,
    leading: {
      since: 4_000_000,
      pendingSyncs: 2,
      learners: () => [
        learnerView(),
        learnerView({ serverId: 3, isForwarding: false }),
        learnerView({ serverId: 4, isObserver: true, isVoter: false }),
      ],
      ...leading,
    },
  });
}
