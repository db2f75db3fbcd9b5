/** Reads a whole tree over the wire: every node's data, stat and ACL. */
import { codes } from '@vivarium/core/internal/base/errors';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import {
  type Acl,
  GetAclResponse,
  GetChildrenResponse,
  GetDataResponse,
  PathRequest,
  ReadRequest,
  type Stat,
} from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';
import { type Answer, answerOf, requestPayload, type WireClient } from './wire-client.js';

export interface DumpedNode {
  readonly data: Uint8Array | null;
  readonly stat: Stat;
  readonly acl: readonly Acl[];
}

/** Nodes read in one write; three requests each. */
const NODES_AT_ONCE = 100;
const FIRST_XID = 1_000_000_000;

/**
 * Every node from `/` down, by path, parents first. A node that goes away meanwhile is left out.
 *
 * @throws when the server refuses to show a node
 */
export async function dumpTree(client: WireClient): Promise<ReadonlyMap<string, DumpedNode>> {
  const dump = new Map<string, DumpedNode>();
  const queue = ['/'];
  let xid = FIRST_XID;
  for (let at = 0; at < queue.length; ) {
    const paths = queue.slice(at, at + NODES_AT_ONCE);
    at += paths.length;
    const read = (path: string) => encode(ReadRequest, { path, watch: false });
    client.sendFrames(
      paths.flatMap((path) => [
        requestPayload(++xid, opcodes.getData, read(path)),
        requestPayload(++xid, opcodes.getAcl, encode(PathRequest, { path })),
        requestPayload(++xid, opcodes.getChildren, read(path)),
      ]),
    );
    for (const path of paths) {
      const [data, acl, children] = [await reply(client), await reply(client), await reply(client)];
      if ([data, acl, children].some(({ header }) => header.err === codes.NO_NODE)) continue;
      for (const { header } of [data, acl, children]) {
        if (header.err !== 0) throw new Error(`${path}: the server answers ${header.err}`);
      }
      dump.set(path, {
        ...GetDataResponse.read(data.body),
        acl: GetAclResponse.read(acl.body).acl,
      });
      const names = GetChildrenResponse.read(children.body).children;
      for (const name of [...names].sort())
        queue.push(path === '/' ? `/${name}` : `${path}/${name}`);
    }
  }
  return dump;
}

/** The next reply that is no event. */
async function reply(client: WireClient): Promise<Answer> {
  for (;;) {
    const frame = await client.next();
    if (frame === undefined) throw new Error('the server closed the connection');
    const answer = answerOf(frame);
    if (answer.header.xid > 0) return answer;
  }
}
