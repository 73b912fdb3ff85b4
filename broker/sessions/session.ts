/** A live session as the rest of the broker sees it. The loop behind it is in `channel-loop.ts`. */
import type { Operation, OperationClass, RefusalKind } from "../../protocols/guard.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import type { Permit, PermitClaims } from "../access/permit.ts";
import type { Knock } from "../legs/knock.ts";
import type { Leg } from "../legs/leg.ts";
import type { ShownIdentity } from "../plant/shown-identity.ts";
import type { Hold, HoldAnswer, HoldResult } from "./hold.ts";
import type { Loss } from "./last-loss.ts";

/** What ended a session or took a right: a stable code and a sentence for the person. */
export interface Cause {
  /** `cut`, `frozen`, `lockdown`, `grant-end`, `grant-revoked`, `idle`, `lease`, `absolute`, `owner-ended`, `person-disabled`, `plant-changed`, `asset-closed`, `violation`, `recorder`, `shutdown`, `plant-gone`, `supervisor-absent`, `key-switch` … */
  readonly rule: string;
  readonly reason: string;
  /** Subject that caused it, if a person did. */
  readonly by?: string;
}

/** What must hold besides the rights: `supervisor`, `key-switch ID`. */
export interface Condition {
  readonly name: string;
  /** Why it is not met; null while it is. */
  readonly unmet: Cause | null;
}

export interface LiveSession {
  readonly claims: PermitClaims;
  readonly startedMs: number;
  readonly capabilities: ReadonlySet<OperationClass>;
  /** What was taken last and has not come back; what it may do is said by `capabilities`. */
  readonly loss: Loss | undefined;
  readonly watchers: readonly string[];
  readonly counts: {
    readonly observed: number;
    readonly changed: number;
    readonly refused: number;
    /** Permitted, and answered by the asset with an error of its protocol. */
    readonly declined: number;
  };
  readonly lastActivityMs: number;
  /** Ends then at the latest; as its permit said, until `moveEnd`. */
  readonly untilMs: number;
  /** Adds a channel between this client leg and a new connection of the asset. The session owns the leg from here on. */
  attach(client: Leg, peer: string): Promise<ChannelHandle>;
  /** A person did something: keeps idle away. Polling never calls this. */
  activity(): void;
  /**
   * The owner's connection came or went; away for longer than the lease ends the session. While a
   * `tool` is there, pages may come and go.
   */
  ownerPresent(present: boolean, by?: "page" | "tool"): void;
  /**
   * New capabilities, effective when this returns. An empty set ends the session.
   * @param basis for the tape: what was decided on, as canonical JSON
   */
  lease(classes: readonly OperationClass[], cause: Cause, basis?: string): void;
  /**
   * Its grant lasts longer now, or shorter: the deadline moves at once and the owner is told.
   * @param cause taped; rule `absolute` where not the grant but the longest duration ends it
   */
  moveEnd(untilMs: number, cause: Cause): void;
  /**
   * After this returns nothing above `observe` passes until `resume`; what was queued is dropped,
   * not kept. Frozen again, the newer cause counts.
   */
  freeze(cause: Cause): EndReport;
  /** Changes may pass again, as far as the rights leased meanwhile allow. */
  resume(cause: Cause): void;
  /** Who froze it and why; undefined while nobody has. */
  readonly frozenBy: Cause | undefined;
  /** What was decided about its rights was decided again and is the same: it goes on counting. */
  renew(): void;
  /**
   * A standing condition is not met: after this returns nothing above `observe` passes until
   * `meet` with the same name, and no person can resume it; what was queued is dropped.
   */
  lapse(condition: string, cause: Cause): EndReport;
  /** It is met: changes may pass again, unless something else keeps them back. */
  meet(condition: string, cause: Cause): void;
  /** Standing conditions that this session was told of. */
  readonly conditions: readonly Condition[];
  /** What waits for a second person, or lapsed a little while ago. */
  readonly holds: readonly Hold[];
  /**
   * A person's answer, already signed. Undefined if there is no such hold any more; never by who
   * asked for it: whoever calls has made sure of that.
   */
  answerHold(id: string, answer: HoldAnswer): Promise<HoldResult> | undefined;
  /**
   * Puts a write before a person that its owner's tool, which cannot wait, will send later.
   * @returns the hold, or in words why there is nothing to agree to
   */
  askBeforehand(operation: Operation): Promise<Hold | string>;
  /** For its owner's own end: reads the values for the report. Resolves soon, whatever happens. */
  readAfter(): Promise<void>;
  /** After this returns no byte passes in either direction. Idempotent. */
  end(cause: Cause): EndReport;
  /** Tail of the tape for a person who watches; taped as such. Returns a function that leaves. */
  watch(subject: string, listener: (record: TapeRecord) => void): () => void;
  /** Events for the owner. Returns an unsubscribe function. */
  listen(listener: (event: SessionEvent) => void): () => void;
  /** Resolves when the tape is sealed. */
  readonly closed: Promise<Cause>;
}

