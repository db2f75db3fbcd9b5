import type { Config } from '@vivarium/core/internal/config/config';
import { filesNamedIn, type OtherFiles, readZooCfg } from '@vivarium/core/internal/config/zoo-cfg';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const BASE = 'dataDir=/d\nclientPort=2181\ninitLimit=10\nsyncLimit=5\n';
const THREE = 'server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n';
const FIRST = { myId: { file: '/d/myid', text: '1\n' } };

interface Accepted {
  readonly config: Config;
  readonly warnings: readonly string[];
}

function accepted(text: string, others: OtherFiles = FIRST): Accepted {
  const reading = readZooCfg(text, 'zoo.cfg', others);
  if (!reading.ok) throw new Error(reading.errors.map(({ message }) => message).join('\n'));
  return { config: reading.config, warnings: reading.warnings.map(({ message }) => message) };
}

function refusal(text: string, others: OtherFiles = FIRST): string {
  const reading = readZooCfg(text, 'zoo.cfg', others);
  if (reading.ok) throw new Error(`accepted: ${text}`);
  return reading.errors.map(({ message }) => message).join('\n');
}

function inDynamicFile(text: string, name = 'zoo.cfg.dynamic'): OtherFiles {
  return { ...FIRST, dynamic: { file: name, text } };
}

