import type { FolderPaths } from './files.js';

/**
 * A machine's text with the files in it named as people find them: machines know the two folders
 * of the data by their prefixes only.
 */
export function realNames(text: string, { snapshots, logs }: FolderPaths): string {
  return text.replace(
    /(?<![\w/.-])(snapshots|logs)\/(?=(?:log|snapshot|vivarium)[.-])/g,
    (_, folder) => `${folder === 'logs' ? logs : snapshots}/`,
  );
}
