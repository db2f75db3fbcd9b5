/** The words of a list option, each one of `known`. @throws when one is not */
export function words<T extends string>(
  option: string,
  text: string,
  known: readonly T[],
): readonly T[] {
  return text.split(',').map((word) => {
    const found = known.find((each) => each === word || each === word.replace('x', '×'));
    if (found === undefined) {
      throw new Error(`--${option} takes some of ${known.join(',')}, not '${word}'`);
    }
    return found;
  });
}
