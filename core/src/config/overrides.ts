import type { ConfigOverrides } from './config.js';
import { ensembleProblems, memberProblem } from './ensemble.js';
import { type OptionName, options } from './options.js';
import { nearest } from './spelling.js';

/**
 * What is wrong with settings that a program chose, judged as in a `zoo.cfg`: the first name that
 * is none of an option, or the first value that its option does not allow. `undefined` when all is
 * well.
 */
export function overrideProblem(overrides: ConfigOverrides): string | undefined {
  for (const [name, value] of Object.entries(overrides)) {
    if (name === 'ensemble') continue;
    if (!Object.hasOwn(options, name)) {
      const like = nearest(name, Object.keys(options));
      const hint = like === undefined ? 'Check its spelling.' : `Did you mean ${like}?`;
      return `There is no option ${name}. ${hint}`;
    }
    const { kind, key, default: usual } = options[name as OptionName];
    if (value === undefined && usual === undefined) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    const parsed = kind.parse(kind.type === 'hours' ? `${text}ms` : text)?.value;
    if (parsed === undefined || typeof parsed !== typeof value) {
      const given = /digest$/i.test(key) ? '…' : text;
      return `${name}: ${given} (${typeof value}) is not allowed; allowed: ${kind.allowed}`;
    }
  }
  return ensembleProblem(overrides);
}

function ensembleProblem(overrides: ConfigOverrides): string | undefined {
  const { ensemble, serverId, multiAddressEnabled = false } = overrides;
  if (ensemble === undefined) return undefined;
  const [problem] = ensembleProblems(ensemble, multiAddressEnabled);
  if (problem !== undefined) {
    return `ensemble: ${problem.key} ${problem.what}; allowed: ${problem.allowed}`;
  }
  if (serverId === undefined) return 'ensemble: serverId says which of its servers this one is';
  const stranger = memberProblem(ensemble, serverId);
  return stranger === undefined ? undefined : `serverId: ${stranger}`;
}
