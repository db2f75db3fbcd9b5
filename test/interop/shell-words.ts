/** What zkCli and our shell print, as far as it can be compared. */

/** A watch event, whatever it tells of. */
export const EVENT = /^WatchedEvent state:\w+ type:\w+ path:\S*/;

const NOISE = [
  /^WATCHER::$/,
  /^$/,
  /^Connecting to /,
  /^Welcome to ZooKeeper/,
  /^JLine support/,
  /^\d{4}-\d\d-\d\d /, // log lines
  /^\[(main|main-Send|main-Event|Thread)/,
  /^SLF4J/,
  /^log4j/,
];

/** Whether a line says nothing of a command's answer. */
export function isNoise(line: string): boolean {
  return NOISE.some((noise) => noise.test(line));
}
