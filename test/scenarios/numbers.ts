/** Which scenario of docs/internals/scenarios.md is played by which tests. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = new URL('../../../docs/internals/scenarios.md', import.meta.url);

export interface ScenarioRow {
  /** 1 to 80, or 66b. */
  readonly number: string;
  readonly what: string;
  readonly tests: readonly { readonly path: string; readonly title: string }[];
  readonly state: string;
}

/** The rows of the list, in its order. */
export function scenarioRows(text = readFileSync(fileURLToPath(page), 'utf8')): ScenarioRow[] {
  const lines = text.split('\n').filter((line) => /^\| \d/.test(line));
  return lines.map((line) => {
    const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    const [number = '', what = '', tests = ''] = cells;
    const named = [...tests.matchAll(/`([^`]+)` › "([^"]+)"/g)];
    return {
      number,
      what,
      tests: named.map(([, path, title]) => ({ path: path!, title: title! })),
      state: cells.at(-1)!,
    };
  });
}

/** Those of the titles, each `SUITE › NAME`, that play a scenario. */
export function titlesOf({ tests }: ScenarioRow, titles: readonly string[]): readonly string[] {
  const patterns = tests
    .filter(({ path }) => path.endsWith('-suite.ts'))
    .map(({ title }) => {
      const parts = title.split(/\$\{[^}]*\}/).map((part) => part.replace(/[^\w ]/g, '\\$&'));
      return new RegExp(`^${parts.join('.*')}$`);
    });
  return titles.filter((title) => patterns.some((each) => each.test(title.split(' › ')[1]!)));
}
