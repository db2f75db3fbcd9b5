import type { Config } from '@vivarium/core/internal/config/config';
import { fileKeys } from '@vivarium/core/internal/config/file-keys';
import { type OptionName, options } from '@vivarium/core/internal/config/options';
import { otherKeys } from '@vivarium/core/internal/config/other-keys';
import { publicZooCfg, readZooCfg } from '@vivarium/core/internal/config/zoo-cfg';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const BASE = 'dataDir=/d\nclientPort=2181\n';

function accepted(more: string): { readonly config: Config; readonly warnings: readonly string[] } {
  const reading = readZooCfg(BASE + more, 'zoo.cfg');
  if (!reading.ok) throw new Error(reading.errors.map(({ message }) => message).join('\n'));
  return { config: reading.config, warnings: reading.warnings.map(({ message }) => message) };
}

function refusal(more: string, base = BASE): string {
  const reading = readZooCfg(base + more, 'zoo.cfg');
  if (reading.ok) throw new Error(`accepted: ${more}`);
  return reading.errors.map(({ message }) => message).join('\n');
}

suite('zoo.cfg', (test) => {
  test("ZooKeeper's sample file is read without a warning but for limits of ensembles", () => {
    const { config, warnings } = accepted('tickTime=2000\ninitLimit=10\nsyncLimit=5\n');
    assert.is(config.tickTime, 2000);
    assert.is(config.minSessionTimeout, 4000);
    assert.is(config.maxSessionTimeout, 40_000);
    assert.is(config.dataLogDir, '/d');
    assert.is(warnings.length, 2);
    assert.match(warnings[0]!, 'zoo.cfg:4: initLimit=10 has no effect');
  });

  test('a wrong value names file, line, key, value and what is allowed', () => {
    const reading = readZooCfg(`${BASE}\n# limits\ntickTime = soon`, '/etc/zoo.cfg');
    assert.not(reading.ok);
    if (reading.ok) return;
    assert.equal(reading.errors, [
      {
        file: '/etc/zoo.cfg',
        line: 5,
        key: 'tickTime',
        value: 'soon',
        allowed: 'a whole number (ms) from 1 to 2147483647',
        message:
          '/etc/zoo.cfg:5: tickTime=soon is not allowed; ' +
          'allowed: a whole number (ms) from 1 to 2147483647',
      },
    ]);
  });

  test('every mistake is found in one go, in the order of the file', () => {
    const text = refusal('tickTime=0\nserver.1=x\nmaxClientCnxns=many\nsslQuorum=true\n');
    const lines = text.split('\n').map((line) => line.split(':')[1]);
    assert.equal(lines, ['3', '4', '5', '6']);
  });

  test('numbers are read as Java reads them and nothing else is a number', () => {
    assert.is(accepted('jute.maxbuffer=0x4fffff').config.juteMaxBuffer, 0x4fffff);
    assert.is(accepted('snapCount=+7').config.snapCount, 7);
    for (const value of ['', '1e3', '10ms', '1_000', '２', '99999999999', '1.5', 'NaN']) {
      assert.match(refusal(`snapCount=${value}`), 'zoo.cfg:3: snapCount=');
    }
  });

  test('booleans are true or false in any case, never anything else', () => {
    assert.is(accepted('enforceQuota=TRUE').config.enforceQuota, true);
    assert.match(refusal('enforceQuota=yes'), 'allowed: true or false');
    assert.is(accepted('skipACL=yes').config.skipAcl, true);
    assert.match(refusal('forceSync=maybe'), 'allowed: yes or no');
  });

  test('a key may carry the prefix that its system property has', () => {
    const { config, warnings } = accepted('zookeeper.snapCount=99\nzookeeper.enforceQuota=true');
    assert.is(config.snapCount, 99);
    assert.is(config.enforceQuota, true);
    assert.equal(warnings, []);
  });

  test('an unknown key is a warning that names the key it resembles', () => {
    const { warnings } = accepted('maxClientConxns=10\nfoo.bar=1');
    assert.match(warnings[0]!, 'zoo.cfg:3: maxClientConxns=10');
    assert.match(warnings[0]!, 'Did you mean maxClientCnxns?');
    assert.match(warnings[1]!, 'zoo.cfg:4: foo.bar=1');
    assert.not.match(warnings[1]!, 'Did you mean');
  });

  test('of a repeated key the last value counts, with a warning naming both lines', () => {
    const { config, warnings } = accepted('tickTime=1000\nzookeeper.tickTime=500\n');
    assert.is(config.tickTime, 500);
    assert.is(warnings.length, 1);
    assert.match(warnings[0]!, /zoo\.cfg:4: .*line 3/);
  });

  test('what is required is asked for by name', () => {
    assert.match(refusal('clientPort=2181', ''), 'zoo.cfg: dataDir is missing');
    assert.match(refusal('dataDir=/d', ''), 'zoo.cfg: clientPort is missing');
  });

  test('a value below the least useful one is raised, with a notice', () => {
    const { config, warnings } = accepted('autopurge.snapRetainCount=1');
    assert.is(config.autopurgeSnapRetainCount, 3);
    assert.match(
      warnings[0]!,
      'zoo.cfg:3: autopurge.snapRetainCount=1 is below the least value; 3 is used',
    );
  });

  test('a line that cannot be read is named as it stands', () => {
    const text = 'zoo.cfg:3: a=\\u12 cannot be read: a \\u escape needs four hexadecimal digits';
    assert.is(refusal('a=\\u12'), text);
  });

  test('purge intervals are hours unless a unit says otherwise', () => {
    assert.is(accepted('autopurge.purgeInterval=2').config.autopurgePurgeInterval, 7_200_000);
    assert.is(accepted('autopurge.purgeInterval=30m').config.autopurgePurgeInterval, 1_800_000);
    assert.is(accepted('autopurge.purgeInterval=0').config.autopurgePurgeInterval, 0);
    assert.match(refusal('autopurge.purgeInterval=2w'), 'zoo.cfg:3');
  });

  test('a least timeout above the largest is refused at its line', () => {
    assert.match(refusal('minSessionTimeout=9000\nmaxSessionTimeout=8000'), 'zoo.cfg:3:');
    assert.match(refusal('minSessionTimeout=90000'), 'zoo.cfg:3:');
  });

  test('on loopback everything is served, elsewhere only what is asked for', () => {
    const local = accepted('clientPortAddress=127.0.0.1').config;
    assert.ok(local.webSocketEnabled && local.commandsEnabled && local.metricsEnabled);
    assert.ok(local.consoleEnabled);
    const open = accepted('vivarium.metrics=true').config;
    assert.not(open.webSocketEnabled || open.commandsEnabled || open.consoleEnabled);
    assert.ok(open.metricsEnabled);
    const named = accepted('clientPortAddress=[::1]\nvivarium.webSocket=false').config;
    assert.ok(named.commandsEnabled);
    assert.not(named.webSocketEnabled);
  });

  test('origins must be origins, and hosts must be hosts', () => {
    const { config } = accepted('vivarium.allowedOrigins=https://a.example, http://b:81');
    assert.equal(config.allowedOrigins, ['https://a.example', 'http://b:81']);
    assert.match(refusal('vivarium.allowedOrigins=https://a.example/path'), 'zoo.cfg:3');
    assert.match(refusal('vivarium.allowedHosts=a b'), 'zoo.cfg:3');
  });

  test('secrets stay out of messages', () => {
    assert.not.match(refusal('ssl.keyStore.password=hunter2'), 'hunter2');
    assert.not.match(refusal('DigestAuthenticationProvider.superDigest=pa ss'), 'pa ss');
  });

  test('secrets stay out of what administrators are shown', () => {
    const text = '# x\ntickTime = 5\nDigestAuthenticationProvider.superDigest=super:abc\n';
    assert.is(publicZooCfg(text), 'tickTime=5\nDigestAuthenticationProvider.superDigest=…\n');
  });
});

