/** What a looker-on reads in nodes is what the recipes themselves do, whatever is in the folder. */
import { barrierMembers, cohortIn } from '@vivarium/core/internal/layouts/double-barrier';
import { instanceIn } from '@vivarium/core/internal/layouts/instance';
import { claimsIn, itemsIn } from '@vivarium/core/internal/layouts/items';
import { isWaitingHint, permitLimitIn, permitsIn } from '@vivarium/core/internal/layouts/permits';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import { lostOf, membersOf } from '@vivarium/recipes/internal/double-barrier/barrier-node';
import { limitBytes, limitIn } from '@vivarium/recipes/internal/permits/limit';
import { WAITING } from '@vivarium/recipes/internal/permits/permit-turn';
import { permitLabel, placementOf } from '@vivarium/recipes/internal/permits/placement';
import { instanceCodec } from '@vivarium/recipes/internal/service/instance';
import {
  jobIn,
  nameOfClaim,
  nameOfJob,
  openJobs,
} from '@vivarium/recipes/internal/work-queue/job-name';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

const UUID = '01a21105-7378-0035-0000-000000000001';
const bytes = (text: string) => new TextEncoder().encode(text);

/** Ten characters, around the wrap of the counter in every other round. */
function numbers(round: number, count: number): readonly string[] {
  const base = round % 2 === 0 ? 10 : 0x7fff_fffc;
  return Array.from({ length: count }, (_, at) => String((base + at) | 0).padStart(10, '0'));
}

suite('a looker-on', (test) => {
  test('sees those hold permits whom the recipe lets in', () => {
    const random = new Random(11);
    let waiting = 0;
    for (let round = 0; round < 3_000; round++) {
      const names = numbers(round, random.below(7))
        .map((number) => `_c_${UUID}-${permitLabel(1 + random.below(4))}${number}`)
        .filter(() => random.below(4) > 0);
      const limit = 1 + random.below(8);
      for (const { name, permits, holds } of permitsIn([...names, 'other'], limit)) {
        const { before } = placementOf(names, name)!;
        assert.is(holds, before + permits <= limit, `${names} ${limit}`);
        if (!holds) waiting++;
      }
      assert.is(permitsIn(names, limit).length, names.length);
    }
    assert.ok(waiting > 1_000, String(waiting));
    assert.is(permitLimitIn(limitBytes(7)), limitIn(limitBytes(7), '/'));
    assert.ok(isWaitingHint(bytes(WAITING)));
    assert.not(isWaitingHint(bytes('{}')));
  });

  test('sees the jobs of a queue in the order in which they are taken', () => {
    const random = new Random(12);
    for (let round = 0; round < 3_000; round++) {
      const names = numbers(round, random.below(8)).map((number) => {
        if (random.below(6) === 0) return `job-${number}`;
        const [dueMs, attempts] = [random.below(3) * 1_000, random.below(3)];
        const priority = 499 + random.below(3);
        return `${nameOfJob({ id: `a.b-${random.below(9)}`, priority, dueMs, attempts })}${number}`;
      });
      const claims = names
        .filter(() => random.below(3) === 0)
        .map((name) => nameOfClaim(jobIn(name)!, UUID));
      const claimed = claimsIn(claims);
      const open = itemsIn(names).filter(({ name }) => !claimed.has(name));
      assert.equal(
        open.map(({ name, id, priority, dueMs, attempts, sequence }) => {
          return { name, id, priority, dueMs, attempts, sequence };
        }),
        openJobs(names, claims),
      );
      assert.equal(recognise(look(names)).length, names.length === 0 ? 0 : 1);
    }
  });

  test('sees who waits at a double barrier, who is inside and who died there', () => {
    const random = new Random(13);
    let died = 0;
    for (let round = 0; round < 3_000; round++) {
      const all = numbers(round, random.below(7)).map((number) => `_c_${UUID}-m-${number}`);
      const cohort = all.filter(() => random.below(2) === 0);
      const names = all.flatMap((name) => {
        const lot = random.below(4);
        if (lot === 0) return [];
        return lot === 1 && cohort.includes(name) ? [`l-${name}`] : [name];
      });
      const members = barrierMembers(names, { cohort });
      const of = (state: string) => members.filter((m) => m.state === state).map((m) => m.name);
      assert.equal(of('died'), lostOf(cohort, names));
      const here = membersOf(names);
      assert.equal(
        of('waits'),
        here.filter((name) => !cohort.includes(name)),
      );
      assert.equal(
        of('inside'),
        cohort.filter((name) => here.includes(name)),
      );
      died += of('died').length;
    }
    assert.ok(died > 1_000, String(died));
    assert.equal(cohortIn(bytes('{"size":2,"generation":0,"cohort":[],"lost":[]}')), {
      ...{ size: 2, generation: 0, cohort: [], lost: [] },
    });
    assert.is(cohortIn(bytes('{"size":0,"generation":0,"cohort":[],"lost":[]}')), undefined);
  });

  test('reads the instance that a service has written', () => {
    const instance = {
      ...{ name: 'payments', id: 'host-7', address: '10.0.0.7', port: 8080 },
      ...{ url: 'https://10.0.0.7/', meta: { zone: 'a' } },
    };
    const found = instanceIn(instanceCodec().encode(instance));
    assert.equal(found, {
      ...{ name: 'payments', id: 'host-7', address: '10.0.0.7', port: 8080, sslPort: undefined },
      ...{ url: 'https://10.0.0.7/', payload: { zone: 'a' } },
      ...{ isEnabled: true, library: 'vivarium' },
    });
  });

  test('reads the instance that Curator has written', () => {
    const json = `{"name":"payments","id":"5f1c","address":"10.0.0.7","port":8080,"sslPort":null,
      "payload":{"@class":"com.example.Zone","zone":"a"},"registrationTimeUTC":1764480000000,
      "serviceType":"DYNAMIC","enabled":false,"uriSpec":{"parts":[
      {"value":"scheme","variable":true},{"value":"://x/","variable":false}]}}`;
    const { url, library, isEnabled, sslPort } = instanceIn(bytes(json))!;
    assert.equal(
      [url, library, isEnabled, sslPort],
      ['{scheme}://x/', 'curator', false, undefined],
    );
    assert.is(instanceIn(bytes('{"name":"a","id":"b"}')), undefined);
  });
});

function look(names: readonly string[]) {
  const none = { data: undefined, children: new Map(), folders: new Map() };
  return { path: '/q/jobs', owner: 0n, names, ...none };
}
