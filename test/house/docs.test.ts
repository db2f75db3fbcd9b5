import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { type Fence, fencesOf } from './fences.js';
import { filesBelow, top } from './repository.js';

const documents = filesBelow('', '.md');
const fences = documents.flatMap(fencesOf);
const folder = join(top, '.cache', 'fences');
const nameOf = (index: number, fence: Fence) => `fence-${index + 1}.${fence.language}`;

/** Says which fence a line of the compiler speaks of. */
function located(output: string): string {
  return output.replace(/(?:\S*\/)?fence-(\d+)\.[tj]s\((\d+),\d+\)/g, (_, number, line) => {
    return `${fences[Number(number) - 1]?.where} + ${Number(line) - 1}`;
  });
}

/** What links to the headings of a document end with, by the rule of the sites that show it. */
function anchorsOf(text: string): readonly string[] {
  const headings = text
    .replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, '')
    .split('\n')
    .filter((line) => /^#+ /.test(line));
  return headings.map((line) =>
    line
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

suite('the documents', (test) => {
  test(
    'every ts and js program in them compiles',
    () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const options = {
        ...{ target: 'ES2022', module: 'NodeNext', strict: true, noEmit: true, skipLibCheck: true },
        ...{ lib: ['ES2023', 'ESNext.Disposable', 'DOM'], types: ['node'] },
        ...{ allowJs: true, checkJs: true, noImplicitAny: false, moduleDetection: 'force' },
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
      for (const [index, fence] of fences.entries()) {
        // A test file in a document stands where tests stand: two folders below test/.
        const code = fence.code.replaceAll("'../../support/", "'../../test/support/");
        writeFileSync(join(folder, nameOf(index, fence)), code);
      }
      if (fences.length === 0) return;
      const tsc = join(top, 'node_modules/typescript/bin/tsc');
      const { status, stdout } = spawnSync(
        process.execPath,
        [tsc, '-p', folder, '--pretty', 'false'],
        {
          encoding: 'utf8',
          timeout: 60_000,
        },
      );
      if (status !== 0) assert.unreachable(`\n${located(stdout)}`);
    },
    { timeoutMs: 60_000 },
  );

  for (const [index, fence] of fences.entries()) {
    if (!fence.marks.includes('run') || fence.language !== 'js') continue;
    test(
      `the program at ${fence.where} runs`,
      () => {
        const { status, stderr } = spawnSync(process.execPath, [nameOf(index, fence)], {
          cwd: folder,
          encoding: 'utf8',
          timeout: 20_000,
        });
        assert.is(status, 0, stderr);
      },
      { timeoutMs: 20_000 },
    );
  }

  test('every link between them leads to a file', () => {
    const broken: string[] = [];
    for (const { path, text } of documents) {
      for (const [, target] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
        if (/^\w+:/.test(target!)) continue;
        if (!existsSync(join(top, dirname(path), target!))) broken.push(`${path}: ${target}`);
      }
    }
    assert.equal(broken, []);
  });

  test('every link to a heading finds it', () => {
    const broken: string[] = [];
    for (const { path, text } of documents) {
      for (const [, target, heading] of text.matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)) {
        const at = target === '' ? path : join(dirname(path), target!);
        const there = documents.find((each) => each.path === at);
        if (there !== undefined && anchorsOf(there.text).includes(heading!)) continue;
        broken.push(`${path}: ${target}#${heading}`);
      }
    }
    assert.equal(broken, []);
  });

  test('every npm script and test that they name is there', () => {
    const { scripts } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
    const tests = filesBelow('test', '.test.ts').map(({ path }) => path);
    const missing: string[] = [];
    for (const { path, text } of documents) {
      for (const [, script] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
        if (!Object.hasOwn(scripts, script!)) missing.push(`${path}: npm run ${script}`);
      }
      for (const [, words] of text.matchAll(/\bnpm test -- ([\w/.-]+(?: [\w/.-]+)*)/g)) {
        for (const word of words!.startsWith('--') ? [] : words!.split(' ')) {
          if (word !== 'WORDS' && !tests.some((each) => each.includes(word)))
            missing.push(`${path}: ${word}`);
        }
      }
    }
    assert.equal(missing, []);
  });
});

suite('taking programs out of a document', (test) => {
  const text =
    '# x\n```ts\nlet a;\n```\n```js run\nb();\n```\n```sh\nno\n```\n```js continues\nc();\n```\n';
  const found = fencesOf({ path: 'x.md', text });
  test('finds each ts and js fence with its line and marks', () => {
    assert.equal(
      found.map((fence) => fence.where),
      ['x.md:3', 'x.md:6', 'x.md:12'],
    );
    assert.equal(
      found.map((fence) => fence.marks),
      [[], ['run'], ['continues']],
    );
  });
  test('joins a piece to the one before it', () => {
    assert.is(found[2]?.code, 'b();\n\nc();\n');
  });
});
