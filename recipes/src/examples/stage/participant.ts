/** The program of a participant: one client, one session, one role. */
import { connect } from '@vivarium/core';
import { examples } from '../examples.js';
import type { Order, Part, Report } from './messages.js';
import { ProcessPerformer } from './performer.js';

const SESSION_MS = 3_000;

const { example, role, name, connectString, words } = JSON.parse(process.argv[2]!) as Part;
const report = (news: Report) => void process.send!(news);
// Whoever started us is gone: nobody looks on any more.
process.on('disconnect', () => process.exit(1));
// Ctrl-C goes to all in the terminal; the one who started us ends us.
process.on('SIGINT', () => {});

try {
  const zk = await connect(connectString, { sessionTimeoutMs: SESSION_MS });
  const me = new ProcessPerformer({ name, zk, words, report });
  process.on('message', (order) => me.take(order as Order));
  report({ type: 'ready' });
  await examples[example]!.roles[role]!(me);
  me.end();
  await zk.close();
  process.disconnect();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  const story = error instanceof Error ? error.message : String(error);
  process.send!({ type: 'failed', story } satisfies Report, () => process.exit(1));
}
