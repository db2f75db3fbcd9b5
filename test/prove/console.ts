import type { Page } from 'playwright-core';
import { editScenes } from '../browser/console/edit-scenes.js';
import { ensembleScenes } from '../browser/console/ensemble-scenes.js';
import { faultScenes } from '../browser/console/fault-scenes.js';
import { lookScenes } from '../browser/console/look-scenes.js';
import { recipeEdgeScenes } from '../browser/console/recipe-edge-scenes.js';
import { recipeScenes } from '../browser/console/recipe-scenes.js';
import { sessionScenes } from '../browser/console/session-scenes.js';
import { openStage } from '../browser/console/stage.js';
import { timeScenes } from '../browser/console/time-scenes.js';
import { treeScenes } from '../browser/console/tree-scenes.js';
import type { Proof } from './proof.js';

/** What the page shows when a scene has failed. */
async function seen(page: Page): Promise<string> {
  const words = await page
    .locator('body')
    .innerText({ timeout: 5_000 })
    .catch((error: unknown) => String(error));
  return `at ${page.url()} the page says: ${words.replaceAll(/\s+/g, ' ').slice(0, 1_500)}`;
}

export const prove: Proof = {
  name: 'console',
  what: 'The web console shows and changes a live ensemble in a real browser, whatever befalls it.',
  async run({ short, log, args }) {
    const stage = await openStage(short);
    const said: string[] = [];
    let failed = 0;
    try {
      const all = [
        ...[...treeScenes, ...editScenes, ...sessionScenes, ...ensembleScenes],
        ...[...recipeScenes, ...recipeEdgeScenes, ...timeScenes, ...lookScenes, ...faultScenes],
      ];
      const scenes = all.filter(({ name }) => {
        return args.length === 0 || args.some((word) => name.includes(word));
      });
      for (const { name, show } of scenes) {
        const began = stage.complaints.length;
        const [holds, words] = await show(stage).then<[boolean, string], [boolean, string]>(
          (told) => {
            const complaints = stage.complaints.slice(began);
            return complaints.length === 0 ? [true, told] : [false, complaints.join('; ')];
          },
          async (error: unknown) => {
            return [false, `${String(error).trim()}; ${await seen(stage.page)}`];
          },
        );
        if (!holds) failed++;
        said.push(`- ${holds ? '' : 'FAILS: '}${name}: ${words}\n`);
        log(`${holds ? 'holds' : 'FAILS'}  ${name}: ${words}`);
      }
      return {
        holds: failed === 0 && scenes.length > 0,
        counts: { scenes: scenes.length, failed },
        versions: { Chromium: stage.browser.version() },
        details: said.join(''),
      };
    } finally {
      await stage.close();
    }
  },
};
