/** The data on disk must not be served as it is; the remedy says what to do. */
export class RefusedStartError extends Error {
  override readonly name = 'RefusedStartError';
  /** The file concerned, with its folder's prefix. */
  readonly file: string;
  /** Where in the file; `undefined` when all of it is meant. */
  readonly offset: number | undefined;
  readonly remedy: string;

  constructor(file: string, offset: number | undefined, what: string, remedy: string) {
    const where = offset === undefined ? file : `${file} at byte ${offset}`;
    super(`${where}: ${what}. ${remedy}`);
    this.file = file;
    this.offset = offset;
    this.remedy = remedy;
  }
}

/** Something is damaged or missing that another copy of the data would bring back. */
export class DamagedDataError extends RefusedStartError {}
