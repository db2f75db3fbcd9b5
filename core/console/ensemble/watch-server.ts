/** What the page knows of its server, asked for every five seconds while somebody looks. */
import { signal } from '@preact/signals';
import { type Client, text } from '@vivarium/core';
import { type Answer, ask, whileSeen } from '../ask.js';
import { afterRestart, type History, type HistoryAnswer, joined } from './history.js';
import { type MemberLine, readMembers } from './members.js';

/** What a server says of itself, as far as it says it. */
export interface ServerWords {
  readonly role: string;
  /** Vivarium's, which stands behind the ZooKeeper release that it keeps to. */
  readonly version: string | undefined;
  readonly uptimeMs: number | undefined;
  /** Its number in the ensemble; a server that stands alone has none. */
  readonly id: number | undefined;
  readonly leader: number | undefined;
  /** As `zabstate` says it. */
  readonly phase: string | undefined;
}

/** Why there are no new figures. */
export type Missing = Exclude<Answer<never>, { kind: 'answered' }>;

const EVERY_MS = 5_000;

export const history = signal<History | undefined>(undefined);
export const words = signal<ServerWords | undefined>(undefined);
export const members = signal<readonly MemberLine[]>([]);
/** Why the last question had no answer; undefined while all is well. */
export const missing = signal<Missing | undefined>(undefined);
/** When the server answered last, by this machine's clock. */
export const heardAt = signal<number | undefined>(undefined);

/** Keeps the signals above true. @returns what ends it */
export function watchServer(zk: () => Client | undefined): () => void {
  return whileSeen(async () => {
    const [past] = await Promise.all([readHistory(), readWords(), readConfig(zk())]);
    missing.value = past;
    if (past === undefined) heardAt.value = Date.now();
  }, EVERY_MS);
}

async function readHistory(): Promise<Missing | undefined> {
  const before = history.peek();
  const answer = await askHistory(before);
  if (answer.kind !== 'answered') return answer;
  const next = joined(before, answer.body);
  if (next !== undefined || before === undefined) {
    history.value = next;
    return undefined;
  }
  const earlier = afterRestart(before);
  const whole = await askHistory(earlier);
  if (whole.kind !== 'answered') return whole;
  history.value = joined(earlier, whole.body);
  return undefined;
}

function askHistory(known: History | undefined): Promise<Answer<HistoryAnswer>> {
  return ask('history', { since: String(known?.lastSeq ?? 0) });
}

async function readWords(): Promise<void> {
  const [stats, zab, leader] = await Promise.all([
    ask<{ version: string; server_stats: { server_state: string; uptime: number } }>(
      'server_stats',
    ),
    ask<{ myid?: number; zabstate?: string }>('zabstate'),
    ask<{ leader_id: number }>('leader'),
  ]);
  if (stats.kind === 'silent') return;
  if (stats.kind === 'refused' && stats.status !== 200) return;
  const before = words.peek();
  if (stats.kind === 'refused') {
    // It answers and serves nobody: who leads is what it is finding out.
    words.value = {
      role: 'looking',
      version: before?.version,
      uptimeMs: undefined,
      id: before?.id,
      leader: undefined,
      phase: undefined,
    };
    return;
  }
  const { version, server_stats } = stats.body;
  const own = zab.kind === 'answered' ? zab.body : undefined;
  const led = leader.kind === 'answered' ? leader.body.leader_id : -1;
  words.value = {
    role: server_stats.server_state,
    version: /vivarium-([^,]+)/.exec(version)?.[1] ?? version.split(',')[0],
    uptimeMs: server_stats.uptime,
    id: own?.myid ?? before?.id,
    leader: led < 0 ? undefined : led,
    phase: own?.zabstate === '' ? undefined : own?.zabstate,
  };
}

/** The servers by the tree's own node of them; what was known stays while it cannot be read. */
export async function readConfig(zk: Client | undefined): Promise<void> {
  if (zk?.state.type !== 'connected') return;
  const config = await zk.getData('/zookeeper/config', { codec: text }).catch(() => undefined);
  if (config !== undefined) members.value = readMembers(config);
}
