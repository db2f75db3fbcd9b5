import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import { MalformedError } from '@vivarium/core/internal/wire/reader';
import { Membership } from '@vivarium/core/internal/zab/membership';
import * as assert from 'uvu/assert';
import { randomEnsemble } from '../../support/random-ensemble.js';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

const FIVE =
  'server.1=a:1:2:participant\nserver.2=b:1:2:participant\nserver.3=c:1:2:participant\n' +
  'server.4=d:1:2:observer\nserver.5=e:1:2:observer\nversion=0';

/** The rule as it is told, with nothing prepared and nothing reused. */
function isQuorum(spec: EnsembleSpec, ids: readonly number[]): boolean {
  const voters = spec.servers.filter(({ role }) => role === 'participant');
  const counted = voters.filter(({ serverId }) => ids.includes(serverId));
  if (spec.groups === undefined) return counted.length * 2 > voters.length;
  const weightOf = (members: readonly number[]) =>
    members.reduce((sum, id) => sum + (spec.weights.get(id) ?? 1), 0);
  const heavy = [...spec.groups.values()].filter((members) => weightOf(members) > 0);
  const won = heavy.filter((members) => {
    const present = members.filter((id) => counted.some(({ serverId }) => serverId === id));
    return weightOf(present) * 2 > weightOf(members);
  });
  return won.length * 2 > heavy.length;
}

/** Every set of some numbers; there are 2^n. */
function subsetsOf(ids: readonly number[]): readonly (readonly number[])[] {
  return ids.reduce<readonly (readonly number[])[]>(
    (sets, id) => sets.concat(sets.map((set) => [...set, id])),
    [[]],
  );
}

suite('a membership', (test) => {
  test('knows who votes, who observes and who is a stranger', () => {
    const members = Membership.parse(FIVE);
    assert.equal([...members.voters], [1, 2, 3]);
    assert.equal([...members.observers], [4, 5]);
    assert.ok(members.isVoter(3) && !members.isVoter(4) && !members.isVoter(9));
    assert.ok(members.isObserver(4) && !members.isObserver(3) && !members.isObserver(9));
    assert.ok(members.canLead(1) && !members.canLead(4) && !members.canLead(9));
    assert.is(members.server(5)?.addresses[0]?.host, 'e');
    assert.is(members.server(6), undefined);
  });

  test('has a quorum in more than half of its voters, each counted once', () => {
    const members = Membership.parse(FIVE);
    assert.ok(members.hasQuorum([1, 3]));
    assert.ok(members.hasQuorum(new Set([1, 2, 3])));
    assert.not.ok(members.hasQuorum([]));
    assert.not.ok(members.hasQuorum([2, 2, 2]));
    assert.not.ok(members.hasQuorum([1, 4, 5, 9]), 'observers and strangers');
  });

  test('of two needs both, and of one itself', () => {
    const two = Membership.parse('server.1=a:1:2\nserver.2=b:1:2');
    assert.not.ok(two.hasQuorum([1]));
    assert.ok(two.hasQuorum([1, 2]));
    assert.ok(Membership.parse('server.7=a:1:2\nserver.8=b:1:2:observer').hasQuorum([7]));
  });

  test('with groups has a quorum in most of the weight of most groups', () => {
    const servers = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => `server.${id}=h${id}:1:2`);
    const groups = ['group.1=1:2:3', 'group.2=4:5:6', 'group.3=7:8:9'];
    const members = Membership.parse([...servers, ...groups, 'weight.9=3'].join('\n'));
    assert.ok(members.hasQuorum([1, 2, 4, 5]));
    assert.ok(members.hasQuorum([1, 2, 9]));
    assert.not.ok(members.hasQuorum([1, 2, 7, 8]), 'two of five in the third group');
    assert.not.ok(members.hasQuorum([1, 4, 7, 2]), 'a majority in one group only');
  });

  test('lets a server of weight 0 take part, but neither decide nor lead', () => {
    const text =
      'server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ngroup.1=1:2\ngroup.2=3\nweight.3=0';
    const members = Membership.parse(text);
    assert.ok(members.isVoter(3));
    assert.not.ok(members.canLead(3));
    assert.ok(members.hasQuorum([1, 2]), 'the group without weight is not asked for');
    assert.not.ok(members.hasQuorum([1, 3]));
  });

  test('has the text that ZooKeeper has, and is what another read from it', () => {
    const members = Membership.parse(FIVE);
    assert.is(members.text, FIVE);
    assert.is(members.version, 0n);
    const random = new Random(3);
    for (let round = 0; round < 2000; round++) {
      const spec = randomEnsemble((limit) => random.below(limit));
      const { text } = new Membership(spec);
      const read = Membership.parse(text);
      assert.is(read.text, text);
      assert.is(read.version, spec.version);
    }
  });

  test('cannot be made of a text that is none', () => {
    const wrong = (text: string, why: RegExp) =>
      assert.throws(
        () => Membership.parse(text),
        (error: unknown) => error instanceof MalformedError && why.test(error.message),
      );
    wrong('', /text of an ensemble cannot be read: server\.1 is missing/);
    wrong('server.1=a:1:2\ngroup.1=1:2', /group\.1 names server 2, which does not exist/);
    wrong('server.1=a:1:2\nversion=x', /'version=x' is not of the form/);
    wrong('server.1=a:1:2\nserver.300=b:1:2', /0 to 255/);
  });
});

suite('quorums of random ensembles', (test) => {
  test('are those of the rule, of every set of servers', () => {
    const random = new Random(5);
    let quorums = 0;
    for (let round = 0; round < 2000; round++) {
      const spec = randomEnsemble((limit) => random.below(limit));
      const members = new Membership(spec);
      const ids = spec.servers.map(({ serverId }) => serverId);
      for (let times = 0; times < 20; times++) {
        const some = ids.filter(() => random.chance(60));
        assert.is(members.hasQuorum(some), isQuorum(spec, some), `${members.text}: ${some}`);
        if (members.hasQuorum(some)) quorums += 1;
      }
    }
    assert.ok(quorums > 10_000 && quorums < 30_000, `${quorums} of 40000 were quorums`);
  });

  test('have a server in common, any two of them, and never get lost by one more', () => {
    const random = new Random(8);
    for (let round = 0; round < 150; round++) {
      const members = new Membership(randomEnsemble((limit) => random.below(limit)));
      const ids = [...members.voters];
      assert.ok(members.hasQuorum(ids), members.text);
      // A quorum without a common server would lie within what the other one leaves.
      for (const quorum of subsetsOf(ids).filter((set) => members.hasQuorum(set))) {
        const rest = ids.filter((id) => !quorum.includes(id));
        assert.not.ok(members.hasQuorum(rest), `${members.text}: ${quorum} and ${rest}`);
        for (const id of rest) assert.ok(members.hasQuorum([...quorum, id]));
        assert.ok(
          quorum.some((id) => members.canLead(id)),
          'one of them can lead',
        );
      }
    }
  });
});
