/**
 * The key of this machine: made once, kept in a file that its owner alone can read, and never sent.
 * Each request to the broker is signed with it, so that a token that was copied is worth nothing.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from "node:crypto";
import { SignJWT } from "jose";
import { type MachineKey, machineKey } from "../../identity/key-proof.ts";
import { readPrivate, writePrivate } from "./private-file.ts";

export interface RequestToProve {
  readonly method: string;
  /** Without query. */
  readonly url: string;
  readonly token?: string;
  /** As the broker's clock has it. */
  readonly nowMs: number;
}

export class MachineKeyPair {
  private readonly privateKey: KeyObject;
  readonly publicKey: MachineKey;

  constructor(privateKey: KeyObject) {
    this.privateKey = privateKey;
    const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: "jwk" });
    this.publicKey = machineKey.parse({ kty, crv, x, y });
  }

  static create(): MachineKeyPair {
    return new MachineKeyPair(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  }

  /** The one in this file, which is made if it is not there. */
  static open(file: string): MachineKeyPair {
    const kept = readPrivate(file);
    if (kept !== undefined) return new MachineKeyPair(createPrivateKey(kept));
    const made = MachineKeyPair.create();
    writePrivate(file, made.privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    return made;
  }

  /** A statement of this machine about itself. */
  state(type: string, claims: Readonly<Record<string, unknown>>, nowMs: number): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "ES256", typ: type, jwk: { ...this.publicKey } })
      .setIssuedAt(Math.floor(nowMs / 1_000))
      .sign(this.privateKey);
  }

  prove({ method, url, token, nowMs }: RequestToProve): Promise<string> {
    const ath = token && createHash("sha256").update(token).digest("base64url");
    return new SignJWT({ htm: method, htu: url, ...(ath && { ath }) })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: { ...this.publicKey } })
      .setJti(randomUUID())
      .setIssuedAt(Math.floor(nowMs / 1_000))
      .sign(this.privateKey);
  }
}
