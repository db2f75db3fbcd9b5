import { formatQuotaText } from '../../../tree/quota-text.js';
import { integer, positive, UsageError } from './arguments.js';
import { answer, type ShellCommands } from './command.js';
import { deleteQuota, QUOTA_FLAGS, readQuota, setQuota } from './quota-limits.js';

/** Quotas of trees. */
export const quotaCommands: ShellCommands = {
  setquota: {
    usage: '-n|-b|-N|-B val path',
    doc: 'Quota of a tree: -n nodes, -b bytes; -N and -B refuse what exceeds them.',
    flags: { n: true, b: true, N: true, B: true },
    words: [1, 1],
    async run({ client, output, flags, rest: [path = ''] }) {
      const limits = new Map<string, number>();
      for (const [flag, key] of Object.entries(QUOTA_FLAGS)) {
        const value = flags.get(flag);
        if (value !== undefined) limits.set(key, limitOf(value, flag));
      }
      if (limits.size === 0) throw new UsageError('one of -n, -b, -N, -B is needed');
      for (const warning of await setQuota(client, path, limits)) output.out(warning);
    },
  },
  listquota: {
    usage: 'path',
    doc: 'Quota and present usage of a tree.',
    flags: {},
    words: [1, 1],
    async run(call) {
      const { client, output } = call;
      const [path = ''] = call.rest;
      if (!call.json) output.err(`absolute path is /zookeeper/quota${path}/zookeeper_limits`);
      const quota = await readQuota(client, path);
      if (quota === undefined) {
        // zkCli ends well here, and scripts that look before they set one rely on it.
        if (call.json) output.out(JSON.stringify({ path, limits: null, usage: null }));
        else output.err(`quota for ${path} does not exist.`);
        return;
      }
      const { limits, usage } = quota;
      answer(
        call,
        () => ({ path, limits: Object.fromEntries(limits), usage: Object.fromEntries(usage) }),
        () => [
          `Output quota for ${path} ${formatQuotaText(limits)}`,
          `Output stat for ${path} ${formatQuotaText(usage)}`,
        ],
      );
    },
  },
  delquota: {
    usage: '[-n|-b|-N|-B] path',
    doc: 'Remove one limit of a quota, or the quota.',
    flags: { n: false, b: false, N: false, B: false },
    words: [1, 1],
    async run({ client, output, flags, rest: [path = ''] }) {
      const keys = Object.entries(QUOTA_FLAGS).filter(([flag]) => flags.has(flag));
      const found = await deleteQuota(
        client,
        path,
        keys.map(([, key]) => key),
      );
      if (!found) output.out(`Quota does not exist for ${path}`);
    },
  },
};

/** Nodes from 1 on, bytes from 0 on, as zkCli has it. */
function limitOf(text: string, flag: string): number {
  if (flag.toLowerCase() === 'n') return positive(text, `-${flag}`);
  const value = integer(text, `-${flag}`);
  if (value < 0) throw new UsageError(`-${flag} must not be less than zero, as ${text} is`);
  return value;
}
