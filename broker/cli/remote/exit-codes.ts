/** What the commands that ask a broker end with; the help of each says it. */
export const EXIT = {
  done: 0,
  /** Something went wrong, in words on standard error. */
  failed: 1,
  /** The command was given something it does not understand. */
  usage: 2,
  /** Nobody is signed in on this machine: `sallyport login`. */
  signedOut: 3,
  /** The broker refused: no right, no grant, a lock, a rule. */
  refused: 4,
  /** The broker cannot be reached. */
  unreachable: 5,
  /** Somebody or a rule ended the session, which was not asked for. */
  ended: 6,
  /** Done as far as one person may: it waits for another administrator. */
  waiting: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one line for the person, and a code for a script. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly exitCode: ExitCode;
  /** Stable, as the broker says it, where it does. */
  readonly code: string;
  constructor(exitCode: ExitCode, message: string, code = "failed") {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
  }
}
