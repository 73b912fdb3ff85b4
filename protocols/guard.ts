/**
 * The contract between a protocol and the broker.
 *
 * A guard is a pure state machine: no sockets, no clock, no promises, no randomness. It is told
 * what arrived, what was decided and what changed; it answers with what should happen next.
 * Feeding the same inputs to a new guard gives the same effects: that is how a channel is
 * enforced, fuzzed, replayed and verified with one piece of code.
 *
 * Two properties hold for every guard (`test/kit/guard-properties.ts`): it never throws on what
 * a peer sent, and one byte at a time gives the same effects as all bytes at once.
 */
export type Side = "client" | "asset";

/** IEC 62443 style grouping of operations by what they can do; see DESIGN.md, "operation class". */
export type OperationClass = "observe" | "operate" | "configure" | "program" | "transfer";

/** Every class, weakest first. What changes a plant is everything from `operate` up. */
export const OPERATION_CLASSES: readonly OperationClass[] = [
  "observe",
  "operate",
  "configure",
  "program",
  "transfer",
];

/** The classes a subject holds on a channel at this instant. */
export type Capabilities = ReadonlySet<OperationClass>;

/**
 * One decoded request in the protocol's own words. Each protocol narrows it to a union of its
 * own (`ModbusOperation`); what is common is what recording and listing need.
 */
export interface Operation {
  /** Protocol and verb, for example `modbus:write`. */
  readonly action: string;
  readonly class: OperationClass;
  /**
   * Equal operations have equal keys; a recording then stores the operation once. Absent for
   * operations that seldom repeat (writes).
   */
  readonly key?: number;
}

/** Why an operation is refused, independent of protocol; a guard maps it to its own codes. */
export type RefusalKind =
  /** Not an operation this subject has here at all (no rule, wrong class, unknown function). */
  | "operation"
  /** The point may not be touched. */
  | "address"
  /** The value, count, step or condition is outside what the rule allows. */
  | "value"
  /** The value is of a type that the rule does not allow. */
  | "type"
  /** Too often, or waiting for a person: the same request may succeed later. */
  | "busy"
  /** The unit or node behind the endpoint may not be reached. */
  | "unit"
  /** The asset did not answer, or the broker could not carry the operation out. */
  | "unavailable";

export type Answer =
  /** `scan`: its content must be looked into before the asset has any of it (`tellsWhy` alone). */
  | { readonly kind: "permit"; readonly scan?: true }
  | {
      readonly kind: "deny";
      readonly refusal: RefusalKind;
      /** For guards that tell the client why (`tellsWhy`). */
      readonly because?: Because;
    }
  | { readonly kind: "hold" };

/** The rule that decided, and its reason: a sentence without its full stop. */
export interface Because {
  readonly rule: string;
  readonly reason: string;
}

export type GuardEvent =
  | { readonly kind: "capabilities"; readonly capabilities: Capabilities }
  /** The asset did not answer the request that the guard sent under this number in time, or its connection was lost. */
  | { readonly kind: "timeout"; readonly request: number }
  /**
   * A permitted send was withheld at the last instant (cut, freeze, capability lost). `send`: which
   * of all sends towards the asset on this channel, from 1, where one decision carries several.
   */
  | { readonly kind: "withheld"; readonly decision: number; readonly send?: number }
  /** This side says no more, and still hears (RFC 9293, 3.6): only to guards that `halfCloses`. */
  | { readonly kind: "half-closed"; readonly from: Side }
  | { readonly kind: "end" };

export type Input =
  | { readonly kind: "bytes"; readonly from: Side; readonly bytes: Uint8Array }
  /**
   * One answer per item of the `decide` with this id, in order. After a `hold`, a second input
   * with the same id settles it: again one answer per item, none of them `hold`. Settling what
   * was refused or ended meanwhile has no effect.
   */
  | { readonly kind: "answers"; readonly id: number; readonly answers: readonly Answer[] }
  | { readonly kind: "event"; readonly event: GuardEvent };