suite('a zoo.cfg of an ensemble', (test) => {
  test('says who is in it, and myid which of them this is', () => {
    const rules = 'group.1=1:2\ngroup.2=3\nweight.3=2\nversion=1F\n';
    const { config, warnings } = accepted(`${BASE}${THREE}server.9=d:1:2:observer\n${rules}`, {
      myId: { file: '/d/myid', text: ' 9 \nand more' },
    });
    assert.is(config.serverId, 9);
    assert.is(config.initLimit, 10);
    assert.is(config.syncLimit, 5);
    const { servers, groups, weights, version } = config.ensemble!;
    assert.equal(
      servers.map(({ serverId, role }) => `${serverId} ${role}`),
      ['1 participant', '2 participant', '3 participant', '9 observer'],
    );
    assert.equal(
      [...groups!],
      [
        [1, [1, 2]],
        [2, [3]],
      ],
    );
    assert.equal([...weights], [[3, 2]]);
    assert.is(version, 31n);
    assert.equal(warnings, []);
  });

  test('without groups has none', () => {
    const { ensemble } = accepted(BASE + THREE).config;
    assert.is(ensemble!.groups, undefined);
    assert.is(ensemble!.version, 0n);
  });

  test('takes every option of an ensemble without a notice', () => {
    const { config, warnings } = accepted(
      `${BASE}${THREE}cnxTimeout=1000\nelectionPortBindRetry=0\nsnapshotSizeFactor=-1\n` +
        'fastleader.minNotificationInterval=100\nfastleader.maxNotificationInterval=200\n' +
        'leaderServes=no\nleader.ackLoggingFrequency=0\nreadonlymode.enabled=true\n' +
        'localSessionsEnabled=true\nleader.maxTimeToWaitForEpoch=-1\n',
    );
    assert.equal(warnings, []);
    assert.is(config.leaderServes, false);
    assert.is(config.ackLoggingFrequency, 0);
    assert.is(config.snapshotSizeFactor, -1);
    assert.is(config.minNotificationInterval, 100);
    assert.ok(config.readOnlyModeEnabled && config.localSessionsEnabled);
  });

  test('needs initLimit and syncLimit, as in ZooKeeper', () => {
    const text = refusal(`dataDir=/d\nclientPort=1\n${THREE}`);
    assert.match(text, /^zoo\.cfg: initLimit is missing; allowed: a whole number .* in ticks/);
    assert.match(text, '\nzoo.cfg: syncLimit is missing');
    assert.match(refusal(`${BASE}${THREE}initLimit=0`), 'zoo.cfg:8: initLimit=0 is not allowed');
  });

  test('of one participant is one only with standaloneEnabled=false', () => {
    const { config, warnings } = accepted(`${BASE}standaloneEnabled=FALSE\nserver.1=a:1:2\n`);
    assert.is(config.ensemble!.servers.length, 1);
    assert.match(warnings.join(), 'zoo.cfg: an ensemble of 1 participant survives no failure');
    assert.is(accepted(`${BASE}server.1=a:1:2\n`).config.ensemble, undefined);
    const observed = `${BASE}standaloneEnabled=false\nserver.1=a:1:2\nserver.2=b:1:2:observer\n`;
    assert.is(accepted(observed).config.ensemble!.servers.length, 2);
    assert.match(
      refusal(`${BASE}standaloneEnabled=false`),
      'zoo.cfg: there is no server.N line, and standaloneEnabled=false',
    );
    assert.match(
      refusal(`${BASE}standaloneEnabled=0`),
      'zoo.cfg:5: standaloneEnabled=0 is not all',
    );
  });

  test('of observers alone is none', () => {
    const text = refusal(`${BASE}server.1=a:1:2:observer\nserver.2=b:1:2:observer`);
    assert.match(text, 'zoo.cfg:5: server.1=a:1:2:observer is an observer, and nobody votes');
  });

  test('is warned of two voters, and of an even number', () => {
    const { warnings } = accepted(`${BASE}server.1=a:1:2\nserver.2=b:1:2\n`);
    assert.equal(warnings, [
      'zoo.cfg: an ensemble of 2 participants survives no failure; 3 survive one',
    ]);
    assert.match(accepted(`${BASE}${THREE}server.4=d:1:2`).warnings.join(), 'no more than 3 do');
  });

  test('tells all its mistakes in one go, in the order of the files', () => {
    const { myId } = FIRST;
    const text = refusal(
      `${BASE}${THREE}server.03=d:1:2\nserver.4=a:2:9\ngroup.1=1:2:7\nweight.x=2\ntickTime=0\n` +
        'reconfigEnabled=true\nserver.1=z:1:2\n',
      { myId: { ...myId, text: '8' } },
    );
    const places = text.split('\n').map((line) => line.split(' ')[0]);
    assert.equal(places, ['zoo.cfg:11:', 'zoo.cfg:12:', 'zoo.cfg:13:', 'zoo.cfg:14:']);
    const lines = `${THREE}server.03=d:1:2\nserver.4=a:2:9\ngroup.1=1:2:7\n`;
    const rest = refusal(`dataDir=/d\nclientPort=1\n\n\n${lines}`, {
      myId: { ...myId, text: '8' },
    });
    assert.match(rest, 'zoo.cfg: initLimit is missing');
    assert.match(rest, '/d/myid:1: server 8 is not in the ensemble');
    assert.match(rest, 'zoo.cfg:8: server.03=d:1:2 is there twice');
    assert.match(rest, 'zoo.cfg:9: server.4=a:2:9 uses a, port 2, as server.1 does');
    assert.match(rest, 'zoo.cfg:9: server.4=a:2:9 is in no group');
    assert.match(rest, 'zoo.cfg:10: group.1=1:2:7 names server 7, which does not exist');
  });

  test('says one thing of each server, or the same thing again', () => {
    const text = refusal(`${BASE}${THREE}server.3=d:1:2`);
    assert.match(text, 'zoo.cfg:8: server.3=d:1:2 says something else than line 7');
    const { warnings } = accepted(`${BASE}${THREE}server.3=c:1:2`);
    assert.match(warnings.join(), 'is given in line 7 too');
    const groups = refusal(`${BASE}${THREE}group.1=1:2:3\ngroup.01=1:2:3`);
    assert.match(groups, 'zoo.cfg:9: group.01=1:2:3 is not allowed; allowed: one line for each');
    const weights = refusal(`${BASE}${THREE}weight.1=1\nweight.01=1`);
    assert.match(weights, 'zoo.cfg:9: weight.01=1 is not allowed; allowed: one line for each');
  });

  test('has groups and weights of the form, or none', () => {
    for (const line of ['group.1=1:x', 'group.x=1', 'groups=1', 'group.1=', 'group.1=1,2,3']) {
      assert.match(refusal(`${BASE}${THREE}${line}`), 'allowed: group.G=a:b:c', line);
    }
    for (const line of ['weight.1=x', 'weight.1=-1', 'weight=1', 'weight.1=4294967296']) {
      assert.match(refusal(`${BASE}${THREE}${line}`), 'allowed: weight.N=k', line);
    }
    for (const line of ['version=0x1', 'version=-1', 'version=', 'version=8000000000000000']) {
      assert.match(refusal(`${BASE}${THREE}${line}`), 'hexadecimal number of at most 63', line);
    }
    assert.match(refusal(`${BASE}weight.1=2`), 'weight.1=2 is there without any server');
    assert.match(refusal(`${BASE}${THREE}weight.1=2`), 'weight.1=2 needs groups');
  });

  test('names several addresses of a server only with multiAddress.enabled', () => {
    const two = 'server.4=d:1:2|e:1:2\nserver.5=f:1:2\n';
    assert.match(refusal(BASE + THREE + two), 'zoo.cfg:8: server.4=d:1:2|e:1:2 names several');
    const { ensemble } = accepted(`${BASE}${THREE}${two}multiAddress.enabled=true\n`).config;
    assert.is(ensemble!.servers[3]!.addresses.length, 2);
  });

  test('is warned of a peerType that its own line contradicts', () => {
    assert.equal(accepted(`${BASE}${THREE}peerType=Participant`).warnings, []);
    const { warnings } = accepted(`${BASE}${THREE}peerType=observer`);
    assert.match(warnings.join(), 'zoo.cfg:8: peerType=observer has no effect');
    assert.match(refusal(`${BASE}${THREE}peerType=voter`), 'one of participant, observer');
  });

  test('refuses what this version cannot do, and says why', () => {
    const text = (line: string) => refusal(`${BASE}${THREE}${line}`);
    assert.match(text('reconfigEnabled=true'), 'comes with a later version, and until then');
    assert.match(text('oraclePath=/o'), 'one server of two never goes on alone');
    assert.match(text('observerMasterPort=2191'), 'observers, who connect to the leader');
    assert.match(text('sslQuorum=true'), 'no TLS');
    assert.match(text('quorum.auth.enableSasl=true'), 'no SASL');
  });
});

