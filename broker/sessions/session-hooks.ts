/** What the rest of the process hears of all sessions: metrics, lists, the site's events. */
import type { Answer, Operation, OperationClass } from "../../protocols/guard.ts";
import type { StrangeKey } from "./asset-way.ts";
import type { Hold } from "./hold.ts";
import type { MalwareFound } from "./scans.ts";
import type { Cause, EndReport, LiveSession } from "./session.ts";

export interface SessionHooks {
  /** Every judged item, or so many alike. Called on the hot path. */
  onOperation?(operationClass: OperationClass, verdict: Answer["kind"], times?: number): void;
  /** An operation of its subject that changes something, or was refused; never a plain reading. */
  onJudged?(session: string, operation: Operation, verdict: Answer["kind"], sequence: number): void;
  onCut?(microseconds: number): void;
  /** A person froze it, or resumed it (then without a report). */
  onFreeze?(session: LiveSession, cause: Cause, report: EndReport | undefined): void;
  /** A standing condition is not met any more, or met again (then without a report). */
  onCondition?(session: LiveSession, cause: Cause, report: EndReport | undefined): void;
  /** A person is asked to agree to something. */
  onHold?(session: LiveSession, hold: Hold): void;
  /** Something was answered, lapsed or given up, or a person is asked to agree to something. */
  onHoldsChange?(): void;
  onOpen?(session: LiveSession): void;
  onEnd?(session: LiveSession, cause: Cause, report: EndReport): void;
  /** Something that a list of sessions shows has changed. */
  onChange?(): void;
  /**
   * An asset showed a key or certificate that is not trusted, so nothing was said to it.
   * `pinned`: another one is; otherwise none is yet.
   */
  readonly onStrangeKey?: StrangeKey;
  /** Malware was in a file that somebody wanted to send; nothing of it was. */
  onMalware?(session: LiveSession, found: MalwareFound): void;
  /** A file that must be scanned could not be, so it was refused. */
  onScannerAway?(session: LiveSession, reason: string): void;
  /** Something else was put in the place of what was permitted, at the asset; it was refused. */
  onExchanged?(session: LiveSession, reason: string): void;
  /** A person must look at it: a fault of the broker, a recording that could not be sealed. */
  onAlarm?(session: LiveSession, text: string): void;
}
