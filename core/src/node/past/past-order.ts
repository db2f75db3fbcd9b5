import type { Moment, PastQuestion } from '../../admin/past.js';
import { hexLong } from '../../base/long.js';

/**
 * What an administrator takes a look at that ACLs may protect, as the logs say it; nothing for a
 * page of transactions without data, and for those who see only what anybody may.
 */
export function orderOfPast(
  question: PastQuestion | undefined,
  identity: string | undefined,
): string | undefined {
  if (question === undefined || identity === undefined) return undefined;
  const path = 'path' in question ? ` ${JSON.stringify(question.path)}` : '';
  switch (question.type) {
    case 'span':
      return undefined;
    case 'transactions':
      return question.inFull ? `transactions in full${path}` : undefined;
    case 'node':
      return `node_at ${momentText(question.at)}${path}`;
    case 'change':
      return `change ${hexLong(question.zxid)}${path}`;
    case 'differences':
      return `differences ${momentText(question.from)} ${momentText(question.to)}${path}`;
  }
}

function momentText(moment: Moment): string {
  return 'zxid' in moment ? hexLong(moment.zxid) : `time ${moment.time}`;
}
