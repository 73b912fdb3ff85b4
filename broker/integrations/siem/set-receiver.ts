/**
 * Tells another system of sessions and devices by security event tokens (RFC 8417) that the site
 * signs, each pushed by itself (RFC 8935), in order, until it is taken. The same event has the
 * same `jti` however often it is sent.
 */
import type { Clock } from "../../clock.ts";
import { uriOf, VERIFICATION } from "../../signals/event-types.ts";
import type { FeedItem } from "../../store/integration-feed.ts";
import type { SentSignal, SignalIntegration } from "../model.ts";
import { NotTaken, type Receiver } from "../receiver.ts";
import { type Post, postLetter } from "../web-post.ts";

/** Claims in, compact token out; `iss`, `iat` and the key are the site's. */
export type SignSet = (claims: Readonly<Record<string, unknown>>) => Promise<string>;

export interface SetReceiverParts {
  readonly integration: SignalIntegration;
  readonly post: Post;
  readonly clock: Clock;
  readonly sign: SignSet;
  emailOf(personId: string): Promise<string | undefined>;
}

const SIGNAL_OF: ReadonlyMap<string, SentSignal> = new Map([
  ["session:opened", "session-established"],
  ["session:ended", "session-revoked"],
  ["device:compliant", "device-compliance-change"],
  ["device:not-compliant", "device-compliance-change"],
]);

export class SetReceiver implements Receiver {
  readonly batchMax = 1;
  private readonly parts: SetReceiverParts;

  constructor(parts: SetReceiverParts) {
    this.parts = parts;
  }

  wanted(kind: string): boolean {
    const signal = SIGNAL_OF.get(kind);
    return signal !== undefined && this.parts.integration.about.includes(signal);
  }

  async deliver(items: readonly FeedItem[]): Promise<void> {
    const { post, clock, sign, integration } = this.parts;
    for (const item of items) {
      const said = await this.saidBy(item);
      const body = await sign({ jti: item.id, aud: integration.audience, ...said });
      const letter = { id: item.id, type: "application/secevent+jwt", body };
      await postLetter(post, integration.via, { ...letter, nowMs: clock.wallMs() }).catch(
        unlessOurs,
      );
    }
  }

  private async saidBy(item: FeedItem): Promise<Readonly<Record<string, unknown>>> {
    const signal = SIGNAL_OF.get(item.kind);
    if (!signal) {
      const sub_id = { format: "opaque", id: "stream" };
      return { sub_id, events: { [VERIFICATION]: { state: item.id } } };
    }
    const event = {
      event_timestamp: Math.floor(item.atMs / 1_000),
      initiating_entity: initiatedBy(item),
      reason_admin: { en: item.text },
      ...DETAILS[item.kind],
    };
    return { sub_id: await this.subjectOf(item), events: { [uriOf(signal)]: event } };
  }

  /** Shared Signals Framework 1.0, section 3: whose session or device it is, whoever did it. */
  private async subjectOf({ person, session, about }: FeedItem) {
    const { holder = person?.id ?? "" } = about;
    const email = holder === person?.id ? person.email : await this.parts.emailOf(holder);
    const user = email?.includes("@")
      ? { format: "email", email }
      : { format: "opaque", id: email || holder || "unknown" };
    return {
      ...{ format: "complex", user },
      ...(session !== null && { session: { format: "opaque", id: session } }),
      ...(about.device !== undefined && { device: { format: "opaque", id: about.device } }),
    };
  }
}

/** That we are not known there, or not yet, is no fault of this very event: it is sent again. */
function unlessOurs(error: unknown): never {
  if (!(error instanceof NotTaken) || !error.isFinal) throw error;
  throw new NotTaken(error.message, error.message.includes("invalid_request"), error.retryAfterMs);
}

const DETAILS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "device:compliant": { previous_status: "not-compliant", current_status: "compliant" },
  "device:not-compliant": { previous_status: "compliant", current_status: "not-compliant" },
};

const BY_ADMINISTRATORS: ReadonlySet<string> = new Set([
  ...["cut", "lockdown", "grant-revoked", "person-disabled"],
]);
const BY_USERS: ReadonlySet<string> = new Set(["owner-ended", "sign-in-ended"]);

function initiatedBy({ kind, about }: FeedItem): "admin" | "user" | "policy" | "system" {
  if (kind === "session:opened") return "user";
  if (kind !== "session:ended") return "system";
  const rule = about.rule ?? "";
  if (BY_ADMINISTRATORS.has(rule)) return "admin";
  return BY_USERS.has(rule) ? "user" : "policy";
}
