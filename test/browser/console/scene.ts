import type { Locator, Page } from 'playwright-core';
import type { Stage } from './stage.js';

/** One thing shown; resolves with a word about it, or rejects with what was seen instead. */
export interface Scene {
  readonly name: string;
  show(stage: Stage): Promise<string>;
}

/** @throws with what was seen when it is not what had to be */
export function demand(holds: boolean, seen: unknown): asserts holds {
  if (!holds) throw new Error(`saw ${JSON.stringify(seen)}`);
}

/** The line of a path in the tree. */
export function line(page: Page, path: string) {
  return page.locator(`[id="row-${encodeURIComponent(path)}"]`);
}

/** Waits until something is so. @throws with what it was last */
export async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`to the end it was ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The field with the data of a node, whichever form it has. */
export function dataField(page: Page, path: string) {
  return page.getByRole('textbox', { name: `Data of ${path} as` });
}

/** Waits until a field holds a text. */
export async function shows(field: Locator, text: string): Promise<void> {
  await until(
    () => field.inputValue(),
    (value) => value === text,
  );
}
