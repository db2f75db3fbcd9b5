/** Connections that break again and again, at places that a seed chooses. */
import { Random } from '../unit/tree/random.js';
import type { Person } from './world.js';

export interface Losses {
  /** How often an answer or a request was lost so far. */
  count: number;
  /** How often it was an answer. */
  answers: number;
  /** Ends it; resolves when all connections may be used again. */
  stop(): Promise<void>;
}

export interface LossOptions {
  readonly seed: number;
  /** How likely one thing that is said is the last to be heard, in percent. */
  readonly chance: number;
  /** How likely the session ends with the connection, in percent; 0 when left out. */
  readonly sessionEnds?: number | undefined;
}

/**
 * From now on, now and then the answer to what the client says is lost, or what it says itself,
 * and a moment later the connection with it.
 */
export function loseAnswers({ zk, faults }: Person, options: LossOptions): Losses {
  const random = new Random(options.seed);
  let losing: Promise<void> | undefined;
  const losses: Losses = {
    count: 0,
    answers: 0,
    async stop() {
      faults.sending = () => {};
      await losing;
    },
  };
  const lose = async () => {
    losses.count++;
    const isAnswer = random.chance(70);
    if (isAnswer) losses.answers++;
    if (isAnswer) faults.deaf = true;
    else faults.mute = true;
    await new Promise<void>((resolve) => zk.clock.setTimer(2, resolve));
    if (random.chance(options.sessionEnds ?? 0)) {
      // Its end goes out, and must not be heard.
      faults.mute = false;
      faults.deaf = true;
      await faults.endSession();
    }
    faults.deaf = false;
    faults.mute = false;
    faults.cut();
    losing = undefined;
  };
  faults.sending = () => {
    if (losing === undefined && zk.state.type === 'connected' && random.chance(options.chance)) {
      losing = lose();
    }
  };
  return losses;
}
