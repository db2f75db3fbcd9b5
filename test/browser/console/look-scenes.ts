/** How it looks: both themes, contrast and roles by axe-core, a phone's width. */
import type { Page } from 'playwright-core';
import { problemsOf } from './axe.js';
import { isReadable, leastContrast } from './contrast.js';
import { dataField, demand, type Scene, until } from './scene.js';

/** A page, as far as what flashes in it is held still. */
interface Flashing {
  held?: number;
  /** The animation to be held, and where. */
  wanted: string;
  moment: number;
  readonly document: {
    addEventListener(type: 'animationstart', listener: (event: Start) => void): void;
    getAnimations(): { finish(): void }[];
  };
}

interface Start {
  readonly animationName: string;
  readonly target: { getAnimations(): { currentTime: number; pause(): void }[] };
}

/** The next flash of a kind stops at a moment of it, ms; those that went before are over. */
async function holdNext(page: Page, kind: string, atMs: number): Promise<void> {
  await until(
    () => page.locator(`.${kind}`).count(),
    (count) => count === 0,
  );
  await page.evaluate(
    ([wanted, moment]) => {
      const here = globalThis as unknown as Flashing;
      const isNew = here.held === undefined;
      Object.assign(here, { held: 0, wanted, moment });
      if (!isNew) return;
      here.document.addEventListener('animationstart', ({ animationName, target }) => {
        if (animationName !== here.wanted) return;
        for (const flash of target.getAnimations()) {
          flash.pause();
          flash.currentTime = here.moment;
        }
        here.held = 1;
      });
    },
    [kind, atMs] as const,
  );
}

/** Waits until something has flashed. */
async function untilHeld(page: Page): Promise<void> {
  await until(
    () => page.evaluate(() => (globalThis as unknown as Flashing).held),
    (held) => held === 1,
  );
}

async function letPass(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { document } = globalThis as unknown as Flashing;
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
    for (const atMs of [0, 600]) {
      const name = `${scheme}-${atMs}`;
      const changes = [
        ['created', () => beside.create(`/look/${name}`)],
        ['below', () => beside.create(`/look/there/${name}`)],
        ['changed', () => beside.set('/look/there', name)],
        ['deleted', () => beside.delete(`/look/${name}`)],
      ] as const;
      for (const [what, change] of changes) {
        await holdNext(page, `flash-${what}`, atMs);
        await change();
        await untilHeld(page);
        // Of the lines that flash, whatever stands in them.
        const texts = page.locator(`.flash-${what} :is(.name, .children)`);
        const seen = await leastContrast(texts);
        demand(isReadable(seen), [what, atMs, seen]);
        await check(`${what}, after ${atMs} ms`);
        await letPass(page);
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
