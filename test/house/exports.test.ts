import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { allNames, doors, isBuilt, namesFile, namesOf } from './doors.js';
import { top } from './repository.js';

/** Runs a program in a process of its own, at the top of the repository. */
function run(program: string, ...args: readonly string[]) {
  return spawnSync(process.execPath, [...args, '-e', program], {
    cwd: top,
    encoding: 'utf8',
    timeout: 10_000,
  });
}

suite('the doors of the packages', (test) => {
  test('the public names are those in test/house/public-names.txt', () => {
    if (process.env.UPDATE_PUBLIC_NAMES !== undefined) writeFileSync(namesFile, allNames());
    // A difference is either a mistake or goes into CHANGELOG.md, and then into the file:
    // UPDATE_PUBLIC_NAMES=1 npm test -- house/exports
    assert.fixture(allNames(), readFileSync(namesFile, 'utf8'));
  });

  test(
    'their types hold by themselves: without those of Node, and with libraries checked',
    () => {
      const folder = join(top, '.cache', 'doors');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const imports = doors.map((door, index) => `export * as door${index} from '${door}';\n`);
      writeFileSync(join(folder, 'program.mts'), imports.join(''));
      const tsc = join(top, 'node_modules/typescript/bin/tsc');
      const options = ['--target', 'ES2022', '--lib', 'ES2022,DOM', '--module', 'NodeNext'];
      const how = ['--strict', '--noEmit', '--types', '', '--ignoreConfig', '--pretty', 'false'];
      const { status, stdout } = spawnSync(
        process.execPath,
        [tsc, ...options, ...how, 'program.mts'],
        { cwd: folder, encoding: 'utf8', timeout: 60_000 },
      );
      assert.is(status, 0, stdout);
    },
    { timeoutMs: 60_000 },
  );

  test('each package carries the licence and says what it is', () => {
    for (const folder of ['core', 'recipes']) {
      const licence = readFileSync(join(top, folder, 'LICENSE'), 'utf8');
      assert.is(licence, readFileSync(join(top, 'LICENSE'), 'utf8'), folder);
      const { name } = JSON.parse(readFileSync(join(top, folder, 'package.json'), 'utf8'));
      assert.match(readFileSync(join(top, folder, 'README.md'), 'utf8'), `# ${name}\n`);
    }
  });

  for (const door of doors.filter(isBuilt)) {
    const values = namesOf(door).filter((name) => !name.startsWith('type '));

    test(`${door} exports at run time what its types say`, async () => {
      const module = (await import(door)) as Record<string, unknown>;
      assert.equal(Object.keys(module).sort(), values);
    });

    test(`importing ${door} does nothing else`, () => {
      const program = `
        const events = () => process.eventNames().map(String).sort().join();
        const globals = () => Object.getOwnPropertyNames(globalThis).sort().join();
        const before = [events(), globals()];
        await import('${door}');
        await new Promise((done) => setTimeout(done, 50)); // the loader closes its files
        const left = process.getActiveResourcesInfo().filter((kind) => !/^(Pipe|TTY)/.test(kind));
        if (left.length > 0) console.log('left open: ' + left);
        if (events() !== before[0]) console.log('listens to: ' + events());
        if (globals() !== before[1]) console.log('changed the globals');`;
      const { status, stdout, stderr } = run(program, '--input-type=module');
      assert.is(stdout + stderr, '');
      assert.is(status, 0);
    });

    test(`require('${door}') works for CommonJS`, () => {
      const program = `console.log(Object.keys(require('${door}')).sort().join())`;
      const { status, stdout, stderr } = run(program, '--no-warnings', '--input-type=commonjs');
      assert.is(status, 0, stderr);
      assert.is(stdout.trim(), values.join());
    });
  }
});
