/** The files under docs/deploy are what the server that reads them takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@vivarium/core/internal/config/config';
import { filesNamedIn, readZooCfg } from '@vivarium/core/internal/config/zoo-cfg';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { filesBelow, top } from './repository.js';

const FOLDER = 'docs/deploy';
const read = (name: string) => readFileSync(join(top, FOLDER, name), 'utf8');
const documents = filesBelow('docs', '.md');

/** Reads a config as server `id`, with the files beside it. @throws with all that is wrong */
function readAs(id: number, text: string, name: string): Config {
  const { dataDir, dynamicConfigFile } = filesNamedIn(text);
  const dynamic = dynamicConfigFile?.split('/').at(-1);
  const reading = readZooCfg(text, name, {
    ...(dynamic && { dynamic: { file: dynamic, text: read(dynamic) } }),
    myId: { file: `${dataDir}/myid`, text: `${id}\n` },
  });
  const problems = [...reading.warnings, ...(reading.ok ? [] : reading.errors)];
  assert.equal(
    problems.map(({ message }) => message),
    [],
  );
  if (!reading.ok) throw new Error('it cannot be read');
  return reading.config;
}

/** Programs of a document in a language. */
function fencesIn(text: string, language: string): readonly string[] {
  const form = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(form)].map(([, code]) => code!);
}

/** The values of a key in files of lines `key=value`. */
function valuesOf(key: string, text: string): readonly string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!);
}

suite('the files for deployment', (test) => {
  for (const name of ['zoo.cfg', 'compose.cfg']) {
    test(`${name} is that of an ensemble of three, without a warning, on each of them`, () => {
      for (const id of [1, 2, 3]) {
        const { serverId, ensemble, clientPort, dataDir } = readAs(id, read(name), name);
        assert.is(serverId, id);
        assert.is(ensemble?.servers.length, 3);
        assert.is(clientPort, 2181);
        assert.is(dataDir, '/var/lib/vivarium');
      }
    });
  }

  test('compose.yaml runs the servers that its config names, each with its number', () => {
    const compose = read('compose.yaml');
    const { ensemble } = readAs(1, read('compose.cfg'), 'compose.cfg');
    for (const { serverId, addresses } of ensemble!.servers) {
      const service = new RegExp(
        `^ {2}${addresses[0]!.host}:\\n {4}<<: \\*server\\n {4}hostname: ${addresses[0]!.host}\\n` +
          ` {4}environment: { SERVER_ID: "${serverId}" }\\n[^]*?data${serverId}:/var/lib/vivarium`,
        'm',
      );
      assert.match(compose, service);
    }
    assert.match(compose, /\.\/compose\.cfg:\/etc\/vivarium\/zoo\.cfg:ro/);
  });

  test('the unit and the image run the server with the config that the guide installs', () => {
    const program = '/opt/vivarium/core/bin/vivarium.js';
    const config = '/etc/vivarium/zoo.cfg';
    const unit = read('vivarium.service');
    assert.equal(valuesOf('ExecStart', unit), [`/usr/bin/node ${program} server ${config}`]);
    assert.equal(valuesOf('StateDirectory', unit), ['vivarium']);
    const image = read('Containerfile');
    assert.ok(image.includes(`ln -s ${program} /usr/local/bin/vivarium`));
    assert.ok(image.includes(`CMD ["server", "${config}"]`));
  });

  test('the unit leaves time for a stop, and does not repeat a start that a person must mend', () => {
    const unit = read('vivarium.service');
    const { shutdownTimeoutMs } = readAs(1, read('zoo.cfg'), 'zoo.cfg');
    assert.ok(Number(valuesOf('TimeoutStopSec', unit)[0]) * 1000 > shutdownTimeoutMs);
    assert.equal(valuesOf('RestartPreventExitStatus', unit), ['2 3']);
  });

  test('every config in the documents can be read, or is a part of those files', () => {
    let configs = 0;
    for (const { text, path } of documents) {
      for (const code of fencesIn(text, 'properties')) {
        configs++;
        const isPart = filesBelow(FOLDER, 'cfg', '.dynamic').some((file) =>
          file.text.includes(code),
        );
        if (!isPart) readAs(1, code, path);
      }
    }
    assert.ok(configs >= 2);
  });
});
