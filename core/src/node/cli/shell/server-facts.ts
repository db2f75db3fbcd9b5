/** What a server says of itself in `mntr`, or in `srvr` where that is all it answers. */
export interface ServerFacts {
  readonly name: string;
  /** `leader`, `follower`, `observer`, `standalone`, `read-only`; `idle` without a quorum. */
  readonly role: string;
  /** Undefined where it is not told. */
  readonly zxid: bigint | undefined;
  readonly connections: number | undefined;
  readonly outstanding: number | undefined;
  readonly latencyMs: { readonly average: number; readonly most: number } | undefined;
  /** Packets received since its start; requests and pings. */
  readonly received: number | undefined;
  readonly znodes: number | undefined;
  readonly watches: number | undefined;
}

/** A server that gave no answer. */
export interface NoAnswer {
  readonly name: string;
  readonly role: 'down';
}

/**
 * Reads the answers of one server.
 *
 * @param srvr its answer to `srvr`; undefined when there was none
 * @param mntr its answer to `mntr`, which servers give only where their whitelist allows it
 */
export function serverFacts(
  name: string,
  srvr: string | undefined,
  mntr: string | undefined,
): ServerFacts | NoAnswer {
  if (srvr === undefined) return { name, role: 'down' };
  if (/not currently serving/.test(srvr)) return { name, role: 'idle', ...NOTHING };
  const said = (label: string) => new RegExp(`^${label}: (.*)$`, 'm').exec(srvr)?.[1];
  const number = (text: string | undefined) =>
    text === undefined || !/^-?\d+(\.\d+)?$/.test(text) ? undefined : Number(text);
  const measured = monitored(mntr);
  const pick = (key: string, label: string) => number(measured.get(key) ?? said(label));
  const zxid = said('Zxid');
  const latency = said('Latency min/avg/max')?.split('/');
  const average = number(measured.get('zk_avg_latency') ?? latency?.[1]);
  const most = number(measured.get('zk_max_latency') ?? latency?.[2]);
  return {
    name,
    role: said('Mode') ?? measured.get('zk_server_state') ?? 'unknown',
    zxid: zxid !== undefined && /^0x[0-9a-f]+$/i.test(zxid) ? BigInt(zxid) : undefined,
    connections: pick('zk_num_alive_connections', 'Connections'),
    outstanding: pick('zk_outstanding_requests', 'Outstanding'),
    latencyMs: average === undefined || most === undefined ? undefined : { average, most },
    received: pick('zk_packets_received', 'Received'),
    znodes: pick('zk_znode_count', 'Node count'),
    watches: number(measured.get('zk_watch_count')),
  };
}

const NOTHING = {
  zxid: undefined,
  connections: undefined,
  outstanding: undefined,
  latencyMs: undefined,
  received: undefined,
  znodes: undefined,
  watches: undefined,
};

function monitored(text: string | undefined): ReadonlyMap<string, string> {
  const pairs = (text ?? '').split('\n').map((line) => line.split('\t'));
  return new Map(pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key!, value]])));
}
