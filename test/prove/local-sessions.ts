/**
 * Local sessions and servers without a quorum, beside Apache ZooKeeper: what happens to them is
 * told line by line, of ensembles of three servers and an observer, of either kind and of both.
 * `npm run prove -- local-sessions 3.8.0,vivarium` compares with another release.
 */
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import { QUICK_JVM } from '../interop/apache.js';
import { Ensemble } from '../interop/ensemble/ensemble.js';
import type { Member } from '../interop/ensemble/member.js';
import { nameOf, type ServerKind } from '../interop/server-process.js';
import { Conversation } from '../interop/sessions/conversation.js';
import { judge, type Said, theirWord } from '../interop/sessions/judge.js';
import { type Line, tellOfReadOnly, tellOfSession } from '../interop/sessions/stories.js';
import { table } from './page.js';
import type { Proof } from './proof.js';
import { subjectsOf, versionsOf } from './subjects.js';

const CONFIG = {
  localSessionsEnabled: 'true',
  'readonlymode.enabled': 'true',
  /* So that sessions may go from one kind of server to the other. */
  'vivarium.sessionPasswords': 'apache',
};
const JVM = [...QUICK_JVM, '-Dreadonlymode.enabled=true'];

export const prove: Proof = {
  name: 'local-sessions',
  what:
    'Local sessions, their upgrade, and servers that are cut off and answer reads only are as in ' +
    'Apache ZooKeeper, in ensembles of either and of both.',
  async run({ short, args, slice, log }) {
    const kinds = subjectsOf(args);
    const [theirs, ours] = kinds;
    if (theirs === undefined || ours === undefined) throw new Error('two kinds are compared');
    const pure = [theirs, ours].map((kind) => [kind, kind, kind, kind]);
    const mixed = [
      [theirs, ours, theirs, ours],
      [ours, theirs, ours, theirs],
    ];
    const said: Said[] = [];
    for (const of of short ? pure : [...pure, ...mixed]) {
      for (const upgrading of short ? [false] : [false, true]) {
        const key = `${of.join(' ')} ${upgrading ? 'upgrading' : 'local'}`;
        said.push(...(await slice(key, () => tellOf(of, upgrading))));
        log(key);
      }
      const key = `${of.join(' ')} read-only`;
      said.push(await slice(key, () => tellOfCutOff(of)));
      log(key);
    }
    const verdict = judge(said, theirs);
    return {
      holds: verdict.differences.length === 0 && verdict.lines > 0 && verdict.unmet.length === 0,
      counts: {
        ensembles: short ? pure.length : pure.length + mixed.length,
        stories: said.length,
        'lines compared': verdict.lines,
        'intended differences met': verdict.intended,
        differences: verdict.differences.length,
        'intended differences that were not met': verdict.unmet.join(', ') || 'none',
      },
      versions: versionsOf(kinds),
      details: [
        '## Intended differences',
        table(['line', nameOf(theirs), nameOf(ours)], theirWord),
        ...(verdict.differences.length === 0
          ? []
          : [
              '## Differences',
              table(['where', 'line', nameOf(theirs), 'here'], verdict.differences),
            ]),
      ].join('\n\n'),
    };
  },
};

/** The same session on each server of an ensemble. */
async function tellOf(kinds: readonly ServerKind[], upgrading: boolean): Promise<readonly Said[]> {
  const config = { ...CONFIG, localSessionsUpgradingEnabled: String(upgrading) };
  return inEnsemble(kinds, config, async (ensemble) => {
    const story = upgrading ? 'upgrading' : 'local';
    const leader = await ensemble.untilLed();
    const said: Said[] = [];
    for (const member of ensemble.members) {
      const lines = await tellOfSession(ensemble, member, `/p${member.id}`);
      said.push({ ...(await placeOf(member, leader)), story, lines });
    }
    return said;
  });
}

async function tellOfCutOff(kinds: readonly ServerKind[]): Promise<Said> {
  return inEnsemble(
    kinds,
    { ...CONFIG, localSessionsUpgradingEnabled: 'true' },
    async (ensemble) => {
      const leader = await ensemble.untilLed();
      const [member] = ensemble.members.filter((each) => each !== leader);
      const place = await placeOf(member!, leader);
      const lines: readonly Line[] = await tellOfReadOnly(ensemble, member!);
      return { ...place, story: 'read-only', lines };
    },
  );
}

async function placeOf(member: Member, leader: Member) {
  const role = (await member.untilServing()).role;
  return { role, kind: member.kind, leader: leader.kind };
}

async function inEnsemble<T>(
  kinds: readonly ServerKind[],
  config: Readonly<Record<string, string>>,
  work: (ensemble: Ensemble) => Promise<T>,
): Promise<T> {
  const ensemble = await Ensemble.create({ kinds, observers: 1, config, jvmArgs: JVM });
  try {
    await ensemble.start();
    /* Before the first write ZooKeeper's servers do not agree on where they are. */
    const first = await Conversation.open(ensemble.member(1));
    await first.greet({});
    await first.ask('create', { path: '/first', data: null, acl: OPEN_ACL, flags: 0 });
    await first.ask('closeSession', {});
    return await work(ensemble);
  } catch (error) {
    throw new Error(`${String(error)}\n${ensemble.logs()}`, { cause: error });
  } finally {
    await ensemble.destroy();
  }
}
