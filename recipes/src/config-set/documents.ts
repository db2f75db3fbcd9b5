import type { Client, Codec } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { ConfigFormat } from '../config.js';
import { codecOf } from '../shared/format.js';
import { assertFolderPath } from '../shared/node-path.js';
import { childOf } from '../shared/paths.js';

/** How each document of a set is written and checked, by its name: that of its node. */
export type ConfigSetFormats<T> = { readonly [K in keyof T]: ConfigFormat<T[K]> };

/** One document of a set of type `T`. */
export interface ConfigDocument<T> {
  readonly name: keyof T & string;
  readonly path: string;
  readonly codec: Codec<T[keyof T & string]>;
}

/** @throws ZkError BAD_ARGUMENTS for a folder or names that are none, or when there are none */
export function documentsOf<T>(
  zk: Client,
  folder: string,
  formats: ConfigSetFormats<T>,
): readonly ConfigDocument<T>[] {
  // Refuses what is no path; nothing is asked before somebody subscribes.
  assertFolderPath(zk, folder, 'configSet');
  const names = Object.keys(formats) as (keyof T & string)[];
  if (names.length === 0) throw badArguments(folder, 'the set has no documents');
  return names.map((name) => {
    if (name === '' || name.includes('/')) {
      throw badArguments(folder, `a document cannot have the name ${JSON.stringify(name)}`);
    }
    const path = childOf(folder, name);
    zk.exists$(path);
    return { name, path, codec: codecOf<T[keyof T & string]>(formats[name]) };
  });
}

function badArguments(path: string, reason: string): ZkError {
  return new ZkError('BAD_ARGUMENTS', { path, reason });
}
