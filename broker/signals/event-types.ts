/**
 * What signals say: CAEP 1.0 and the stream's own events of the Shared Signals Framework 1.0.
 * Payloads are read for what counts here; what else stands in them is let be.
 */
import { z } from "zod";

const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const SSF = "https://schemas.openid.net/secevent/ssf/event-type/";

/** Those that are acted upon. */
export const SIGNAL_TYPES = [
  "session-revoked",
  "credential-change",
  "device-compliance-change",
  "risk-level-change",
  "session-established",
] as const;
export type SignalType = (typeof SIGNAL_TYPES)[number];

export function uriOf(type: SignalType): string {
  return `${CAEP}${type}`;
}

export const VERIFICATION = `${SSF}verification`;
export const STREAM_UPDATED = `${SSF}stream-updated`;

export const RISK_LEVELS = ["LOW", "MEDIUM", "HIGH"] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

export type SignalEvent =
  | { readonly type: "session-revoked" | "session-established" }
  | { readonly type: "credential-change"; readonly what: string }
  | { readonly type: "device-compliance-change"; readonly compliant: boolean }
  | { readonly type: "risk-level-change"; readonly level: RiskLevel }
  | { readonly type: "verification"; readonly state: string }
  | { readonly type: "stream-updated"; readonly status: StreamStatus; readonly reason: string }
  /** Nothing that is known here. */
  | { readonly type: "other"; readonly uri: string };

export type StreamStatus = "enabled" | "paused" | "disabled";

const WORD_MAX = 200;
const word = z.string().max(WORD_MAX);

const PAYLOADS = {
  "session-revoked": z.looseObject({}).transform(() => ({})),
  "session-established": z.looseObject({}).transform(() => ({})),
  "credential-change": z
    .looseObject({ credential_type: word, change_type: word })
    .transform(({ credential_type: of, change_type: how }) => ({ what: `${of} ${how}` })),
  "device-compliance-change": z
    .looseObject({ current_status: z.enum(["compliant", "not-compliant"]) })
    .transform(({ current_status: status }) => ({ compliant: status === "compliant" })),
  "risk-level-change": z
    .looseObject({ current_level: z.enum(RISK_LEVELS) })
    .transform(({ current_level: level }) => ({ level })),
} as const;

const verification = z.looseObject({ state: word.optional() });
const updated = z.looseObject({
  status: z.enum(["enabled", "paused", "disabled"]),
  reason: word.optional(),
});

/** Undefined where the payload is not as its type says. */
export function readEvent(uri: string, payload: unknown): SignalEvent | undefined {
  const type = SIGNAL_TYPES.find((each) => uriOf(each) === uri);
  if (type) {
    const read = PAYLOADS[type].safeParse(payload);
    return read.success ? ({ type, ...read.data } as SignalEvent) : undefined;
  }
  if (uri === VERIFICATION) {
    const read = verification.safeParse(payload);
    return read.success ? { type: "verification", state: read.data.state ?? "" } : undefined;
  }
  if (uri === STREAM_UPDATED) {
    const read = updated.safeParse(payload);
    if (!read.success) return undefined;
    const { status, reason = "" } = read.data;
    return { type: "stream-updated", status, reason };
  }
  return { type: "other", uri };
}