export type Effect =
  /**
   * Must be answered in the same turn. It is the last effect of its step, and the guard consumes
   * nothing more, from either side, until it is answered (else the order of effects would depend
   * on how the bytes were cut); a `hold` parks the items and lets it go on. `lane`: a held item
   * keeps back `operate` and above of its own lane only.
   */
  | {
      readonly kind: "decide";
      /** Rises from 1 within the guard; may skip. */
      readonly id: number;
      /** The client's own number for the request (Modbus: its transaction id), for its events. */
      readonly request: number;
      readonly lane: string;
      readonly items: readonly Operation[];
      /** What is to be scanned before this is answered; never on the tape a second time. */
      readonly content?: Uint8Array;
      /** The asset began it: nobody at the client did anything. */
      readonly unasked?: true;
    }
  /**
   * Bytes for one side, never the peer's raw message but re-encoded from the decoded operation.
   * The array is fresh and the receiver's to keep.
   */
  | {
      readonly kind: "send";
      readonly to: Side;
      readonly bytes: Uint8Array;
      /**
       * The decision carried out; several sends may carry out one (data of a permitted channel).
       * Towards the asset, one without counts as `operate`. Towards the client it is given where
       * the asset's own message had to be decided (clipboard, files).
       */
      readonly decision?: number;
      /** Nothing follows to this side, which may go on speaking. */
      readonly last?: true;
      /** Lets go of something held at the asset (a pressed key, a subscription): allowed even after a cut. */
      readonly release?: true;
    }
  /**
   * The asset has answered (or will never answer) a permitted operation from `operate` up that
   * was sent. One that was withheld has no outcome, nor has any of a guard that is `neverAnswered`.
   * A Modbus guard also tells of a reading that the asset answered with an exception.
   */
  | { readonly kind: "outcome"; readonly decision: number; readonly outcome: Outcome }
  /**
   * The guard itself refused a message of the client that is no request anyone could permit
   * (malformed, or too many waiting). The answer to it is a `send` of its own; this tells people.
   * `exchanged`: what was permitted was put in the place of something else at the asset, which
   * nobody does by mistake.
   */
  | {
      readonly kind: "refused";
      readonly request: number;
      readonly reason: string;
      readonly exchanged?: true;
    }
  /** The peer broke the protocol; the channel ends and nothing later is forwarded. */
  | { readonly kind: "violation"; readonly from: Side; readonly reason: string };

/**
 * `done`: the asset answered. `refused`: the asset answered with an error of the protocol, whose
 * code is given. `unknown`: it may or may not have been carried out.
 */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly code: number }
  | { readonly kind: "unknown" };

export interface Guard {
  /**
   * Sends may follow their decision at any time, after any number of others (a shell's data).
   * Otherwise a send follows within some dozens of decisions.
   */
  readonly keepsDecisions?: true;
  /** Each decision has one send at most: which were sent need not be remembered. */
  readonly sendsOnce?: true;
  /**
   * Items of one `decide` are carried out one by one: those that are permitted are sent, whatever
   * becomes of the others. Where there are several, a `hold` parks nothing and is never settled:
   * the guard asks for that item again, alone.
   */
  readonly mixes?: true;
  /** Its protocol answers nothing: of a permitted change no more is heard once it was sent. */
  readonly neverAnswered?: true;
  /** One side may end what it says and still hear the other; otherwise that ends the channel. */
  readonly halfCloses?: true;
  /** It may answer `end` with releases: the asset's leg is kept until they have left. */
  readonly releasesAtEnd?: true;
  /** Its protocol can say why something was refused: denials carry `because`. */
  readonly tellsWhy?: true;
  /**
   * The class of its operations is known only with the profile, which may name one as `observe`.
   * The guard says `operate`; what stands on the tape is what was judged.
   */
  readonly classesByProfile?: true;
  step(input: Input): readonly Effect[];
  /**
   * Takes back the bytes of a `send` that have left, to use the array again. Only from the one who
   * has it, and nobody may look into it afterwards.
   */
  spent?(bytes: Uint8Array): void;
  /**
   * Bytes received from a side that wait for something else than their own rest; above
   * `BACKLOG_MAX` the loop stops reading that side.
   */
  backlog(from: Side): number;
}

/**
 * Above this many unconsumed bytes the loop stops reading a side. Large enough for any one
 * message of the protocols here; small enough that a flood costs little.
 */
export const BACKLOG_MAX = 65_536;
