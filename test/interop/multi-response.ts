/** What a server answers to a multi or a multiRead, written from its results. */
import { OK } from '@vivarium/core/internal/base/errors';
import {
  type MultiResult,
  writeMultiEnd,
  writeMultiError,
  writeMultiHeader,
} from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Stat } from '@vivarium/core/internal/wire/records';
import type { Writer } from '@vivarium/core/internal/wire/writer';

export function writeMultiResponse(to: Writer, results: readonly MultiResult[]): void {
  for (const result of results) {
    if (result.type === 'error') {
      writeMultiError(to, result.err);
      continue;
    }
    writeMultiHeader(to, opcodes[result.type], OK);
    switch (result.type) {
      case 'create':
        to.string(result.path);
        break;
      case 'create2':
        to.string(result.path);
        Stat.write(to, result.stat);
        break;
      case 'setData':
        Stat.write(to, result.stat);
        break;
      case 'getData':
        to.bufferOrNull(result.data);
        Stat.write(to, result.stat);
        break;
      case 'getChildren':
        to.int(result.children.length);
        for (const child of result.children) to.string(child);
        break;
      default:
        break;
    }
  }
  writeMultiEnd(to);
}
