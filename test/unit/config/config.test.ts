import {
  type ConfigOverrides,
  defaultConfig,
  isLoopbackAddress,
} from '@vivarium/core/internal/config/config';
import { type OptionName, options } from '@vivarium/core/internal/config/options';
import { readServer, writeServer } from '@vivarium/core/internal/config/servers';
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

suite('server lines', (test) => {
  test('are written as they are read', () => {
    for (const line of [
      'zk1:2888:3888:participant',
      'zk1:2888:3888:observer;0.0.0.0:2181',
      '[2001:db8::1]:1:2|[2001:db8::2]:3:4:participant;[::1]:2181',
    ]) {
      const spec = readServer('server.7', line);
      if ('wrong' in spec) throw new Error(`${line}: ${spec.wrong}`);
      assert.is(spec.serverId, 7);
      assert.is(writeServer(spec), line);
    }
  });

  test('a bare client port means all addresses', () => {
    const spec = readServer('server.1', 'a:1:2;2181');
    assert.equal('wrong' in spec ? spec : spec.client, { port: 2181 });
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
