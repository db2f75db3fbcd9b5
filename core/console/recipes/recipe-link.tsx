import { useSignal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import type { RecipeKind } from '@vivarium/core/internal/layouts/recognised';
import { useEffect } from 'preact/hooks';
import { parentPath } from '../paths.js';
import { hashOf } from '../route.js';
import { kindNames } from './kind-words.js';
import { lookAt, lookAtChildren } from './look-at.js';

/** Lists that are longer are not read for a link. */
const LIST_MAX = 2_000;
const SAMPLE = 5;

interface Target {
  readonly path: string;
  readonly kind: RecipeKind;
}

interface LinkParts {
  readonly zk: Client;
  readonly path: string;
  /** Another value looks again. */
  readonly children: number;
}

/** From a node in the tree to the recipe that it is, or that it takes part in. */
export function RecipeLink({ zk, path, children }: LinkParts) {
  const target = useSignal<Target | undefined>(undefined);
  const isEmpty = children === 0;
  const isLong = children > LIST_MAX;
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const find = async () => {
      const own = isLong ? undefined : await recipeAt(zk, path, signal);
      target.value =
        own ?? (path === '/' ? undefined : await recipeAt(zk, parentPath(path), signal));
    };
    // A link that cannot be found is not there.
    find().catch(() => {});
    return () => ending.abort();
  }, [zk, path, isEmpty, isLong, target]);
  const found = target.value;
  if (found === undefined) return null;
  const name = kindNames[found.kind][0].toLowerCase();
  const article = name.startsWith('e') ? 'an' : 'a';
  return (
    <a class="tag" href={hashOf({ page: 'recipes', path: found.path, query: {} })}>
      {found.path === path ? `see it as ${article} ${name}` : `part of ${article} ${name}`}
    </a>
  );
}

async function recipeAt(
  zk: Client,
  path: string,
  signal: AbortSignal,
): Promise<Target | undefined> {
  const stat = await zk.exists(path, { signal });
  if (stat === undefined || stat.numChildren > LIST_MAX) return undefined;
  const seen = await lookAt(zk, path, { signal });
  if (seen === undefined) return undefined;
  let [first] = recognise(seen.look);
  if (first === undefined || first.sure === 'possible') {
    [first] = recognise((await lookAtChildren(zk, seen, SAMPLE, { signal })).look);
  }
  if (first === undefined || first.sure === 'possible') return undefined;
  return { path, kind: first.kind };
}
