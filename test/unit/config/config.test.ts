import {
  type ConfigOverrides,
  defaultConfig,
  isLoopbackAddress,
} from '@vivarium/core/internal/config/config';
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import { decimal } from '@vivarium/core/internal/config/option-kinds';
import { type OptionName, options } from '@vivarium/core/internal/config/options';
import type { ClientAddress, ServerSpec } from '@vivarium/core/internal/config/servers';
import { nearest } from '@vivarium/core/internal/config/spelling';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('the option table', (test) => {
  const names = Object.keys(options) as OptionName[];

  test('keys are unique', () => {
    assert.is(new Set(names.map((name) => options[name].key)).size, names.length);
  });

  test('every default is a value that its own kind allows', () => {
    for (const name of names) {
      const row = options[name];
      if (row.default === undefined || row.kind.type === 'hours') continue;
      const text = Array.isArray(row.default) ? row.default.join(',') : String(row.default);
      const written = row.kind.type === 'yes/no' ? (row.default ? 'yes' : 'no') : text;
      assert.equal(row.kind.parse(written)?.value, row.default, name);
    }
  });

  test('every row has a sentence for the reference', () => {
    for (const name of names) assert.match(options[name].doc, /^[A-Z0-9].*\.$/s, name);
  });
});

suite('a default config', (test) => {
  test('derives timeouts from the tick and the log folder from the data folder', () => {
    const config = defaultConfig({ tickTime: 100, dataDir: '/x' });
    assert.is(config.minSessionTimeout, 200);
    assert.is(config.maxSessionTimeout, 2000);
    assert.is(config.dataLogDir, '/x');
  });

  test('keeps what is given', () => {
    const given: ConfigOverrides = {
      maxSessionTimeout: 9,
      minSessionTimeout: 8,
      commandsEnabled: true,
    };
    const config = defaultConfig(given);
    assert.is(config.maxSessionTimeout, 9);
    assert.is(config.commandsEnabled, true);
    assert.is(config.webSocketEnabled, false);
  });

  test('refuses overrides that contradict each other', () => {
    assert.throws(() => defaultConfig({ minSessionTimeout: 10, maxSessionTimeout: 9 }), RangeError);
  });
});

suite('a config of an ensemble', (test) => {
  const server = (serverId: number, client?: ClientAddress): ServerSpec => ({
    serverId,
    addresses: [{ host: `zk${serverId}`, quorumPort: 2888, electionPort: 3888 }],
    role: 'participant',
    ...(client === undefined ? {} : { client }),
  });
  const ensemble: EnsembleSpec = {
    servers: [server(1), server(2, { host: '127.0.0.2', port: 2182 }), server(3, { port: 2183 })],
    weights: new Map(),
    version: 0n,
  };

  test('has the limits of the sample file, and takes the client port of its own server', () => {
    const config = defaultConfig({ ensemble, serverId: 2 });
    assert.is(config.ensemble, ensemble);
    assert.is(config.initLimit, 10);
    assert.is(config.syncLimit, 5);
    assert.is(config.clientPort, 2182);
    assert.is(config.clientPortAddress, '127.0.0.2');
    assert.is(defaultConfig({ ensemble, serverId: 3 }).clientPort, 2183);
    assert.is(defaultConfig({ ensemble, serverId: 1 }).clientPort, 2181);
    assert.is(defaultConfig({ ensemble, serverId: 2, clientPort: 0 }).clientPort, 0);
  });

  test('is none by default', () => {
    assert.is(defaultConfig().ensemble, undefined);
  });

  test('is refused for a server that is not in it, and when it makes no sense', () => {
    assert.throws(() => defaultConfig({ ensemble, serverId: 4 }), /whose servers are 1, 2, 3/);
    const twice = { ...ensemble, servers: [server(1), server(1)] };
    assert.throws(
      () => defaultConfig({ ensemble: twice, serverId: 1 }),
      /server\.1 is there twice/,
    );
    const own = ensemble.servers[0]!;
    const far = { ...own, addresses: [...own.addresses, { ...own.addresses[0]!, host: 'far' }] };
    const wide = { ...ensemble, servers: [far, ...ensemble.servers.slice(1)] };
    assert.throws(() => defaultConfig({ ensemble: wide, serverId: 1 }), /multiAddress/);
    defaultConfig({ ensemble: wide, serverId: 1, multiAddressEnabled: true });
  });
});

suite('numbers with a fraction', (test) => {
  test('are digits and a point, within their limits', () => {
    const kind = decimal(-1, 1);
    for (const [text, value] of [
      ['0.33', 0.33],
      ['-1', -1],
      ['.5', 0.5],
      ['1.', 1],
    ] as const) {
      assert.equal(kind.parse(text), { value }, text);
    }
    for (const text of ['', '.', '1.01', '1e-1', '0x1', 'NaN', '1,5', '-1.5']) {
      assert.is(kind.parse(text), undefined, text);
    }
  });
});

suite('loopback addresses', (test) => {
  test('are 127.0.0.0/8, ::1 and localhost; no address is all addresses', () => {
    for (const yes of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) {
      assert.ok(isLoopbackAddress(yes), yes);
    }
    for (const no of ['0.0.0.0', '::', '10.0.0.1', '127.evil.example', undefined]) {
      assert.not(isLoopbackAddress(no), String(no));
    }
  });
});

suite('spelling', (test) => {
  test('finds the key that was meant, and none when nothing is near', () => {
    assert.is(nearest('ticktime', ['tickTime', 'initLimit']), 'tickTime');
    assert.is(nearest('initLimt', ['tickTime', 'initLimit']), 'initLimit');
    assert.is(nearest('strat', ['start', 'server']), 'start');
    assert.is(nearest('es', ['se', 'ls']), 'se');
    assert.is(nearest('banana', ['tickTime', 'initLimit']), undefined);
  });
});
