/** An ensemble is replaced by the other kind, server by server and under load, and back again. */
import { type FaultyRunResult, loadedRun } from '../load/faulty-run.js';
import type { ServerKind } from '../server-process.js';

export async function replacement(
  from: ServerKind,
  to: ServerKind,
  seed: number,
): Promise<FaultyRunResult> {
  const kinds = [from, from, from];
  return loadedRun({ kinds, takers: [to], seed }, async ({ ensemble, load, during }) => {
    for (const kind of [to, from]) {
      for (const member of ensemble.members) {
        await during(`${member.kind} becomes ${kind}`, async () => {
          await member.stop();
          load.look(member);
          member.become(kind);
          await member.launch();
          await ensemble.untilServing();
          return `server ${member.id}`;
        });
      }
    }
  });
}
