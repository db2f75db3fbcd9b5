/** A last look at everything: what the server shows at the end is compared with the log (C13). */
import { type Client, isZkError } from '@vivarium/core';

/** Reads every node below /sim, as far as the client may. The replay judges the answers. */
export async function readWholeTree(zk: Client): Promise<void> {
  const paths = ['/sim'];
  for (let at = 0; at < paths.length; at++) {
    const path = paths[at]!;
    const [, , listed] = await Promise.all([
      excused(zk.get(path)),
      excused(zk.getAcl(path)),
      excused(zk.children(path)),
    ]);
    for (const name of listed?.children ?? []) paths.push(`${path}/${name}`);
  }
}

/** What a request gives; nothing when it is refused, as it may be. */
async function excused<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isZkError(error)) return undefined;
    throw error;
  }
}
