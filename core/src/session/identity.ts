/** A credential that goes with every connection. */
export interface Identity<Token> {
  /** The body of its auth packet. */
  readonly payload: Uint8Array;
  /** Whether a refusal closes the client. */
  readonly required: boolean;
  /** Who waits for the first answer. */
  token: Token | undefined;
  /** Whether a server has accepted it before. */
  accepted: boolean;
}