suite('the myid of an ensemble', (test) => {
  const story = (myId: OtherFiles['myId']) => refusal(BASE + THREE, { myId });
  const allowed = 'allowed: one of the numbers 1, 2, 3, in the first line of that file';

  test('must be there', () => {
    const missing =
      '/d/myid: there is no such file, and a server of an ensemble finds its number in it';
    assert.is(story({ file: '/d/myid' }), `${missing}; ${allowed}`);
    assert.is(story(undefined), `${missing}; ${allowed}`);
  });

  test('must be readable, and hold a number', () => {
    const problem = 'EACCES';
    assert.is(story({ file: '/d/myid', problem }), `/d/myid: cannot be read: EACCES; ${allowed}`);
    for (const text of ['', 'x', '256', '-1', '1 2']) {
      const said = `/d/myid:1: '${text}' is not the number of a server; ${allowed}`;
      assert.is(story({ file: '/d/myid', text }), said);
    }
  });

  test('must be that of one of the servers', () => {
    assert.match(
      story({ file: '/d/myid', text: '4' }),
      '/d/myid:1: server 4 is not in the ensemble, whose servers are 1, 2, 3; allowed: the number',
    );
    const others = refusal(`${BASE}server.8=a:1:2\nserver.9=b:1:2`);
    assert.is(others.split('\n').length, 1, others);
  });

  test('is of no interest where a server stands alone', () => {
    const { config } = accepted(`${BASE}server.2=a:1:2`, { myId: { file: 'm', text: 'x' } });
    assert.is(config.serverId, 2);
  });
});

suite('the client port of an ensemble', (test) => {
  const without = 'dataDir=/d\ninitLimit=10\nsyncLimit=5\n';
  const servers = 'server.1=a:1:2;127.0.0.1:2191\nserver.2=b:1:2;2192\nserver.3=c:1:2\n';
  const as = (text: string) => ({ myId: { file: '/d/myid', text } });

  test('may stand in the line of the own server', () => {
    const { config } = accepted(without + servers);
    assert.is(config.clientPort, 2191);
    assert.is(config.clientPortAddress, '127.0.0.1');
    assert.is(accepted(without + servers, as('2')).config.clientPort, 2192);
    assert.is(accepted(BASE + servers, as('3')).config.clientPort, 2181);
  });

  test('must stand somewhere', () => {
    assert.is(
      refusal(without + servers, as('3')),
      'zoo.cfg: clientPort is missing; allowed: a whole number from 0 to 65535; 2181 is the usual one',
    );
  });

  test('is not asked for while it is not clear which server this is', () => {
    assert.not.match(refusal(without + servers, as('7')), 'clientPort is');
    assert.not.match(refusal(`${without}server.1=a`), 'clientPort is');
  });

  test('must not be contradicted by the line of the own server, and may be by others', () => {
    assert.match(
      refusal(BASE + servers),
      'zoo.cfg:5: server.1=a:1:2;127.0.0.1:2191 names client p',
    );
    const elsewhere = `clientPortAddress=10.0.0.1\nclientPort=2191\n`;
    assert.match(refusal(without + servers + elsewhere), 'names client address 127.0.0.1, but');
  });

  test('that came from clientPort does not show in the ensemble', () => {
    assert.is(accepted(BASE + THREE).config.ensemble!.servers[0]!.client, undefined);
  });
});

