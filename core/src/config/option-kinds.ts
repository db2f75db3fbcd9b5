/**
 * The kinds of values that options have: how a text becomes a value, and how what is allowed is
 * said to a person. Kinds are strict: a text they do not know is a mistake, never `false` or zero.
 */
export interface Kind<T> {
  /** What is allowed, for error messages and the reference: `a whole number from 1 to 65535`. */
  readonly allowed: string;
  /** Short name of the type for the reference: `int`, `ms`, `boolean`, … */
  readonly type: string;
  /** The value of a trimmed text; `undefined` when it is not allowed. */
  parse(text: string): Parsed<T> | undefined;
}

/** A value, and what to say of what was written (`key=value …`) when it is not quite that. */
export interface Parsed<T> {
  readonly value: T;
  readonly notice?: string;
}

export interface IntLimits {
  readonly min?: number;
  readonly max?: number;
  /** Smaller values are allowed but count as this one, with a notice; ZooKeeper does the same. */
  readonly raisedTo?: number;
  /** A value outside the limits that has a meaning of its own, and the words for it. */
  readonly except?: { readonly value: number; readonly means: string };
}

const INT_MAX = 0x7fff_ffff;

/** A whole number, decimal or `0x` hexadecimal, as Java reads them. */
export function int(limits: IntLimits = {}, type = 'int'): Kind<number> {
  const { min = 0, max = INT_MAX, raisedTo, except } = limits;
  const also = except === undefined ? '' : `, or ${except.value} (${except.means})`;
  const unit = type === 'int' ? '' : ` (${type})`;
  return {
    type,
    allowed: `a whole number${unit} from ${min} to ${max}${also}`,
    parse(text) {
      const value = wholeNumber(text);
      if (value === undefined) return undefined;
      if (except !== undefined && value === except.value) return { value };
      if (value < min || value > max) return undefined;
      if (raisedTo !== undefined && value < raisedTo) {
        return {
          value: raisedTo,
          notice: `is below the least value; ${raisedTo} is used`,
        };
      }
      return { value };
    },
  };
}

/** A number that may have a fraction, written with digits and a point. */
export function decimal(min: number, max: number): Kind<number> {
  return {
    type: 'number',
    allowed: `a number from ${min} to ${max}`,
    parse(text) {
      if (!/^[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})$/.test(text)) return undefined;
      const value = Number(text);
      return value >= min && value <= max ? { value } : undefined;
    },
  };
}

/** Milliseconds. */
export function ms(limits: IntLimits = {}): Kind<number> {
  return int(limits, 'ms');
}

/** Bytes. */
export function bytes(limits: IntLimits = {}): Kind<number> {
  return int(limits, 'bytes');
}

/** `true` or `false`, in any case. */
export const boolean: Kind<boolean> = {
  type: 'boolean',
  allowed: 'true or false',
  parse(text) {
    const word = text.toLowerCase();
    return word === 'true' || word === 'false' ? { value: word === 'true' } : undefined;
  },
};

/** `yes` or `no`, in any case; `true` and `false` are understood too. */
export const yesNo: Kind<boolean> = {
  type: 'yes/no',
  allowed: 'yes or no',
  parse(text) {
    const word = text.toLowerCase();
    if (word === 'yes' || word === 'true') return { value: true };
    return word === 'no' || word === 'false' ? { value: false } : undefined;
  },
};

/** One of some words, in any case. */
export function choice<const W extends string>(...words: readonly W[]): Kind<W> {
  return {
    type: 'choice',
    allowed: words.length === 1 ? `only ${words[0]}` : `one of ${words.join(', ')}`,
    parse(text) {
      const word = words.find((each) => each.toLowerCase() === text.toLowerCase());
      return word === undefined ? undefined : { value: word };
    },
  };
}

/** Any text that is not empty and matches `pattern`. */
export function text(
  type = 'text',
  allowed = 'a text that is not empty',
  pattern = /./,
): Kind<string> {
  return {
    type,
    allowed,
    parse: (given) => (pattern.test(given) ? { value: given } : undefined),
  };
}

/** A folder or file; relative ones start at the working folder of the server. */
export const path: Kind<string> = text('path', 'a path that is not empty');

/** An IP address or a host name, without port. */
export const address: Kind<string> = {
  type: 'address',
  allowed: 'an IP address or host name without port',
  parse(given) {
    const bare = given.startsWith('[') && given.endsWith(']') ? given.slice(1, -1) : given;
    const isHost = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?$/.test(bare);
    const isIpv6 = /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9]+)?$/.test(bare);
    return isHost || isIpv6 ? { value: bare } : undefined;
  },
};

/** Words between commas; each is checked by `one`. */
export function list(
  allowed: string,
  one: (word: string) => boolean = () => true,
): Kind<readonly string[]> {
  return {
    type: 'list',
    allowed,
    parse(given) {
      const words = given
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
      return words.every(one) ? { value: words } : undefined;
    },
  };
}

/**
 * A time span whose bare number counts hours, as `autopurge.purgeInterval` does; `ms`, `s`, `m`,
 * `h` and `d` may follow it. The value is in milliseconds.
 */
export const hours: Kind<number> = {
  type: 'hours',
  allowed: 'a whole number of hours, or one with the unit ms, s, m, h or d; 0 means never',
  parse(given) {
    const match = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(given);
    if (match === null) return undefined;
    return { value: Number(match[1]) * MS_PER_UNIT[match[2] ?? 'h']! };
  },
};

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The number that a text spells, or `undefined`. */
function wholeNumber(given: string): number | undefined {
  const match = /^([+-]?)(?:0[xX]([0-9A-Fa-f]{1,12})|(\d{1,15}))$/.exec(given);
  if (match === null) return undefined;
  const size = match[2] === undefined ? Number(match[3]) : Number.parseInt(match[2], 16);
  return match[1] === '-' && size !== 0 ? -size : size;
}
