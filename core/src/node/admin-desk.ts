import type { AdminContext } from '../admin/facts.js';
import type { History } from '../admin/history.js';
import type { Config } from '../config/config.js';
import type { PeerView } from '../peer/view.js';
import type { PeerCommand } from '../seam/inputs.js';
import type { AuditWriter } from './audit-log.js';
import type { LiveFacts } from './process-facts.js';

/** What an answer may order besides saying something. */
interface Orders {
  readonly command?: PeerCommand;
  readonly traceMask?: bigint;
}

/** Where administrators' questions are answered, by whichever door they came in. */
export class AdminDesk {
  readonly facts: LiveFacts;
  /** Where orders are put on record, if anywhere. */
  readonly audit: AuditWriter | undefined;
  readonly #config: Config;
  readonly #history: History;
  readonly #view: () => PeerView | undefined;
  readonly #command: (command: PeerCommand) => void;

  constructor(parts: {
    readonly facts: LiveFacts;
    readonly config: Config;
    readonly history: History;
    readonly audit: AuditWriter | undefined;
    /** The running server, if there is one. */
    readonly view: () => PeerView | undefined;
    readonly command: (command: PeerCommand) => void;
  }) {
    this.facts = parts.facts;
    this.audit = parts.audit;
    this.#config = parts.config;
    this.#history = parts.history;
    this.#view = parts.view;
    this.#command = parts.command;
  }

  /** What may be seen of the running server. */
  get view(): PeerView | undefined {
    return this.#view();
  }

  /** Answers a question, and carries out what the answer orders. */
  perform<A extends Orders>(answer: (context: AdminContext) => A): A {
    const given = answer({
      view: this.#view(),
      facts: this.facts,
      config: this.#config,
      history: this.#history,
    });
    if (given.command !== undefined) this.#command(given.command);
    if (given.traceMask !== undefined) this.facts.traceMask = given.traceMask;
    return given;
  }
}
