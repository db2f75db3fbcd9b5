/** What tests of nested requests look at. */
import type { Client } from '@vivarium/core';
import { isRecipeError } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf } from '../compliance/observe.js';

export const namesOf = async (zk: Client, path: string) => (await zk.children(path)).children;

/** Waits until so many stand in a queue. */
export async function standing(zk: Client, path: string, count: number): Promise<void> {
  while (((await zk.exists(path))?.numChildren ?? 0) !== count) await zk.sync();
}

export async function isSelfDeadlock(request: Promise<unknown>, path: string): Promise<void> {
  const error = await errorOf(request);
  assert.ok(isRecipeError(error, 'SELF_DEADLOCK'), String(error));
  assert.is(error.path, path);
  assert.match(error.message, /would wait for itself: (release|call) .*detached: true/);
}
