import type { Zxid } from '../base/ids.js';
import { childOf } from '../base/path.js';
import type { PastAnswer, PastNode, PastPart, PastTransaction, TransactionFilter } from './past.js';

/** The transaction that created a node which anybody may read today. */
type OpenSince = (path: string) => Zxid | undefined;

const HIDDEN: PastAnswer = {
  type: 'refused',
  status: 403,
  error:
    'Only an administrator may see the past of this path: today there is no node that everybody ' +
    'may read.',
};

/**
 * What of an answer is for those who are no administrators: nodes that are there today and that
 * anybody may read, from their creation on. What was deleted, or lay at the path before, is not.
 */
export function openPart(answer: PastAnswer, path: string, openSince: OpenSince): PastAnswer {
  switch (answer.type) {
    case 'transactions':
      return { ...answer, rows: answer.rows.flatMap((row) => openRow(row, openSince)) };
    case 'node': {
      const since = openSince(path);
      const { node } = answer;
      if (since === undefined || (node !== undefined && node.czxid !== since)) return HIDDEN;
      const children = answer.children.filter((child) => {
        return openSince(childOf(path, child.name)) === child.czxid;
      });
      return { ...answer, ...(node !== undefined && { node: withoutDigests(node) }), children };
    }
    case 'change': {
      const since = openSince(path);
      if (since === undefined) return HIDDEN;
      const { before, after, ...rest } = answer;
      return {
        ...rest,
        ...(before?.czxid === since && { before: withoutDigests(before) }),
        ...(after?.czxid === since && { after: withoutDigests(after) }),
      };
    }
    case 'differences': {
      const rows = answer.rows.flatMap((row) => {
        const since = openSince(row.path);
        if (since === undefined || row.after?.czxid !== since) return [];
        const { before, ...rest } = row;
        return before?.czxid === since ? [row] : [{ ...rest, kind: 'created' as const, what: [] }];
      });
      return { ...answer, rows };
    }
    default:
      return answer;
  }
}

/**
 * Whether what is told of a transaction is what was asked for: with parts left out it need not be
 * any more, and that it was before must not be told.
 */
export function isAskedFor(row: PastTransaction, filter: TransactionFilter): boolean {
  const { path, withBelow, types } = filter;
  const below = path === '/' ? '/' : `${path}/`;
  const parts = row.parts.filter((part) => {
    if (path === undefined) return true;
    return part.path === path || (withBelow && part.path?.startsWith(below) === true);
  });
  if (path !== undefined && parts.length === 0) return false;
  if (types === undefined || types.includes(row.type)) return true;
  return parts.some(({ type }) => types.includes(type));
}

/** A row without what is hidden; none at all when that was all of it. */
function openRow(row: PastTransaction, openSince: OpenSince): readonly PastTransaction[] {
  const { parts } = row;
  const open = parts.filter((part, at) => isOpen(part, parts.slice(at + 1), row.zxid, openSince));
  if (open.length === parts.length) return [{ ...row, parts: open.map(withoutDigests) }];
  // The beginning and the end of a session are told to anybody, its nodes are not.
  if (open.length === 0 && row.type !== 'closeSession') return [];
  return [{ ...row, parts: open.map(withoutDigests), partCount: open.length }];
}

/** Who may not change an ACL sees the users in it, not their digests, as by the protocol. */
function withoutDigests<T extends Pick<PastPart | PastNode, 'acl'>>(of: T): T {
  if (of.acl === undefined) return of;
  const acl = of.acl.map((entry) => {
    const user = entry.id.slice(0, entry.id.indexOf(':') + 1);
    return entry.scheme === 'digest' ? { ...entry, id: `${user}x` } : entry;
  });
  return { ...of, acl };
}

function isOpen(
  { path, type }: PastPart,
  later: readonly PastPart[],
  zxid: Zxid,
  openSince: OpenSince,
): boolean {
  if (path === undefined) return true;
  const since = openSince(path);
  if (since === undefined || zxid < since || type.startsWith('delete')) return false;
  // Within the transaction that made the node, what comes before it is of another one.
  return zxid > since || !later.some((part) => part.path === path && part.type === 'delete');
}
