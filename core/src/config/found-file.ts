/** A file beside the `zoo.cfg`, read by whoever has a disk. */
export interface FoundFile {
  /** As messages shall name it. */
  readonly file: string;
  /** `undefined` when there is no such file, or it cannot be read. */
  readonly text?: string;
  /** Why it cannot be read; `undefined` when it is not there. */
  readonly problem?: string;
}
