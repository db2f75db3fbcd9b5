/**
 * A subtree as JSON: a head, then one node a line, parents before their children, so that a
 * difference between two exports can be read. Paths are relative to the root of the subtree, which
 * is the empty one. Version 1 of the form stays readable.
 */
import { pathProblem } from '../../../base/path.js';
import type { Acl } from '../../../client/api.js';
import { aclEntry, readAclEntry } from './format.js';
import { dataShape } from './json-shapes.js';

/** How a node comes to an end by itself. */
export type ExportedKind = 'persistent' | 'ephemeral' | 'container' | 'ttl';

/** One node of a subtree, ready to be made. */
export interface ExportedNode {
  /** Relative to the root: empty for it, `/a/b` below. */
  readonly path: string;
  readonly bytes: Uint8Array | null;
  readonly acl: readonly Acl[];
  readonly kind: ExportedKind;
  readonly ttlMs?: number | undefined;
}

const FORMAT = 'vivarium-subtree';

/** First line of an export. */
export function exportHead(path: string, zxid: bigint): string {
  const head = JSON.stringify({ format: FORMAT, version: 1, path, zxid: `0x${zxid.toString(16)}` });
  return `${head.slice(0, -1)},"nodes":[`;
}

/** One node, without the comma before it. */
export function exportLine({ path, bytes, acl, kind, ttlMs }: ExportedNode): string {
  const marks = kind === 'persistent' ? {} : { kind, ttlMs };
  return JSON.stringify({ path, ...dataShape(bytes), ...marks, acl: acl.map(aclEntry) });
}

/** Last line of an export. */
export function exportEnd(count: number): string {
  return `],"count":${count}}`;
}

/**
 * Reads an export.
 *
 * @throws Error that says where it is wrong; a file that was cut off is
 */
export function readExport(text: string): readonly ExportedNode[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new Error(`it is no JSON, or was cut off: ${(cause as Error).message}`, { cause });
  }
  const { format, version, nodes, count } = (document ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) throw new Error(`its "format" is not "${FORMAT}"`);
  if (version !== 1) throw new Error(`its "version" is ${String(version)}; this shell reads 1`);
  if (!Array.isArray(nodes)) throw new Error('it has no list of "nodes"');
  if (count !== undefined && count !== nodes.length) {
    throw new Error(`it says that it has ${String(count)} nodes, and has ${nodes.length}`);
  }
  const seen = new Set<string>();
  return nodes.map((each: unknown, at) => {
    const node = readNode(each, `node ${at + 1}`);
    if (seen.has(node.path)) throw new Error(`node ${at + 1}: ${node.path} comes twice`);
    if (node.path !== '' && !seen.has(node.path.slice(0, node.path.lastIndexOf('/')))) {
      throw new Error(`node ${at + 1}: ${node.path} comes before its parent`);
    }
    seen.add(node.path);
    return node;
  });
}

function readNode(value: unknown, where: string): ExportedNode {
  const refuse = (what: string): never => {
    throw new Error(`${where}: ${what}`);
  };
  if (typeof value !== 'object' || value === null) return refuse('it is no object');
  const {
    path,
    data,
    encoding,
    kind = 'persistent',
    ttlMs,
    acl,
  } = value as Record<string, unknown>;
  if (typeof path !== 'string') return refuse('it has no "path"');
  const problem = path === '' ? undefined : pathProblem(path);
  if (problem !== undefined) return refuse(`its path ${JSON.stringify(path)}: ${problem}`);
  if (data !== null && typeof data !== 'string') return refuse('its "data" is no text');
  if (encoding !== undefined && encoding !== 'base64') {
    return refuse(`its "encoding" is ${String(encoding)}; base64 is known, none is text`);
  }
  if (encoding === 'base64' && !/^[A-Za-z0-9+/]*={0,2}$/.test(data ?? '')) {
    return refuse('its "data" is not base64');
  }
  if (!KINDS.includes(kind as ExportedKind)) return refuse(`its "kind" is ${String(kind)}`);
  if (kind === 'ttl' && !(Number.isSafeInteger(ttlMs) && (ttlMs as number) > 0)) {
    return refuse('its "ttlMs" is no number of milliseconds');
  }
  if (!Array.isArray(acl) || acl.length === 0 || !acl.every((one) => typeof one === 'string')) {
    return refuse('its "acl" is no list of scheme:id:perms');
  }
  let entries: readonly Acl[];
  try {
    entries = acl.map(readAclEntry);
  } catch (error) {
    return refuse((error as Error).message);
  }
  return {
    path,
    bytes: data === null ? null : bytesOf(data, encoding === 'base64'),
    acl: entries,
    kind: kind as ExportedKind,
    ...(kind === 'ttl' ? { ttlMs: ttlMs as number } : {}),
  };
}

const KINDS: readonly ExportedKind[] = ['persistent', 'ephemeral', 'container', 'ttl'];

function bytesOf(data: string, isBase64: boolean): Uint8Array {
  return new Uint8Array(Buffer.from(data, isBase64 ? 'base64' : 'utf8'));
}
