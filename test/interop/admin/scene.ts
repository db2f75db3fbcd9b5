/** A server with something to tell: nodes, an ephemeral one, watches, and clients that stay. */
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { CreateRequest, ReadRequest, SetDataRequest } from '@vivarium/core/internal/wire/records';
import { OPEN_ACL } from '../ensemble/steady-writer.js';
import { WireClient } from '../wire-client.js';

/** Nobody's session may end, and no ping may be due, while the answers are compared. */
const TIMEOUT_MS = 40_000;

/** Sets the scene. @returns what takes the clients away */
export async function setScene(port: number, host?: string): Promise<() => void> {
  const owner = await WireClient.session(port, { timeOut: TIMEOUT_MS }, host);
  const watcher = await WireClient.session(port, { timeOut: TIMEOUT_MS }, host);
  const create = (path: string, flags: number) =>
    owner.call(opcodes.create, CreateRequest, {
      path,
      data: new TextEncoder().encode(`of ${path}`),
      acl: OPEN_ACL,
      flags,
    });
  await create('/app', createModes.persistent.flag);
  for (const name of ['a', 'b']) await create(`/app/${name}`, createModes.persistent.flag);
  await create('/app/here', createModes.ephemeral.flag);
  await owner.call(opcodes.setData, SetDataRequest, {
    path: '/app/a',
    data: new Uint8Array(100),
    version: 0,
  });
  for (const path of ['/app', '/app/a']) {
    await watcher.call(opcodes.getData, ReadRequest, { path, watch: true });
  }
  await watcher.call(opcodes.exists, ReadRequest, { path: '/app/missing', watch: true });
  await owner.call(opcodes.getChildren, ReadRequest, { path: '/app', watch: true });
  await owner.call(opcodes.getData, ReadRequest, { path: '/app', watch: true });
  return () => {
    owner.destroy();
    watcher.destroy();
  };
}
