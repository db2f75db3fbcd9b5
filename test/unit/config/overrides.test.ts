import type { ConfigOverrides } from '@vivarium/core/internal/config/config';
import { readEnsemble } from '@vivarium/core/internal/config/ensemble-text';
import { overrideProblem } from '@vivarium/core/internal/config/overrides';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('settings that a program chose', (test) => {
  test('are fine when their options allow them', () => {
    const chosen: ConfigOverrides = {
      ...{ dataDir: '/d', dataLogDir: undefined, clientPort: 0, clientPortAddress: '::1' },
      ...{ maxClientCnxns: -1, forceSync: false, autopurgePurgeInterval: 60_000 },
      ...{ fourLetterWords: ['*'], allowedHosts: [], webSocketEnabled: true, logLevel: 'warn' },
    };
    assert.is(overrideProblem(chosen), undefined);
  });

  const wrong = (name: string, chosen: object, problem: RegExp) =>
    test(name, () => assert.match(overrideProblem(chosen as ConfigOverrides) ?? '', problem));
  wrong('may be misspelt', { datadir: '/d' }, /no option datadir. Did you mean dataDir\?/);
  wrong('may be of nothing known', { banana: 1 }, /no option banana. Check its spelling/);
  wrong('may be out of range', { tickTime: 0 }, /^tickTime: 0 .* whole number \(ms\) from 1/);
  wrong('may be of the wrong type', { clientPort: '2181' }, /^clientPort: 2181 \(string\)/);
  wrong('may be missing', { tickTime: undefined }, /^tickTime: undefined/);
  wrong('may be a word that is none', { forceSync: 'no' }, /^forceSync: no \(string\)/);
  wrong('may be a broken list', { fourLetterWords: ['ruok!'] }, /^fourLetterWords: ruok!/);
  test('may make an ensemble, which must make sense and have this server', () => {
    const spec = readEnsemble('server.1=a:1:2\nserver.2=b:1:2');
    if ('wrong' in spec) throw new Error(spec.wrong);
    const problem = (chosen: ConfigOverrides) => overrideProblem({ ensemble: spec, ...chosen });
    assert.is(problem({ serverId: 2 }), undefined);
    assert.match(problem({})!, 'ensemble: serverId says which');
    assert.match(problem({ serverId: 3 })!, 'serverId: server 3 is not in the ensemble');
    const servers = spec.servers.slice(0, 1);
    const twice = { ...spec, servers: [...servers, ...servers] };
    assert.match(problem({ ensemble: twice, serverId: 1 })!, 'ensemble: server.1 is there twice');
    assert.is(overrideProblem({ ensemble: undefined }), undefined);
  });

  test('are not repeated when they are secret', () => {
    const problem = overrideProblem({ superDigest: 'super:pass word' });
    assert.match(problem!, /^superDigest: … /);
  });
});
