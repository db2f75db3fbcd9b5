/** Compressed bytes that are not what their format says, or end too early. */
export class DamagedStreamError extends Error {
  override readonly name = 'DamagedStreamError';
  /** Where in the compressed bytes this was noticed. */
  readonly offset: number;

  constructor(offset: number, what: string) {
    super(what);
    this.offset = offset;
  }
}