suite('a dynamic file', (test) => {
  const pointer = (name = 'zoo.cfg.dynamic') => `${BASE}dynamicConfigFile=${name}\n`;

  test('holds the servers, and its name the version', () => {
    const read = (name: string) => accepted(pointer(name), inDynamicFile(THREE, name)).config;
    assert.is(read('zoo.cfg.dynamic').ensemble!.servers.length, 3);
    assert.is(read('zoo.cfg.dynamic').ensemble!.version, 0n);
    assert.is(read('/etc/zoo.cfg.dynamic.10000000A').ensemble!.version, 0x10000000an);
    assert.is(read('zoo.cfg.dynamic.8000000000000000').ensemble!.version, 0n);
    assert.is(read('dynamic').ensemble!.version, 0n);
  });

  test('may leave one server that stands alone, with its client port', () => {
    const { config } = accepted(
      'dataDir=/d\ndynamicConfigFile=x\n',
      inDynamicFile('server.4=a:1:2;2182', 'x'),
    );
    assert.is(config.ensemble, undefined);
    assert.is(config.serverId, 4);
    assert.is(config.clientPort, 2182);
  });

  test('has a place for its mistakes', () => {
    const others = inDynamicFile('# x\nserver.1=a\ntickTime=1\nversion=1\nserver.1=b:1:2\n');
    assert.is(
      refusal(`${pointer()}tickTime=0\n`, others),
      [
        'zoo.cfg:6: tickTime=0 is not allowed; allowed: a whole number (ms) from 1 to 2147483647',
        'zoo.cfg.dynamic:3: tickTime=1 must not stand in a dynamic file; allowed: only server.N, ' +
          'group.G and weight.N',
        'zoo.cfg.dynamic:4: version=1 must not stand in a dynamic file. Remove it: what stands ' +
          'after the last dot of the file name is the version.',
        'zoo.cfg.dynamic:5: server.1=b:1:2 says something else than line 2; allowed: one line for each',
      ].join('\n'),
    );
    assert.match(
      refusal(pointer(), inDynamicFile('server.1=a')),
      'zoo.cfg.dynamic:1: server.1=a is',
    );
  });

  test('is the only place for servers, groups, weights and the version', () => {
    const text = refusal(`${pointer()}server.4=d:1:2\ngroup.1=1\nweight.1=1\nversion=2\n`, {
      ...inDynamicFile(THREE),
    });
    assert.match(
      text,
      'zoo.cfg:6: server.4=d:1:2 must not stand beside dynamicConfigFile of line 5. Move it there.',
    );
    assert.match(text, 'zoo.cfg:7: group.1=1 must not');
    assert.match(text, 'zoo.cfg:8: weight.1=1 must not');
    assert.match(text, 'zoo.cfg:9: version=2 must not stand beside');
  });

  test('that cannot be read is told of at the line that names it', () => {
    const missing = 'zoo.cfg:5: dynamicConfigFile=zoo.cfg.dynamic cannot be read: there is no such';
    assert.match(refusal(pointer(), FIRST), missing);
    const dynamic = { file: 'zoo.cfg.dynamic', problem: 'EISDIR' };
    assert.match(refusal(pointer(), { ...FIRST, dynamic }), 'cannot be read: EISDIR; allowed: the');
    assert.match(refusal(`${BASE}dynamicConfigFile=`), 'dynamicConfigFile= is not allowed');
  });

  test('and the data folder are found by whoever reads files', () => {
    const text = 'dataDir=/a\nzookeeper.dataDir = /b \ndynamicConfigFile=zoo.dyn\n';
    assert.equal(filesNamedIn(text), { dataDir: '/b', dynamicConfigFile: 'zoo.dyn' });
    const none = { dataDir: undefined, dynamicConfigFile: undefined };
    assert.equal(filesNamedIn('dataDir=\n'), none);
  });
});
