/**
 * Where a client's session is with its connection.
 *
 * - `unborn`: before the first step.
 * - `resting`: no connection; one is tried later.
 * - `dialing`: a transport is being opened.
 * - `greeting`: the connect request was sent.
 * - `attached`: the server holds our session.
 * - `burying`: the server holds a session that was given up, and is asked to close it.
 * - `closed`: for good.
 */
export type Phase =
  | 'unborn'
  | 'resting'
  | 'dialing'
  | 'greeting'
  | 'attached'
  | 'burying'
  | 'closed';

/** Whether a server is being asked, and has to answer in time. */
export function isAsking(phase: Phase): boolean {
  return phase === 'dialing' || phase === 'greeting' || phase === 'burying';
}
