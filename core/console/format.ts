/** Numbers, times and ids in words for people. */

/** `1.5 kB`, by thousands, as disks and networks are told. */
export function bytesText(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let at = 0;
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

const grouping = new Intl.NumberFormat('en');

/** `200,000`. */
export function countText(count: number | bigint): string {
  return grouping.format(count);
}

/** `1 child`, `3 children`. */
export function plural(count: number, one: string, many: string): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** A zxid or session id as ZooKeeper's tools write it. */
export function hexText(id: bigint): string {
  return `0x${BigInt.asUintN(64, id).toString(16)}`;
}

/** `just now`, `12 s ago`, `3 min ago`, `2 days ago`. Clocks differ: it is never the future. */
export function agoText(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 2) return 'just now';
  return `${spanText(seconds * 1000)} ago`;
}

/** A length of time in its one or two largest units. */
export function spanText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return days === 1 ? '1 day' : `${countText(days)} days`;
}

/** `2026-11-30 08:15:02`, by the reader's own clock. */
export function timeText(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clockText(at)}`;
}

/** `08:15:02`. */
export function clockText(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((value) => String(value).padStart(2, '0'))
    .join(':');
}
