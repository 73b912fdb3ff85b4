/** Devices of people, as the store keeps them. Times are milliseconds since the epoch. */

/** A browser or a machine of one person, known by a key that stays in it. */
export interface Device {
  readonly id: string;
  readonly personId: string;
  readonly kind: "browser" | "machine";
  /** As it calls itself, or as somebody renamed it; nothing proves it. */
  readonly name: string;
  /** SHA-256 of its public key (RFC 7638). */
  readonly keyThumbprint: string;
  /** Where it was enrolled from. */
  readonly address: string;
  readonly enrolledMs: number;
  /** When a person was last proved on it. */
  readonly usedMs: number;
  /** It counts no more from here on. */
  readonly revokedMs: number | null;
  readonly revokedBy: string | null;
  /** Of a browser: the machine that it runs on, whose reports are about it too. */
  readonly machineId: string | null;
  /** How Fleet or the MDM calls this computer; empty where they know nothing of it. */
  readonly inventory: string;
  readonly report: DeviceReport | null;
}

export type FactAnswer = "yes" | "no" | "unknown";

/** The state of a computer. What could not be told is `unknown`, never `yes`. */
export interface PostureFacts {
  readonly os: { readonly name: string; readonly version: string };
  readonly diskEncryption: FactAnswer;
  readonly screenLock: FactAnswer;
  readonly endpointProtection: FactAnswer;
}

export interface DeviceReport {
  readonly facts: PostureFacts;
  /** When it was so, by the broker's clock. */
  readonly observedMs: number;
  /** `machine`: signed by its own key. Otherwise the name of a system that manages it. */
  readonly source: string;
  /** Of a system that says whether it meets what is asked there, in the place of facts. */
  readonly verdict?: "compliant" | "not-compliant";
  /** Of a machine's own report: the last one of a system that manages it, which still counts. */
  readonly managed?: DeviceReport;
}
