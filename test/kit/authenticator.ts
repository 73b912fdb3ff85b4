/**
 * An authenticator in software: makes genuine WebAuthn registrations and assertions, and lies in
 * exactly the way a test asks for. What it makes is what `navigator.credentials` would hand to
 * the console.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { type Cbor, cbor } from "./cbor.ts";

/** What options and answers of the API carry that matters here. */
export interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
  readonly excludeCredentials?: readonly { readonly id: string }[];
}

export interface RequestOptions {
  readonly challenge: string;
  readonly rpId?: string;
}

/** Every field is what an honest authenticator and browser would say unless given. */
export interface Lies {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  readonly backupEligible?: boolean;
  readonly backedUp?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | null;
  /** Claims another credential's id. */
  readonly id?: string;
  /** Flips a bit of the signature. */
  readonly badSignature?: boolean;
  /** Registration only: COSE algorithm number to claim, attestation format and statement. */
  readonly algorithm?: number;
  readonly format?: string;
  readonly statement?: ReadonlyMap<string, Cbor>;
}

export interface SoftwareKey {
  readonly id: string;
  readonly rpId: string;
  readonly userHandle: string;
  readonly privateKey: KeyObject;
  readonly kind: KeyKind;
  counter: number;
}

export type KeyKind = "P-256" | "Ed25519" | "RSA";

const ALGORITHM: Readonly<Record<KeyKind, number>> = { "P-256": -7, Ed25519: -8, RSA: -257 };

export class SoftwareAuthenticator {
  readonly keys: SoftwareKey[] = [];
  private readonly origin: string;
  private readonly kind: KeyKind;
  /** Counts assertions, as hardware keys do; synced passkeys say 0 for ever. */
  private readonly counts: boolean;

  constructor(options: {
    readonly origin: string;
    readonly kind?: KeyKind;
    readonly counts?: boolean;
  }) {
    this.origin = options.origin;
    this.kind = options.kind ?? "P-256";
    this.counts = options.counts ?? true;
  }

  /** Like `navigator.credentials.create`: throws if it already holds an excluded key. */
  register(options: CreationOptions, lies: Lies = {}) {
    const excluded = options.excludeCredentials ?? [];
    if (excluded.some(({ id }) => this.keys.some((key) => key.id === id))) {
      throw new Error("InvalidStateError: the authenticator holds a key for this person");
    }
    const key = this.newKey(options.rp.id ?? "", options.user.id);
    const clientDataJSON = this.clientData("webauthn.create", options.challenge, lies);
    const id = Buffer.from(lies.id ?? key.id, "base64url");
    const authData = Buffer.concat([
      authenticatorData(lies.rpId ?? key.rpId, lies, 0x40, lies.counter ?? key.counter),
      Buffer.alloc(16),
      Buffer.of(id.length >> 8, id.length & 0xff),
      id,
      cbor(coseKey(key, lies.algorithm)),
    ]);
    const attestationObject = cbor(
      new Map<string, Cbor>([
        ["fmt", lies.format ?? "none"],
        ["attStmt", lies.statement ?? new Map()],
        ["authData", authData],
      ]),
    );
    return {
      id: id.toString("base64url"),
      rawId: id.toString("base64url"),
      type: "public-key" as const,
      authenticatorAttachment: "cross-platform" as const,
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: clientDataJSON.toString("base64url"),
        attestationObject: attestationObject.toString("base64url"),
        transports: ["usb"],
      },
    };
  }

  /** Like `navigator.credentials.get` with the person choosing the newest key (or the given one). */
  assert(options: RequestOptions, lies: Lies = {}, key: SoftwareKey = this.newest(options)) {
    key.counter = lies.counter ?? (this.counts ? key.counter + 1 : 0);
    const clientDataJSON = this.clientData("webauthn.get", options.challenge, lies);
    const authData = authenticatorData(lies.rpId ?? key.rpId, lies, 0, key.counter);
    const signed = Buffer.concat([authData, sha256(clientDataJSON)]);
    const digest = key.kind === "Ed25519" ? null : "sha256";
    const signature = sign(digest, signed, key.privateKey);
    if (lies.badSignature) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
    const id = lies.id ?? key.id;
    const userHandle = lies.userHandle === undefined ? key.userHandle : lies.userHandle;
    return {
      id,
      rawId: id,
      type: "public-key" as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientDataJSON.toString("base64url"),
        authenticatorData: authData.toString("base64url"),
        signature: signature.toString("base64url"),
        ...(userHandle !== null && { userHandle }),
      },
    };
  }

  private newest(options: RequestOptions): SoftwareKey {
    const key = this.keys.findLast(({ rpId }) => rpId === (options.rpId ?? rpId));
    if (!key) throw new Error("NotAllowedError: no key for this site");
    return key;
  }

  private newKey(rpId: string, userHandle: string): SoftwareKey {
    const key: SoftwareKey = {
      id: randomBytes(32).toString("base64url"),
      rpId,
      userHandle,
      privateKey: newPrivateKey(this.kind),
      kind: this.kind,
      counter: 0,
    };
    this.keys.push(key);
    return key;
  }

  private clientData(type: string, challenge: string, lies: Lies): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? this.origin,
        crossOrigin: lies.crossOrigin ?? false,
        ...(lies.topOrigin !== undefined && { topOrigin: lies.topOrigin }),
      }),
    );
  }
}

/** WebAuthn section 6.1: hash of the RP ID, flags UP UV BE BS (AT), counter. */
function authenticatorData(rpId: string, lies: Lies, more: number, counter: number): Buffer {
  const flags =
    ((lies.userPresent ?? true) ? 0x01 : 0) |
    ((lies.userVerified ?? true) ? 0x04 : 0) |
    (lies.backupEligible ? 0x08 : 0) |
    (lies.backedUp ? 0x10 : 0) |
    more;
  const data = Buffer.alloc(37);
  sha256(Buffer.from(rpId)).copy(data);
  data.writeUInt8(flags, 32);
  data.writeUInt32BE(counter, 33);
  return data;
}

/** RFC 9053, sections 7.1 and 7.2; RFC 8230, section 4. */
function coseKey({ kind, privateKey }: SoftwareKey, algorithm = ALGORITHM[kind]): Cbor {
  const jwk = privateKey.export({ format: "jwk" });
  const part = (text: string | undefined) => Buffer.from(text ?? "", "base64url");
  if (kind === "RSA") {
    return new Map<number, Cbor>([
      [1, 3],
      [3, algorithm],
      [-1, part(jwk.n)],
      [-2, part(jwk.e)],
    ]);
  }
  const curve = kind === "P-256" ? 1 : 6;
  return new Map<number, Cbor>([
    [1, kind === "P-256" ? 2 : 1],
    [3, algorithm],
    [-1, curve],
    [-2, part(jwk.x)],
    ...(kind === "P-256" ? [[-3, part(jwk.y)] as const] : []),
  ]);
}

function newPrivateKey(kind: KeyKind): KeyObject {
  if (kind === "Ed25519") return generateKeyPairSync("ed25519").privateKey;
  if (kind === "RSA") return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
