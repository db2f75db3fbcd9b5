import { type OriginRules, originProblem } from '@vivarium/core/internal/node/origin-policy';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const none: OriginRules = { allowedHosts: [], allowedOrigins: [], allowLoopbackOrigins: false };
const dev: OriginRules = { ...none, allowLoopbackOrigins: true };
const named: OriginRules = {
  ...none,
  allowedHosts: ['zk.example', '*.lan', 'port.example:2181'],
  allowedOrigins: ['https://app.example:8443'],
};

type Row = readonly [rules: OriginRules, host: string | undefined, origin: string | undefined];

const passing: readonly Row[] = [
  [none, undefined, undefined],
  [none, 'localhost:2181', undefined],
  [none, 'LOCALHOST', undefined],
  [none, '127.0.0.1:2181', undefined],
  [none, '10.1.2.3', undefined],
  [none, '[::1]:2181', undefined],
  [none, '[fe80::1]', undefined],
  [none, '127.0.0.1:2181', 'http://127.0.0.1:2181'],
  [none, '127.0.0.1', 'http://127.0.0.1:80'],
  [none, '127.0.0.1:443', 'https://127.0.0.1'],
  [none, '[::1]:2181', 'http://[::1]:2181'],
  [none, 'localhost:2181', 'HTTP://LocalHost:2181'],
  [named, 'zk.example:2181', undefined],
  [named, 'ZK.example:9', 'http://zk.example:9'],
  [named, 'a.lan', undefined],
  [named, 'port.example:2181', undefined],
  [named, '127.0.0.1:2181', 'https://app.example:8443'],
  [dev, '127.0.0.1:2181', 'http://localhost:5173'],
  [dev, '127.0.0.1:2181', 'https://127.9.9.9:1'],
  [dev, 'localhost:2181', 'http://[::1]:3000'],
];

const refused: readonly (readonly [...Row, names: string])[] = [
  [none, 'evil.example', undefined, 'vivarium.allowedHosts=evil.example'],
  [none, 'localhost.evil.example:2181', undefined, 'vivarium.allowedHosts='],
  [none, 'evil.example', 'http://evil.example', 'vivarium.allowedHosts=evil.example'],
  [none, '127.0.0.1.evil.example', undefined, 'vivarium.allowedHosts='],
  [none, 'user@127.0.0.1', undefined, 'cannot be understood'],
  [none, '', undefined, 'cannot be understood'],
  [none, '127.0.0.1:2181/x', undefined, 'cannot be understood'],
  [none, undefined, 'http://127.0.0.1:2181', 'no host'],
  [none, '127.0.0.1:2181', 'http://127.0.0.1:2182', 'allowedOrigins=http://127.0.0.1:2182'],
  [none, '127.0.0.1:2181', 'http://localhost:2181', 'vivarium.allowedOrigins='],
  [none, '127.0.0.1:2181', 'null', 'vivarium.allowedOrigins='],
  [none, '127.0.0.1:2181', 'file://127.0.0.1:2181', 'vivarium.allowedOrigins='],
  [none, '127.0.0.1:2181', '', 'vivarium.allowedOrigins='],
  [named, 'port.example:2182', undefined, 'vivarium.allowedHosts='],
  [named, 'lan', undefined, 'vivarium.allowedHosts='],
  [named, 'notlan', undefined, 'vivarium.allowedHosts='],
  [named, '127.0.0.1:2181', 'http://app.example:8443', 'vivarium.allowedOrigins='],
  [named, '127.0.0.1:2181', 'https://app.example', 'vivarium.allowedOrigins='],
  [dev, '127.0.0.1:2181', 'http://localhost.evil.example', 'vivarium.allowedOrigins='],
  [dev, '127.0.0.1:2181', 'http://127.0.0.1.evil.example', 'vivarium.allowedOrigins='],
  [dev, '127.0.0.1:2181', 'http://localhost:5173/', 'vivarium.allowedOrigins='],
  [dev, 'evil.example:2181', 'http://localhost:5173', 'vivarium.allowedHosts='],
];

suite('the rule for browsers', (test) => {
  for (const [rules, host, origin] of passing) {
    test(`lets host ${host} and origin ${origin} pass`, () => {
      assert.is(originProblem({ host, origin }, rules), undefined);
    });
  }

  for (const [rules, host, origin, reason] of refused) {
    test(`refuses host ${host} and origin ${origin}, saying what to set`, () => {
      const problem = originProblem({ host, origin }, rules);
      assert.ok(problem?.includes(reason), `${problem}`);
    });
  }

  test('does not repeat endless headers', () => {
    const host = `${'a'.repeat(10_000)}.example`;
    assert.ok(originProblem({ host, origin: undefined }, none)!.length < 1_000);
  });
});