suite('keys of ZooKeeper that Vivarium does not support', (test) => {
  const refused = otherKeys.filter(({ support }) => support === 'refused');

  test('each that concerns security, membership or durability refuses the start', () => {
    for (const { key, harmless } of refused) {
      const value = ['true', '1234', 'observer', 'x'].find(
        (one) =>
          !harmless.includes(one) &&
          otherKeys.find((other) => other.key === key)?.kind.parse(one) !== undefined,
      );
      const text = refusal(`${key.replace('*', 'x')}=${value}`);
      assert.match(text, /zoo\.cfg:3: .* is not supported: /, key);
      assert.match(text, /\. [A-Z]/, `${key} says what to do`);
    }
  });

  test('a value that asks for nothing is fine in them', () => {
    for (const { key, harmless } of refused) {
      for (const value of harmless) {
        const { warnings } = accepted(`${key.replace('*', 'x')}=${value}`);
        assert.equal(warnings, [], key);
      }
    }
  });

  test('a wrong value in them is a mistake even where the key has no effect', () => {
    assert.match(refusal('sslQuorum=maybe'), 'allowed: true or false');
    assert.match(refusal('initLimit=ten'), 'zoo.cfg:3: initLimit=ten is not allowed');
    assert.match(refusal('electionAlg=2'), 'allowed: only 3');
  });

  test('each harmless one is named in a notice and changes nothing', () => {
    for (const key of ['electionAlg=3', 'tcpKeepAlive=true', 'admin.enableServer=true']) {
      const { warnings } = accepted(key);
      assert.is(warnings.length, 1);
      assert.match(warnings[0]!, `zoo.cfg:3: ${key} has no effect`);
    }
  });

  test('each option of an ensemble is named in a notice by a server that stands alone', () => {
    for (const key of ['syncLimit=5', 'leaderServes=yes', 'localSessionsEnabled=true']) {
      const notice = `zoo.cfg:3: ${key} has no effect: a server that stands alone has no ensemble`;
      assert.equal(accepted(key).warnings, [notice]);
    }
  });

  test('no key stands in two tables, so that one row decides', () => {
    const supported = new Set<string>([
      ...(Object.keys(options) as OptionName[]).map((name) => options[name].key),
      ...Object.keys(fileKeys),
    ]);
    assert.is(supported.size, Object.keys(options).length + Object.keys(fileKeys).length);
    const seen = new Set<string>();
    for (const { key } of otherKeys) {
      assert.not(supported.has(key), key);
      assert.not(seen.has(key), key);
      seen.add(key);
    }
  });
});

