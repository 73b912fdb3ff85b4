/**
 * The console's certificate from an authority that speaks ACME: ordered when there is none, and
 * anew when a third of its life is left. What fails is tried again later and later; the present
 * certificate counts on, and where there is none yet the site's own authority stands in, so that
 * the broker runs and says what is missing.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../clock.ts";
import { writeWhole } from "../write-whole.ts";
import { type CertificatePair, covers, pairOf, readPair } from "./certificate-pair.ts";
import type { CertificateSource, CertificateState } from "./served-certificate.ts";

export interface Ordered {
  /** PEM: the certificate and those between it and its root. */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
}

export interface AcmeSourceParts {
  /** Key and certificate in one file, so that neither is ever there without the other. */
  readonly file: string;
  readonly names: readonly string[];
  readonly clock: Clock;
  order(names: readonly string[]): Promise<Ordered>;
  /** By the site's own authority. */
  standIn(): Promise<CertificatePair>;
}

/** Authorities bound how often one may fail in an hour. */
const RETRY_FIRST_MS = 5 * 60_000;
const RETRY_MAX_MS = 6 * 3_600_000;

export class AcmeSource implements CertificateSource {
  private readonly parts: AcmeSourceParts;
  private standing: CertificatePair | undefined;
  private trouble: string | undefined;
  private failures = 0;
  private againMs = 0;

  constructor(parts: AcmeSourceParts) {
    this.parts = parts;
  }

  async make(): Promise<CertificatePair> {
    const kept = this.kept();
    if (kept && !this.isSpent(kept)) return kept;
    try {
      const pair = await this.order();
      this.trouble = undefined;
      this.failures = 0;
      return pair;
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
      if (kept) return kept;
      this.standing ??= await this.parts.standIn();
      return this.standing;
    }
  }

  isDue(current: CertificatePair): boolean {
    if (this.parts.clock.monotonicMs() < this.againMs) return false;
    return current === this.standing || this.isSpent(current);
  }

  state(current: CertificatePair): CertificateState {
    const until = new Date(current.notAfterMs).toISOString().slice(0, 10);
    if (this.trouble === undefined) {
      const text = `The certificate is valid until ${until}, and is renewed by ACME.`;
      return { state: "ok", text };
    }
    const why = `ACME has given none: ${this.trouble}. It is tried again.`;
    if (current === this.standing) {
      return { state: "failed", text: `Browsers do not trust the certificate. ${why}` };
    }
    return { state: "attention", text: `${why} The present certificate counts until ${until}.` };
  }

  private async order(): Promise<CertificatePair> {
    const { file, names, order } = this.parts;
    const { certificate, key } = await order(names);
    const pair = pairOf(certificate, key, "the certificate that ACME gave", "its key");
    const missing = names.filter((name) => !covers(pair, name));
    if (missing.length > 0) throw new Error(`the certificate is not for ${missing.join(", ")}`);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeWhole(file, `${key.trimEnd()}\n${certificate.trimEnd()}\n`);
    return pair;
  }

  /** Undefined where there is none that browsers would take. */
  private kept(): CertificatePair | undefined {
    const { file, names, clock } = this.parts;
    if (!existsSync(file)) return undefined;
    try {
      const pair = readPair(file, file, names);
      if (pair.notAfterMs <= clock.wallMs()) return undefined;
      // The key lies in front of it, and goes nowhere else.
      const at = pair.certificate.indexOf("-----BEGIN CERTIFICATE-----");
      return { ...pair, certificate: pair.certificate.slice(at) };
    } catch {
      // Of other names, or spoilt: another one is ordered in its place.
      return undefined;
    }
  }

  private isSpent({ notBeforeMs, notAfterMs }: CertificatePair): boolean {
    return notAfterMs - this.parts.clock.wallMs() < (notAfterMs - notBeforeMs) / 3;
  }

  private failed(reason: string): void {
    this.trouble = reason;
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    this.againMs = this.parts.clock.monotonicMs() + waitMs;
  }
}
