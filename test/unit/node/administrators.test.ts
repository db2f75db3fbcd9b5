import {
  readAdministrator,
  writeAdministrator,
} from '@vivarium/core/internal/config/administrator';
import { Administrators, makeAdministrator } from '@vivarium/core/internal/node/administrators';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const PASSWORD = 'correct horse: battery staple, ü';

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

async function administrators(...names: readonly string[]): Promise<Administrators> {
  const lines: string[] = [];
  for (const name of names) lines.push(writeAdministrator(await makeAdministrator(name, PASSWORD)));
  return new Administrators(lines);
}

suite('administrators', (test) => {
  test('are let in with their password, and again without waiting for the hash', async () => {
    const some = await administrators('ops', 'eve@example.org');
    assert.equal(await some.login(basic('ops', PASSWORD)), { result: 'known', name: 'ops' });
    const began = process.cpuUsage();
    for (let i = 0; i < 100; i++) await some.login(basic('ops', PASSWORD));
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 1e6, 'a hundred hashes would take seconds');
    const other = await some.login(basic('eve@example.org', PASSWORD));
    assert.equal(other, { result: 'known', name: 'eve@example.org' });
  });

  test('are not let in with anything else', async () => {
    const wrong = [
      basic('ops', `${PASSWORD}x`),
      basic('nobody', PASSWORD),
      basic('', PASSWORD),
      'Basic !',
      `Bearer ${PASSWORD}`,
      '',
      basic('ops', 'x'.repeat(5_000)),
    ];
    for (const header of wrong) {
      // Each has its own: a wrong password makes the next wait.
      const some = await administrators('ops');
      assert.equal(await some.login(header), { result: 'wrong' }, header.slice(0, 40));
    }
  });

  test('where there are none, nobody is let in', async () => {
    assert.equal(await new Administrators([]).login(basic('', '')), { result: 'wrong' });
    assert.equal(await new Administrators([]).login(basic('ops', PASSWORD)), { result: 'wrong' });
  });

  test('a crowd of guesses is sent away, all but a few', async () => {
    const some = await administrators('ops');
    const guesses = Array.from({ length: 20 }, (_, i) => some.login(basic('ops', `guess ${i}`)));
    const first = await Promise.race(guesses.slice(8));
    assert.equal(first, { result: 'busy' });
    assert.equal(await guesses[0], { result: 'wrong' });
  });

  test('two with the same password have nothing in common in the config', async () => {
    const [one, two] = [
      await makeAdministrator('a', PASSWORD),
      await makeAdministrator('b', PASSWORD),
    ];
    assert.is.not(one.salt, two.salt);
    assert.is.not(one.hash, two.hash);
    assert.not.match(writeAdministrator(one), PASSWORD);
  });
});

suite('the line of an administrator', (test) => {
  const line = `ops:scrypt:32768:8:1:${'A'.repeat(22)}:${'B'.repeat(43)}`;

  test('is read as it was written', () => {
    assert.is(writeAdministrator(readAdministrator(line)!), line);
  });

  test('is refused when it is none, or when checking it would cost too much', () => {
    for (const other of [
      '',
      'ops',
      line.replace('ops', ''),
      line.replace('ops', 'a b'),
      line.replace('scrypt', 'bcrypt'),
      line.replace('32768', '32767'),
      line.replace('32768', '1'),
      line.replace('32768', '1048576'),
      line.replace(':8:', ':64:'),
      line.replace(':8:1:', ':8:9:'),
      line.replace('BBB', 'B+B'),
      `${line}:more`,
    ]) {
      assert.is(readAdministrator(other), undefined, other);
    }
  });
});
