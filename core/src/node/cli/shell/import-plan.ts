/** What an import would do, decided before anything is written. */
import { parentOf } from '../../../base/path.js';
import type { Acl, Client, CreateMode, MultiOp } from '../../../client/api.js';
import { isZkError } from '../../../client/errors.js';
import type { ExportedNode } from './export-format.js';
import { explained, failureText, kindOf, ShellFailure } from './failure.js';
import { aclEntry } from './format.js';
import { unlessGone } from './walk.js';

/** What becomes of a node that is there already. */
export type OnExisting = 'refuse' | 'skip' | 'overwrite';

/** One node of an import. */
export interface ImportStep {
  readonly path: string;
  readonly action: 'create' | 'overwrite' | 'same' | 'skip';
  /** Why it is skipped. */
  readonly why?: string;
  readonly node: ExportedNode;
}

/**
 * Compares an export with what is there.
 *
 * @param onProgress told of how many nodes were looked at
 */
export async function planImport(
  client: Client,
  nodes: readonly ExportedNode[],
  root: string,
  onExisting: OnExisting,
  onProgress: (done: number) => void,
): Promise<readonly ImportStep[]> {
  const parent = parentOf(root);
  if ((await client.exists(parent)) === undefined) {
    throw new ShellFailure(`there is no node ${parent} to import into; nothing was written`);
  }
  const steps: ImportStep[] = [];
  const left = new Set<string>();
  for (const [at, node] of nodes.entries()) {
    if (at % 100 === 0) onProgress(at);
    const path = node.path === '' ? root : `${root === '/' ? '' : root}${node.path}`;
    const above = node.path.slice(0, Math.max(0, node.path.lastIndexOf('/')));
    const skip = (why: string) => {
      left.add(node.path);
      steps.push({ path, action: 'skip', why, node });
    };
    if (path === '/zookeeper' || path.startsWith('/zookeeper/')) skip("it is the servers' own");
    else if (node.kind === 'ephemeral') skip('ephemeral: it belongs to a session');
    else if (node.path !== '' && left.has(above)) skip('its parent is skipped');
    else {
      const present = await unlessGone(client.get(path));
      if (present === undefined) steps.push({ path, action: 'create', node });
      else if (path === '/') steps.push({ path, action: 'same', node });
      else {
        const { acl } = await client.getAcl(path);
        const isSame = sameBytes(present.bytes, node.bytes) && sameAcl(acl, node.acl);
        if (isSame) steps.push({ path, action: 'same', node });
        else if (onExisting === 'overwrite') steps.push({ path, action: 'overwrite', node });
        else if (onExisting === 'skip')
          steps.push({ path, action: 'skip', why: 'it is there', node });
        else {
          throw new ShellFailure(
            `${path} is there already, with other data or another ACL; nothing was written. ` +
              '--skip keeps such nodes, --overwrite replaces them.',
          );
        }
      }
    }
  }
  return steps;
}

/** Most nodes, and about the most bytes, of one transaction. */
const BATCH_NODES = 100;
const BATCH_BYTES = 256 * 1024;

/**
 * Carries a plan out, a transaction of several nodes at a time.
 *
 * @throws ShellFailure that says what was written and what was not
 */
export async function carryOut(
  client: Client,
  steps: readonly ImportStep[],
  signal: AbortSignal,
  onProgress: (done: number, all: number) => void,
): Promise<void> {
  const work = steps.filter(({ action }) => action === 'create' || action === 'overwrite');
  let done = 0;
  while (done < work.length) {
    onProgress(done, work.length);
    const batch = batchFrom(work, done);
    let isSent = false;
    try {
      signal.throwIfAborted();
      isSent = true;
      await client.multi(batch.flatMap(writesOf));
      for (const { action, path, node } of batch) {
        if (action === 'overwrite') await client.setAcl(path, node.acl);
      }
    } catch (error) {
      throw stopped(error, work, done, isSent ? batch : undefined);
    }
    done += batch.length;
  }
}

function batchFrom(work: readonly ImportStep[], from: number): readonly ImportStep[] {
  const batch: ImportStep[] = [];
  let bytes = 0;
  for (const step of work.slice(from, from + BATCH_NODES)) {
    bytes += step.path.length + (step.node.bytes?.length ?? 0) + 100;
    if (batch.length > 0 && bytes > BATCH_BYTES) break;
    batch.push(step);
  }
  return batch;
}

function writesOf({ action, path, node }: ImportStep): readonly MultiOp[] {
  const { bytes, acl, kind, ttlMs } = node;
  if (action === 'overwrite') return [{ op: 'set', path, data: bytes }];
  const mode = MODES[kind];
  return [{ op: 'create', path, data: bytes, acl, mode, ...(kind === 'ttl' ? { ttlMs } : {}) }];
}

const MODES: Readonly<Record<ExportedNode['kind'], CreateMode>> = {
  persistent: 'persistent',
  ephemeral: 'ephemeral',
  container: 'container',
  ttl: 'persistentTtl',
};

/** Says how far it came, and at what it stopped: `sent` is what was under way. */
function stopped(
  error: unknown,
  work: readonly ImportStep[],
  done: number,
  sent: readonly ImportStep[] | undefined,
): ShellFailure {
  const [next] = work.slice(done);
  const zkError = isZkError(error) ? error : undefined;
  const size = Math.max(...(sent ?? []).map(({ node }) => node.bytes?.length ?? 0));
  const reason = failureText(explained(error, next!.path, size), next!.path);
  const isUnknown =
    sent !== undefined && (zkError?.outcome !== 'refused' || sent.some(isOverwrite));
  const written =
    done === 0
      ? 'nothing was written before'
      : `${done} of ${work.length} nodes were written: up to ${work[done - 1]!.path}`;
  const open = isUnknown
    ? `; whether those from ${sent[0]!.path} to ${sent.at(-1)!.path} were is not known`
    : '';
  return new ShellFailure(
    `import stopped at ${zkError?.path ?? next!.path}: ${reason}; ${written}${open}. ` +
      'The same command with --skip goes on from there.',
    kindOf(error),
  );
}

function isOverwrite({ action }: ImportStep): boolean {
  return action === 'overwrite';
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return Buffer.from(a).equals(Buffer.from(b));
}

function sameAcl(a: readonly Acl[], b: readonly Acl[]): boolean {
  return a.map(aclEntry).sort().join() === b.map(aclEntry).sort().join();
}
