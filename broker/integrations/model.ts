/** Integrations as the configuration names them, parsed and checked. */

/** Read at each use, so that a rotated one counts from now on. */
export interface Secret {
  /** @throws SecretMissing */
  read(): string;
  /** Where it comes from, for messages: `file /etc/…` or `environment NAME`. */
  readonly from: string;
}

/** What a person can be told about. */
export const TOPICS = [
  "request",
  "decision",
  "hold",
  "grant-ending",
  "invitation",
  "break-glass",
  "lock",
  "recorder",
  "alarm",
] as const;
export type Topic = (typeof TOPICS)[number];

/** PEM files: what to trust instead of the system's roots, and who we are. */
export interface Trust {
  readonly ca?: Secret;
  readonly certificate?: Secret;
  readonly key?: Secret;
}

export interface WebVia extends Trust {
  readonly form: "webhook" | "slack" | "teams";
  readonly url: Secret;
  /** Signs what is sent. */
  readonly secret?: Secret;
  /** Sent as the `Authorization` header. */
  readonly authorization?: Secret;
}

export interface MailVia extends Trust {
  readonly form: "mail";
  readonly host: string;
  readonly port: number;
  /** `plain` only where somebody wrote it. */
  readonly security: "starttls" | "tls" | "plain";
  readonly user?: Secret;
  readonly password?: Secret;
  /** `Name <address>` or an address. */
  readonly from: string;
  /** Addresses; `concerned`: whom each notice concerns. */
  readonly to: "concerned" | readonly string[];
}

export interface SyslogVia extends Trust {
  readonly form: "syslog";
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "plain";
  /** What stands behind the header of RFC 5424. */
  readonly format: "ocsf" | "cef";
}

export interface NoticeIntegration {
  readonly purpose: "notices";
  readonly name: string;
  readonly about: readonly Topic[];
  readonly via: WebVia | MailVia;
}

export interface SiemIntegration {
  readonly purpose: "siem";
  readonly name: string;
  /** Events kept while the receiver is away; beyond it the oldest are dropped, and it says so. */
  readonly bufferMax: number;
  readonly via: SyslogVia | WebVia;
}

/** What other systems can be told of by security event tokens. */
export const SENT_SIGNALS = [
  "session-established",
  "session-revoked",
  "device-compliance-change",
] as const;
export type SentSignal = (typeof SENT_SIGNALS)[number];

/** A receiver of security event tokens (RFC 8935). */
export interface SignalIntegration {
  readonly purpose: "signals";
  readonly name: string;
  /** `aud` of what is sent. */
  readonly audience: string;
  readonly about: readonly SentSignal[];
  readonly bufferMax: number;
  readonly via: WebVia;
}

/** Where the state of a ticket is looked up before work under it begins. */
export interface TicketSystem extends Trust {
  /** With `{ticket}` where the ticket stands. */
  readonly url: Secret;
  /** Sent as the `Authorization` header. */
  readonly authorization?: Secret;
  /** Where the state stands in the JSON that it answers. */
  readonly state: readonly string[];
  /** Those in which work may begin. */
  readonly states: readonly string[];
  readonly whenAway: "refuse" | "permit";
}

export type Integration = NoticeIntegration | SiemIntegration | SignalIntegration;

export class SecretMissing extends Error {
  override readonly name = "SecretMissing";
}
