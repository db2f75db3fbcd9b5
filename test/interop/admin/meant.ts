/** Where an answer of Vivarium's differs from ZooKeeper's on purpose. */

export interface Meant {
  readonly question: RegExp;
  readonly difference: RegExp;
  readonly why: string;
}

const ANY = /./;

export const meant: readonly Meant[] = [
  {
    question: /^word conf$/,
    difference: /serverId=0' there, 'serverId=1' here/,
    why: 'a server that stands alone has a number too, which its session ids begin with',
  },
  {
    question: /^(word envi|command environment|command system_properties)$/,
    difference: ANY,
    why: 'what is told of a Java process, and of a Node process here, is not the same',
  },
  {
    question: /^list of commands$/,
    difference: /(stat_reset|set_trace_mask|restore|snapshot)'$/,
    why: 'the page has links, which are followed by GET; these need POST',
  },
  {
    question: /^list of commands$/,
    difference: /^only here: '\/commands\/(history|sessions|log_span|transactions)'$/,
    why: "Vivarium's own, for its console",
  },
  {
    question: /^command initial_configuration$/,
    difference: /null there, string here/,
    why: 'in an ensemble ZooKeeper does not tell it',
  },
  {
    question: /^metrics$/,
    difference: /^jvm_/,
    why: 'there is no Java machine; `vivarium_event_loop_delay_seconds` tells of pauses',
  },
  {
    question: /^metrics$/,
    difference: /^vivarium_.*: only here/,
    why: "Vivarium's own",
  },
  {
    question: /^(metrics|word mntr|command monitor)$/,
    difference: /(_per_namespace|learner_handler_qp_(size|time_ms))/,
    why: 'listed under "Not there" in the reference of metrics, with the reason',
  },
];