suite('server lines in zoo.cfg', (test) => {
  const one = 'server.3=zk1:2888:3888';

  test('a single participant is a standalone server with that number', () => {
    assert.is(accepted(one).config.serverId, 3);
  });

  test('its client address goes before clientPort', () => {
    const reading = readZooCfg('dataDir=/d\nserver.1=zk1:1:2;127.0.0.1:2182', 'zoo.cfg');
    assert.ok(reading.ok);
    if (!reading.ok) return;
    assert.is(reading.config.clientPort, 2182);
    assert.is(reading.config.clientPortAddress, '127.0.0.1');
  });

  test('but may not contradict it', () => {
    assert.match(refusal(`${one};2999`), 'the same port in both');
  });

  test('of an observer that stands alone are refused', () => {
    assert.match(
      refusal(`${one}:observer`),
      'zoo.cfg:3: server.3=zk1:2888:3888:observer is an obs',
    );
    const text = refusal(`${one}\nserver.4=zk2:2888:3888:observer`);
    assert.match(text, /zoo\.cfg:4: .* is an observer, and server\.3 stands alone; allowed: /);
    assert.match(text, 'standaloneEnabled=false');
  });

  test('a line that is not of the form is refused with the form', () => {
    for (const bad of ['zk1', 'zk1:2888', 'zk1:2888:x', 'zk1:1:2:voter', ':1:2', 'a:1:2;b:c:d']) {
      assert.match(refusal(`server.1=${bad}`), 'host:quorumPort:electionPort', bad);
    }
    assert.match(refusal('server.x=a:1:2'), '0 to 255');
    assert.match(refusal('server.1=a:1:2;2181;2281'), 'TLS');
  });
});
