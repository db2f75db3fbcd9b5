import { participantsOf, serverOf } from '../config/ensemble.js';
import { javaHost } from '../config/java-forms.js';
import type { ClientAddress, ServerAddress, ServerSpec } from '../config/servers.js';
import type { LearnerView, QuorumView } from '../peer/quorum-view.js';
import type { PeerView } from '../peer/view.js';
import { type AdminContext, hex, socketAddress } from './facts.js';
import type { AdminObject } from './values.js';

/** What the command `leader` answers. */
export function leaderStatus({ quorum }: PeerView): AdminObject {
  if (quorum === undefined) return { error: 'server is not initialized' };
  const { leaderId = -1, spec } = quorum;
  const [address] = serverOf(spec, leaderId)?.addresses ?? [];
  return {
    is_leader: quorum.leading !== undefined,
    leader_id: leaderId,
    leader_ip: address === undefined ? '' : javaHost(address.host),
  };
}

/** What the command `observers` answers. */
export function observerStatus({ quorum }: PeerView): AdminObject {
  const learners = quorum?.leading?.learners() ?? [];
  const observers = learners.filter(({ isObserver, isForwarding }) => isObserver && isForwarding);
  return { synced_observers: observers.length, observers: observers.map(learnerInfo) };
}

/** What the command `voting_view` answers. */
export function votingView(context: AdminContext, { quorum, serverId }: PeerView): AdminObject {
  if (quorum === undefined) return { current_config: {} };
  const { spec } = quorum;
  const rows = [...participantsOf(spec)]
    .sort((a, b) => a - b)
    .map((id) => {
      const { addresses, client, role } = serverOf(spec, id)!;
      const known = id === serverId ? ownClient(context, client) : client;
      const row: AdminObject = {
        server_addresses: addresses.map(({ host, quorumPort }) => addressOf(host, quorumPort)),
        election_addresses: addresses.map(({ host, electionPort }) =>
          addressOf(host, electionPort),
        ),
        client_address: clientText(known),
        learner_type: role,
      };
      return [String(id), row] as const;
    });
  return { current_config: Object.fromEntries(rows) };
}

/** What the command `zabstate` answers; as ZooKeeper, nothing of a server that does not serve. */
export function zabState(context: AdminContext): AdminObject {
  const { view } = context;
  const { quorum } = view ?? {};
  if (view === undefined || quorum === undefined || !view.serving) {
    return { voting: false, zabstate: '' };
  }
  const own = serverOf(quorum.spec, view.serverId)!;
  const zxid = BigInt.asUintN(64, view.lastZxid);
  return {
    myid: view.serverId,
    is_leader: quorum.leading !== undefined,
    quorum_address: severalAddresses(own, ({ quorumPort }) => quorumPort),
    election_address: severalAddresses(own, ({ electionPort }) => electionPort),
    client_address: clientText(ownClient(context, own.client)),
    voting: own.role === 'participant',
    last_zxid: `0x${hex(zxid)}`,
    zab_epoch: Number(zxid >> 32n),
    zab_counter: Number(zxid & 0xffff_ffffn),
    zabstate: quorum.phase,
  };
}

/** What stands in the row `peer_state` of `mntr`, such as `leading - broadcast`. */
export function peerState({ state, phase, syncMode }: QuorumView): string {
  const words = [state, phase === 'election' ? undefined : phase, syncMode];
  return words.filter((word) => word !== undefined).join(' - ');
}

/** Lines that `conf` has of a server in an ensemble; there is no end of line after the last. */
export function quorumConfiguration({ config }: AdminContext, view: PeerView): string {
  const { quorum, serverId } = view;
  if (quorum === undefined) return '';
  const { addresses, role } = serverOf(quorum.spec, serverId)!;
  const portsOf = (port: (address: ServerAddress) => number) => addresses.map(port).join('|');
  const lines = [
    `initLimit=${config.initLimit}`,
    `syncLimit=${config.syncLimit}`,
    'electionAlg=3',
    `electionPort=${portsOf(({ electionPort }) => electionPort)}`,
    `quorumPort=${portsOf(({ quorumPort }) => quorumPort)}`,
    `peerType=${role === 'participant' ? 0 : 1}`,
    'membership: ',
    quorum.text,
  ];
  return lines.join('\n');
}

function learnerInfo(learner: LearnerView): AdminObject {
  return {
    remote_socket_address: `/${socketAddress(learner.address, learner.port)}`,
    sid: learner.serverId,
    established: Math.round(learner.establishedAt),
    queued_packets: 0,
    queued_packets_size: learner.queuedBytes,
    packets_received: learner.received,
    packets_sent: learner.sent,
    requests: learner.requests,
    last_zxid: learner.lastZxid,
  };
}

/** Where clients find this server: what its line says, or else what it listens to. */
function ownClient({ config, facts }: AdminContext, client: ClientAddress | undefined) {
  if (client !== undefined) return client;
  const { clientPortAddress: host } = config;
  return host === undefined ? { port: facts.clientPort } : { host, port: facts.clientPort };
}

function clientText(client: ClientAddress | undefined): string {
  return client === undefined ? '' : addressOf(client.host ?? '0.0.0.0', client.port);
}

/** ZooKeeper's MultipleAddresses as JSON. Which of them can be reached is not looked at. */
function severalAddresses(
  { addresses }: ServerSpec,
  port: (address: ServerAddress) => number,
): AdminObject {
  const all = addresses.map((address) => addressOf(address.host, port(address)));
  const [one = ''] = all;
  const ports = [...new Set(addresses.map(port))];
  return {
    empty: all.length === 0,
    all_addresses: all,
    wildcard_addresses: ports.map((each) => addressOf('0.0.0.0', each)),
    all_ports: ports,
    all_host_strings: addresses.map(({ host }) => javaHost(host)),
    reachable_address: one,
    all_reachable_addresses: all,
    all_reachable_addresses_or_all: all,
    reachable_or_one: one,
    one,
  };
}

function addressOf(host: string, port: number): string {
  return socketAddress(javaHost(host), port);
}
