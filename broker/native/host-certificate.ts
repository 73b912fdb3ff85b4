/**
 * The broker's host certificate, where the site has an authority for SSH: a file beside the host
 * key, made with OpenSSH and put there again whenever it is renewed.
 *
 *     ssh-keygen -s site_ca -h -I broker -n broker.example -V +52w ssh-host.pub
 */
import { readFileSync, statSync } from "node:fs";
import { FieldReader } from "../../protocols/ssh/field-reader.ts";
import type { Clock } from "../clock.ts";
import { CERTIFICATE_TYPE } from "../legs/ssh/offer-certificate.ts";
import type { SshHostKey } from "./ssh-host-key.ts";

/** A certificate with some names; a larger file is none. */
const FILE_MAX = 16_384;
/** PROTOCOL.certkeys: the other kind is of people. */
const OF_A_HOST = 2;

export interface HostCertificate {
  readonly blob: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export class HostCertificateFile {
  private readonly file: string;
  private readonly hostKey: SshHostKey;
  private readonly clock: Clock;
  private known:
    | { readonly mark: string; readonly certificate: HostCertificate | string }
    | undefined;

  constructor(file: string, hostKey: SshHostKey, clock: Clock) {
    this.file = file;
    this.hostKey = hostKey;
    this.clock = clock;
  }

  /** Why the file is none that could ever be offered. Being out of its time keeps nobody out. */
  get trouble(): string | undefined {
    const read = this.read();
    return typeof read === "string" ? `${this.file} ${read}` : undefined;
  }

  /** To offer now. Out of its time it is not: its clients take the key, or refuse it. */
  offered(): Uint8Array | undefined {
    const read = this.read();
    if (read === undefined || typeof read === "string") return undefined;
    const nowMs = this.clock.wallMs();
    return read.fromMs <= nowMs && nowMs < read.untilMs ? read.blob : undefined;
  }

  /** Undefined where there is no file. */
  private read(): HostCertificate | string | undefined {
    const found = statSync(this.file, { throwIfNoEntry: false });
    if (!found) return undefined;
    const mark = `${found.ino} ${found.mtimeMs} ${found.size}`;
    if (this.known?.mark !== mark) {
      const certificate =
        found.size > FILE_MAX
          ? "is too large to be a certificate"
          : parseHostCertificate(readFileSync(this.file, "utf8"), this.hostKey.publicKey);
      this.known = { mark, certificate };
    }
    return this.known.certificate;
  }
}

/**
 * A sentence's end where it is none that the broker can offer.
 * @param publicKey of the broker, as `known_hosts` has it
 */
export function parseHostCertificate(text: string, publicKey: string): HostCertificate | string {
  const [type, base64 = ""] = text.trim().split(/\s+/);
  if (type !== CERTIFICATE_TYPE) return `is no ${CERTIFICATE_TYPE}`;
  const blob = Uint8Array.from(Buffer.from(base64, "base64"));
  const from = new FieldReader(blob);
  const [named] = [from.name(), from.string()];
  const key = from.string();
  skip64(from);
  const kind = from.uint32();
  // Its id and its names.
  for (let n = 0; n < 2; n++) from.string();
  const [fromMs, untilMs] = [timeOf(from), timeOf(from)];
  const critical = from.string();
  // Extensions, what is reserved, the key of the authority and its signature.
  for (let n = 0; n < 4; n++) from.string();
  if (from.failed || from.left > 0 || named !== CERTIFICATE_TYPE) return "cannot be read";
  if (kind !== OF_A_HOST) return "is a certificate of a person, not of a host (ssh-keygen -h)";
  if (critical.length > 0) return "has options that no host certificate has";
  if (!isOf(key, publicKey)) return "is for another key than this broker's";
  return { blob, fromMs, untilMs };
}

function isOf(key: Uint8Array, publicKey: string): boolean {
  const own = new FieldReader(Buffer.from(publicKey.split(" ")[1] ?? "", "base64"));
  own.name();
  return Buffer.from(own.string()).equals(Buffer.from(key));
}

function skip64(from: FieldReader): void {
  from.uint32();
  from.uint32();
}

/** Seconds; all bits set is for ever. */
function timeOf(from: FieldReader): number {
  const seconds = from.uint32() * 2 ** 32 + from.uint32();
  return Math.min(seconds * 1_000, Number.MAX_SAFE_INTEGER);
}
