/** Where things stand on the recipes page. */
import type { Page } from 'playwright-core';
import { Fleet } from './recipe-fleet.js';
import { addressOf, type Stage } from './stage.js';

/** Programs that play recipes on the ensemble of a stage. */
export function fleetOf({ ensemble }: Stage): Fleet {
  return new Fleet(ensemble.members.map(({ host, port }) => `${host}:${port}`).join(','));
}

/** Opens the page of a recipe; `query` begins with `?`. */
export async function open(
  { page, server }: Pick<Stage, 'page' | 'server'>,
  path: string,
  query = '',
) {
  const hash = path.split('/').map(encodeURIComponent).join('/');
  await page.goto(`${addressOf(server)}#/recipes${hash}${query}`);
}

/** What is told of the recipe that is shown. */
export const pane = (page: Page) => page.getByRole('region', { name: 'Recipe', exact: true });
export const headline = (page: Page, words: string) =>
  pane(page).locator('.headline').filter({ hasText: words });
export const parts = (page: Page) => pane(page).locator('.part');
/** The line of a recipe in the list. */
export const found = (page: Page, path: string) =>
  page.locator(`[id="found-${encodeURIComponent(path)}"]`);
