/** What can be compared of two answers when the numbers in them cannot. */

/** One field of a JSON answer: where it is, and what stands there. */
export type Fields = ReadonlyMap<string, string>;

/** Keys that are data, such as session ids, would make every answer look different. */
const DATA_KEY = /^(-?\d+|\/.*)$/;

/**
 * The fields of a JSON answer by their paths. A whole number is told from one with a fraction, as
 * readers in typed languages do; of a list that is not empty the first element stands for all.
 */
export function jsonFields(text: string): Fields {
  const fields = new Map<string, string>();
  const visit = (value: unknown, at: string): void => {
    if (Array.isArray(value)) {
      fields.set(at, value.length === 0 ? 'empty list' : 'list');
      if (value.length > 0) visit(value[0], `${at}[]`);
    } else if (typeof value === 'object' && value !== null) {
      fields.set(at, 'object');
      for (const [key, one] of Object.entries(value)) {
        visit(one, `${at}.${DATA_KEY.test(key) ? '*' : key}`);
      }
    } else if (value === 'whole number' || value === 'number with a fraction') {
      fields.set(at, value);
    } else {
      fields.set(at, value === null ? 'null' : typeof value);
    }
  };
  visit(JSON.parse(numbersNamed(text)), '');
  return fields;
}

/** The text with every number outside strings replaced by the name of its kind. */
function numbersNamed(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(\.\d+)?(?:[eE][-+]?\d+)?/g, (token, fraction) => {
    if (token.startsWith('"')) return token;
    return fraction === undefined ? '"whole number"' : '"number with a fraction"';
  });
}

/**
 * The lines of a text answer, with what differs from run to run replaced: session ids, addresses,
 * dates, counters and times. What is the same whoever answers stays as it is.
 */
export function textLines(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .filter((line) => !/^0 expire at/.test(line))
    .map((line) =>
      line
        .replace(/^(Zookeeper version: |zookeeper\.version=|zk_version\t).*/, '$1…')
        .replace(/\/127\.\d+\.\d+\.\d+:\d+/g, '/ADDRESS')
        .replace(/Sets \(\d+\)/, 'Sets (N)')
        .replace(/expire at .*:$/, 'expire at DATE:')
        .replace(/0x[0-9a-f]{9,}/g, '0xSESSION')
        .replace(/\b(est|lresp|llat|minlat|avglat|maxlat)=\d+/g, '$1=N')
        .replace(/^(Latency min\/avg\/max: )\d+\/\d+\.\d+\/\d+$/, '$1N/N.N/N')
        .replace(/^(Received|Sent|Connections): \d+$/, '$1: N')
        .replace(/^(dataDir|dataLogDir|dataDirSize|dataLogSize|clientPort)=.*/, '$1=…')
        .replace(/^(datadir_size|logdir_size): \d+$/, '$1: N')
        .replace(/: -?\d{6,}$/, ': DIGEST'),
    );
  return lines;
}

/** The names that `key<separator>value` lines have, in their order. */
export function namesOf(text: string, separator: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.includes(separator))
    .map((line) => line.slice(0, line.indexOf(separator)));
}

/** The type and the suffixes or quantiles of each metric of a Prometheus text. */
export function metricFields(text: string): Fields {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)/.exec(line);
    if (type !== null) fields.set(type[1]!, type[2]!);
    const sample = /^(\w+)(?:\{(.*)\})? /.exec(line);
    if (sample === null) continue;
    const quantile = /quantile="([\d.]+)"/.exec(sample[2] ?? '')?.[1];
    fields.set(`${sample[1]}${quantile === undefined ? '' : ` ${quantile}`}`, 'sample');
  }
  return fields;
}

/** What differs between two sets of fields, one sentence each. */
export function fieldDifferences(theirs: Fields, ours: Fields): readonly string[] {
  const differences: string[] = [];
  for (const [name, kind] of theirs) {
    const own = ours.get(name);
    if (own === undefined) differences.push(`${name || 'the answer'}: missing (${kind})`);
    else if (own !== kind) differences.push(`${name || 'the answer'}: ${kind} there, ${own} here`);
  }
  for (const [name, kind] of ours) {
    if (!theirs.has(name)) differences.push(`${name}: only here (${kind})`);
  }
  return differences;
}

/** What differs between two lists of lines, whatever order `ordered` asks for. */
export function lineDifferences(
  theirs: readonly string[],
  ours: readonly string[],
  ordered: boolean,
): readonly string[] {
  const [a, b] = ordered ? [theirs, ours] : [[...theirs].sort(), [...ours].sort()];
  const differences: string[] = [];
  if (!ordered) {
    const own = new Set(b);
    const other = new Set(a);
    for (const line of other) if (!own.has(line)) differences.push(`missing: '${line}'`);
    for (const line of own) if (!other.has(line)) differences.push(`only here: '${line}'`);
    return differences;
  }
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (a[i] !== b[i])
      differences.push(`line ${i + 1}: '${a[i] ?? ''}' there, '${b[i] ?? ''}' here`);
  }
  return differences;
}