export interface ChannelHandle {
  readonly channel: number;
  /** Resolves when the channel is over, whoever ended it. */
  readonly ended: Promise<Cause>;
  close(): void;
}

/** Time from the call to the last byte, for the event and the metric. */
export interface EndReport {
  readonly cutMicroseconds: number;
  readonly droppedOperations: number;
}

export type SessionEvent =
  /** A decision about the owner's own operation other than a plain permit of `observe`. */
  | {
      readonly kind: "decision";
      readonly channel: number;
      /** The client's own request number (Modbus: its transaction id). */
      readonly request: number;
      readonly action: string;
      readonly verdict: "permit" | "deny" | "hold";
      readonly refusal?: RefusalKind;
      readonly rule: string;
      readonly reason: string;
      readonly sequence: number;
      /** With `hold`: a person is asked, and can answer until then (wall clock). */
      readonly answerByMs?: number;
    }
  | {
      readonly kind: "capabilities";
      readonly classes: readonly OperationClass[];
      readonly cause: Cause;
    }
  /** A person froze or resumed the session; these classes are left. */
  | {
      readonly kind: "freeze";
      readonly frozen: boolean;
      readonly classes: readonly OperationClass[];
      readonly cause: Cause;
    }
  /** A standing condition came to hold or ceased to; these classes are left. */
  | {
      readonly kind: "conditions";
      readonly conditions: readonly Condition[];
      readonly classes: readonly OperationClass[];
      readonly cause: Cause;
    }
  | { readonly kind: "recorder"; readonly state: "ready" | "frozen"; readonly cause: string }
  /** A person answered about an operation that is not on its way: it may pass once, or may not. */
  | {
      readonly kind: "answered";
      readonly hold: string;
      readonly changes: readonly { readonly point: string; readonly asked: string }[];
      readonly permitted: boolean;
      readonly by: string;
      /** Wall clock; of one that is permitted. */
      readonly untilMs?: number;
    }
  | { readonly kind: "watchers"; readonly subjects: readonly string[] }
  | {
      readonly kind: "deadline";
      readonly rule: "grant-end" | "idle" | "absolute";
      readonly atMs: number;
    }
  | { readonly kind: "end"; readonly cause: Cause };

/** All live sessions of this process. */
export interface SessionHost {
  /** Checks the permit, opens the tape, then the session. Throws `SessionRefused`. Dials when a channel is attached. */
  open(permit: Permit): Promise<LiveSession>;
  /**
   * Under a permit of the broker's own: begins a handshake, sees which key or certificate the asset
   * shows, and goes. Throws `SessionRefused`; rejects with words for the person.
   */
  identify(permit: Permit): Promise<ShownIdentity>;
  /**
   * Under a permit of the broker's own: connects to the asset, sends nothing, and goes. It takes
   * the place of a session meanwhile. Throws `SessionRefused`.
   */
  knock(permit: Permit): Promise<Knock>;
  get(session: string): LiveSession | undefined;
  /** Those of people: the broker's own, which only read for it, are left out. */
  list(): readonly LiveSession[];
  /** Ends all, seals their recordings; for Ctrl-C. */
  shutdown(): Promise<void>;
}

/** The session was not opened. `code` is stable: `permit-invalid`, `permit-expired`, `recorder-unavailable`, `endpoint-busy`, `address-refused`. */
export class SessionRefused extends Error {
  override readonly name = "SessionRefused";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
