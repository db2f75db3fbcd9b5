/** What happens to local sessions and on servers that are cut off, told line by line. */
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import type { Ensemble } from '../ensemble/ensemble.js';
import type { Member } from '../ensemble/member.js';
import { Conversation, sinceThen } from './conversation.js';

/** What was done, and what the server said. */
export type Line = readonly [what: string, said: string];

const EPHEMERAL = createModes.ephemeral.flag;
const EPHEMERAL_SEQUENTIAL = createModes.ephemeralSequential.flag;
const TIMEOUT_MS = 8000;
/** The shortest that ticks of a second allow. */
const SHORT_MS = 2000;
const EXPIRED_MS = 4500;

const node = (path: string, flags = 0) => ({ path, data: null, acl: OPEN_ACL, flags });
const write = (path: string) => ({ path, data: new Uint8Array(2), version: -1 });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A session on one server of an ensemble with local sessions, from its beginning to its end. */
export async function tellOfSession(
  ensemble: Ensemble,
  member: Member,
  path: string,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const tell = async (what: string, said: Promise<string>) => {
    lines.push([what, await said]);
  };
  let zxid = await ensemble.untilEqual();
  const counted = async () => {
    const now = await ensemble.untilEqual();
    const since = sinceThen(zxid, now);
    zxid = now;
    return since;
  };
  const client = await Conversation.open(member, zxid);
  await tell('a new session', client.greet({ timeOut: TIMEOUT_MS }));
  await tell('  has cost', counted());
  await tell('create', client.ask('create', node(path)));
  await tell('create ephemeral', client.ask('create', node(`${path}/e`, EPHEMERAL)));
  const sequential = node(`${path}/e`, EPHEMERAL_SEQUENTIAL);
  await tell('create2 ephemeral sequential', client.ask('create2', sequential));
  await tell('without parent', client.ask('create', node('/none/e', EPHEMERAL)));
  await tell('with a bad path', client.ask('create', node('bad', EPHEMERAL)));
  const ephemeral = { op: 'create', ...node(`${path}/m`, EPHEMERAL) } as const;
  const multi = [{ op: 'check', path, version: 0 }, ephemeral, { op: 'setData', ...write(path) }];
  await tell(
    'multi with an ephemeral node',
    client.multi(multi as Parameters<typeof client.multi>[0]),
  );
  await tell(
    'multi that fails before it',
    client.multi([{ op: 'check', path, version: 9 }, ephemeral]),
  );
  await tell('setData', client.ask('setData', write(path)));
  await tell('sync', client.ask('sync', { path }));
  await tell('create below', client.ask('create', node(`${path}/c`)));
  await tell('ping', client.ping());
  const other = ensemble.running.find((each) => each !== member)!;
  const moved = await Conversation.open(other);
  await tell('goes to another server', moved.resume(client, { timeOut: TIMEOUT_MS }));
  moved.leave();
  const back = await Conversation.open(member, await ensemble.untilEqual());
  await tell('comes back', back.resume(client, { timeOut: TIMEOUT_MS }));
  await tell('  whose old connection is', client.end());
  await tell('setData', back.ask('setData', write(path)));
  await tell('closeSession', back.ask('closeSession', {}));
  await tell('  whose connection is', back.end());
  const late = await Conversation.open(member);
  await tell('comes back after that', late.resume(client));
  zxid = await ensemble.untilEqual();
  const away = await Conversation.open(member);
  await tell('a short session', away.greet({ timeOut: SHORT_MS }));
  away.leave();
  const silent = await Conversation.open(member);
  await tell('another', silent.greet({ timeOut: SHORT_MS }));
  await sleep(EXPIRED_MS);
  await tell('is silent: its connection is', silent.end());
  const again = await Conversation.open(member);
  await tell('comes back too late', again.resume(away));
  await tell('  all of which has cost', counted());
  return lines;
}

/** A server without a quorum, which is to answer reads. */
export async function tellOfReadOnly(ensemble: Ensemble, member: Member): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const tell = async (what: string, said: Promise<string>) => {
    lines.push([what, await said]);
  };
  const other = ensemble.running.find((each) => each !== member)!;
  const known = await Conversation.open(member, await ensemble.untilEqual());
  await tell('a session', known.greet({ timeOut: TIMEOUT_MS }));
  await tell('  owns a node', known.ask('create', node('/owned', EPHEMERAL)));
  const zxid = await ensemble.untilEqual();
  await Promise.all(ensemble.running.filter((each) => each !== member).map((each) => each.kill()));
  await tell('its connection is', known.end());
  const early = await Conversation.open(member);
  await tell('a client at once', early.greet({ readOnly: true }));
  await member.untilServing();
  const open = () => Conversation.open(member, zxid);
  await tell('a client that wants to write', (await open()).greet({ readOnly: false }));
  await tell('an old client', (await open()).greet({ readOnly: undefined }));
  const ahead = { readOnly: true, lastZxidSeen: zxid + 1n };
  await tell('a client that is ahead', (await open()).greet(ahead));
  const readOnly = true;
  await tell('the session from before', (await open()).resume(known, { readOnly }));
  const { sessionId, passwd } = known.reply!;
  const unheard = { sessionId: sessionId + 77n, passwd, readOnly };
  await tell('a session that it has not heard of', (await open()).greet(unheard));
  const client = await open();
  await tell('a new session', client.greet({ readOnly, timeOut: TIMEOUT_MS }));
  if (client.reply !== undefined) {
    await tell('getChildren', client.ask('getChildren', { path: '/', watch: true }));
    await tell('exists', client.ask('exists', { path: '/none', watch: true }));
    await tell('whoAmI', client.ask('whoAmI', {}));
    await tell('getEphemerals', client.ask('getEphemerals', { prefixPath: '/' }));
    await tell('create', client.ask('create', node('/x')));
    await tell('createContainer', client.ask('createContainer', node('/x', 4)));
    await tell('delete', client.ask('delete', { path: '/owned', version: -1 }));
    await tell('setData', client.ask('setData', write('/owned')));
    await tell('setAcl', client.ask('setAcl', { path: '/owned', acl: OPEN_ACL, version: -1 }));
    await tell('sync', client.ask('sync', { path: '/' }));
    await tell('multi', client.multi([{ op: 'check', path: '/', version: -1 }]));
    await tell('ping', client.ping());
    const back = await open();
    await tell('comes back', back.resume(client, { readOnly, timeOut: TIMEOUT_MS }));
    await tell('  whose old connection is', client.end());
    await tell('closeSession', back.ask('closeSession', {}));
    await tell('  whose connection is', back.end());
    await tell('comes back after that', (await open()).resume(client, { readOnly }));
    const silent = await open();
    await tell('a short session', silent.greet({ readOnly, timeOut: SHORT_MS }));
    await sleep(EXPIRED_MS);
    await tell('  is silent: its connection is', silent.end());
  }
  const staying = await open();
  await tell('one more session', staying.greet({ readOnly, timeOut: TIMEOUT_MS }));
  await other.launch();
  await tell('a quorum comes: its connection is', staying.end());
  await ensemble.untilServing();
  const after = await open();
  await tell('goes on with its session', after.resume(staying, { readOnly }));
  const owner = await open();
  await tell('the session from before', owner.resume(known, { timeOut: TIMEOUT_MS }));
  await tell('  its node', owner.ask('exists', { path: '/owned', watch: false }));
  return lines;
}
