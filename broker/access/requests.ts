/** Asking for a time and being given it, as the API sees it; `request-desk.ts` is the real one. */
import type { SignedIn } from "../identity/identity.ts";
import type { ActionToSign } from "../identity/signed-actions.ts";
import type {
  AccessRequest,
  Person,
  RequestDecision,
  RequestState,
  SessionNeed,
  WeeklyWindow,
} from "../store/model.ts";
import type { RuleStanding } from "./approval-rules.ts";

export interface Requests {
  /** One's own, those one asked for others, and those one may decide or has decided; newest first. */
  seenBy(person: Person): Promise<readonly RequestSeen[]>;
  /** For oneself. @throws AccessRefused not-allowed, not-found, input-invalid, too-many */
  ask(by: Person, wanted: NewRequest): Promise<RequestSeen>;
  /** More time of a grant that one holds and that still counts. @throws as `ask`, no-grant */
  askMoreTime(by: Person, grantId: string, wanted: MoreTime): Promise<RequestSeen>;
  /**
   * Whoever asked takes it back; if it was approved its grants end with it, at once.
   * @throws not-found, not-waiting
   */
  withdraw(by: Person, requestId: string): Promise<void>;
  /** What the passkey will sign. @throws not-found, not-allowed, not-waiting, input-invalid */
  decisionOptions(who: SignedIn, requestId: string, decision: Decision): Promise<ActionToSign>;
  /**
   * Counts if the request, the plant and the person are still what was signed for.
   * @throws not-found, not-allowed, not-waiting; IdentityRefused for the assertion
   */
  decide(
    who: SignedIn,
    requestId: string,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<RequestSeen>;
}

export interface Decision {
  readonly decision: "approve" | "refuse";
  /** Needed to refuse. */
  readonly reason: string;
  /** Of an approval: only with these, session by session. It can tighten, never loosen. */
  readonly needs?: readonly SessionNeed[];
}

/** Either `untilMs` or `durationMs`, whose clock starts at approval (or at `fromMs`, if later). */
export interface NewRequest {
  readonly endpoints: readonly string[];
  readonly profile: string;
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly durationMs?: number;
  readonly weekly?: readonly WeeklyWindow[];
  readonly sessionsMax?: number;
  readonly reason: string;
  readonly ticket?: string;
}

export interface MoreTime {
  readonly durationMs: number;
  readonly reason: string;
}

export interface RequestSeen {
  readonly request: AccessRequest;
  /** With `expired` worked out. */
  readonly state: RequestState;
  readonly person: Person;
  readonly requestedBy: Person;
  readonly decisions: readonly (RequestDecision & { readonly name: string })[];
  readonly standings: readonly RuleStanding[];
  /** For who may decide about a vendor: others who may be the same person by another spelling. */
  readonly alike: readonly Person[];
  readonly mayDecide: boolean;
  readonly mayWithdraw: boolean;
}
