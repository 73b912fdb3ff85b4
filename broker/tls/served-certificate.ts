/**
 * The certificate that listeners show, kept up to date while they listen: files of the site's own
 * are read again when they change, one of the site's authority is renewed long before it ends.
 * A pair that cannot be used never takes the place of one that can.
 */
import { generateKeyPairSync } from "node:crypto";
import { statSync } from "node:fs";
import type { Server, ServerOptions } from "node:https";
import type { Clock } from "../clock.ts";
import { type CertificatePair, pairOf, readPair } from "./certificate-pair.ts";
import type { SiteAuthority } from "./site-authority.ts";

export interface CertificateState {
  readonly state: "ok" | "attention" | "failed";
  /** One sentence: until when, or what is wrong and what to do. */
  readonly text: string;
}

export interface CertificateSource {
  /** Rejects where there is none that can be used. */
  make(): Promise<CertificatePair>;
  /** Whether another pair should be made now. */
  isDue(current: CertificatePair): boolean;
  /** What is said of one that has not ended, where the source knows it better. */
  state?(current: CertificatePair): CertificateState;
}

/** How late a changed file counts, and an end is noticed. */
export const LOOK_MS = 5_000;
const DAY_MS = 86_400_000;
/** One who orders certificates by hand needs some days. */
const ATTENTION_MS = 14 * DAY_MS;
/** Of the site's authority: short, because renewing costs nothing. */
const SITE_VALID_MS = 30 * DAY_MS;
/** Renewed when less than this is left. */
const SITE_RENEW_MS = 20 * DAY_MS;
/** A handshake takes round trips; whoever takes longer holds a connection for nothing. */
const HANDSHAKE_MS = 5_000;

export class ServedCertificate {
  private readonly source: CertificateSource;
  private readonly clock: Clock;
  private pair: CertificatePair;
  private refusal: string | undefined;
  private refusedBefore = false;
  private readonly servers = new Set<Server>();
  private readonly listeners = new Set<(changed: boolean) => void>();
  private shown = "";
  private stopLook = () => {};
  private closed = false;

  private constructor(source: CertificateSource, clock: Clock, pair: CertificatePair) {
    this.source = source;
    this.clock = clock;
    this.pair = pair;
    this.shown = this.state().text;
    this.lookLater();
  }

  static async open(source: CertificateSource, clock: Clock): Promise<ServedCertificate> {
    return new ServedCertificate(source, clock, await source.make());
  }

  current(): CertificatePair {
    return this.pair;
  }

  /** For `https.createServer`; add what else the listener wants. TLS 1.3 alone. */
  options(): ServerOptions {
    const { certificate: cert, key } = this.pair;
    return { cert, key, ...TERMS };
  }

  /** Keeps this listener up to date. Returns a function that stops it. */
  serve(server: Server): () => void {
    this.servers.add(server);
    return () => this.servers.delete(server);
  }

  state(): CertificateState {
    const until = new Date(this.pair.notAfterMs).toISOString().slice(0, 10);
    const leftMs = this.pair.notAfterMs - this.clock.wallMs();
    if (leftMs <= 0) {
      return { state: "failed", text: `The certificate ended on ${until}: browsers refuse it.` };
    }
    if (this.source.state) return this.source.state(this.pair);
    if (this.refusal !== undefined) {
      const text = `The changed certificate cannot be used: ${this.refusal}. The older one counts until ${until}.`;
      return { state: "attention", text };
    }
    if (leftMs < ATTENTION_MS) {
      return { state: "attention", text: `The certificate ends on ${until}: renew it.` };
    }
    return { state: "ok", text: `The certificate is valid until ${until}.` };
  }

  /** @param listener told that the state or the certificate is another; true: the certificate */
  onChange(listener: (changed: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.closed = true;
    this.stopLook();
  }

  private lookLater(): void {
    if (this.closed) return;
    this.stopLook = this.clock.after(LOOK_MS, () => void this.look().then(() => this.lookLater()));
  }

  private async look(): Promise<void> {
    const before = this.pair.fingerprint;
    if (this.source.isDue(this.pair)) await this.renew();
    if (this.closed) return;
    const { text } = this.state();
    const changed = this.pair.fingerprint !== before;
    if (text === this.shown && !changed) return;
    this.shown = text;
    for (const listener of [...this.listeners]) listener(changed);
  }

  private async renew(): Promise<void> {
    try {
      const pair = await this.source.make();
      this.pair = pair;
      this.refusal = undefined;
      this.refusedBefore = false;
      const { certificate: cert, key } = pair;
      for (const server of this.servers) server.setSecureContext({ cert, key, ...TERMS });
    } catch (error) {
      // Whatever it is, the certificate in force is still good: nobody loses a session by it.
      // Certificate and key are replaced one after the other: only what stays wrong is told.
      if (this.refusedBefore) this.refusal = error instanceof Error ? error.message : String(error);
      this.refusedBefore = true;
    }
  }
}

const TERMS = { minVersion: "TLSv1.3", handshakeTimeout: HANDSHAKE_MS } as const;

/** Files of the site's own, looked at again when either is another one or the last was refused. */
export function fromFiles(
  certificateFile: string,
  keyFile: string,
  hosts: readonly string[],
): CertificateSource {
  let made = "";
  const stamp = () => `${stampOf(certificateFile)} ${stampOf(keyFile)}`;
  return {
    make: async () => {
      const now = stamp();
      const pair = readPair(certificateFile, keyFile, hosts);
      made = now;
      return pair;
    },
    isDue: () => stamp() !== made,
  };
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}` : "none";
}

/** By the site's authority; its key is never written anywhere. */
export function fromAuthority(
  authority: SiteAuthority,
  clock: Clock,
  hosts: readonly string[],
): CertificateSource {
  return {
    make: async () => {
      const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const certificate = await authority.issue({
        publicKeyPem: keys.publicKey.export({ type: "spki", format: "pem" }).toString(),
        commonName: hosts[0] ?? "localhost",
        dns: hosts,
        usage: "server",
        validMs: SITE_VALID_MS,
      });
      const key = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      return pairOf(certificate, key, "the console's certificate", "its key");
    },
    isDue: ({ notAfterMs }) => notAfterMs - clock.wallMs() < SITE_RENEW_MS,
  };
}
