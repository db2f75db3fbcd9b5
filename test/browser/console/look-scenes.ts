/** How it looks: both themes, contrast and roles by axe-core, a phone's width. */
import type { Page } from 'playwright-core';
import { problemsOf } from './axe.js';
import { dataField, demand, type Scene, until } from './scene.js';

/** What there is of a browser's animations in a page, as far as it is used here. */
interface Animations {
  readonly document: {
    getAnimations(): {
      readonly animationName: string;
      currentTime: number;
      pause(): void;
      finish(): void;
    }[];
  };
}

/** Waits until something flashes, and holds it at a moment. @returns what lets it pass */
async function holdFlash(page: Page, name: string, atMs: number): Promise<() => Promise<void>> {
  const hold = () =>
    page.evaluate(
      ([wanted, moment]) => {
        const { document } = globalThis as unknown as Animations;
        const flashes = document.getAnimations().filter((each) => each.animationName === wanted);
        for (const flash of flashes) {
          flash.pause();
          flash.currentTime = moment;
        }
        return flashes.length;
      },
      [name, atMs] as const,
    );
  await until(hold, (count) => count > 0);
  return () =>
    page.evaluate(() => {
      const { document } = globalThis as unknown as Animations;
      for (const animation of document.getAnimations()) animation.finish();
    });
}

export const lookScenes: readonly Scene[] = (['light', 'dark'] as const).map((scheme) => ({
  name: `contrast and roles, ${scheme}`,
  async show({ page, beside, visit }) {
    await page.emulateMedia({ colorScheme: scheme });
    await beside.ensure('/look/here');
    await beside.set('/look/here', '{"a":1}');
    await beside.ensure('/look/there');
    let checked = 0;
    const check = async (what: string) => {
      const problems = await problemsOf(page);
      demand(problems.length === 0, [what, ...problems]);
      checked++;
    };
    for (const query of ['', '?as=hex', '?tab=stat', '?tab=acl']) {
      await visit('/look/here', query);
      await page.getByRole('tabpanel').waitFor();
      await page.getByRole('heading', { name: 'here' }).waitFor();
      await check(query);
    }
    for (const atMs of [0, 500, 1_000]) {
      const name = `${scheme}-${atMs}`;
      const flashes = [
        ['flash-created', () => beside.create(`/look/${name}`)],
        ['flash-below', () => beside.create(`/look/there/${name}`)],
        ['flash-changed', () => beside.set('/look/there', name)],
        ['flash-deleted', () => beside.delete(`/look/${name}`)],
      ] as const;
      for (const [flash, change] of flashes) {
        await change();
        const pass = await holdFlash(page, flash, atMs);
        await check(`${flash}, after ${atMs} ms`);
        await pass();
      }
    }
    const theme = await page.locator('html').getAttribute('data-theme');
    demand(theme === scheme, theme);
    await visit('/look/none');
    await page.getByText('There is no node at this path').waitFor();
    await check('gone');
    await visit('/look');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').waitFor();
    await check('delete');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'New child' }).click();
    await page.getByRole('dialog').waitFor();
    await check('create');
    await page.keyboard.press('Escape');
    await visit('/look/here');
    const field = dataField(page, '/look/here');
    await field.fill('{"a":2}');
    await beside.set('/look/here', '{"a":3}');
    await page.getByText('Changed by somebody else.').waitFor();
    await page.getByRole('button', { name: /^Changes/ }).click();
    await check('conflict and changes');
    await page.getByRole('button', { name: 'Discard mine' }).click();
    await page.getByRole('button', { name: /^Changes/ }).click();
    await page.setViewportSize({ width: 375, height: 720 });
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
    demand(width <= 375, width);
    await check('phone');
    await page.getByRole('button', { name: 'Tree' }).click();
    await page.getByRole('tree').waitFor();
    await check('phone, tree');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.reload();
    return `${checked} states without a violation of WCAG 2.2 AA`;
  },
}));
