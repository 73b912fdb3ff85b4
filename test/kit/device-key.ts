/** The key of a browser in a test, and what it signs, as the console does by WebCrypto. */
import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";

/** Every field is what an honest page would say unless given. */
export interface DeviceSigned {
  readonly challenge: string;
  readonly method: string;
  /** Without its query. */
  readonly url: string;
  readonly body?: string | undefined;
}

export class DeviceKey {
  private readonly privateKey: KeyObject;
  private readonly jwk: Readonly<Record<string, unknown>>;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.privateKey = privateKey;
    this.jwk = { ...publicKey.export({ format: "jwk" }) };
  }

  sign({ challenge, method, url, body }: DeviceSigned): Promise<string> {
    const digest = createHash("sha256")
      .update(body ?? "")
      .digest("base64url");
    const said = { challenge, htm: method, htu: url, body: body === undefined ? "" : digest };
    return new SignJWT({ ...said, name: "Test browser" })
      .setProtectedHeader({ alg: "ES256", typ: "sallyport-device+jwt", jwk: this.jwk })
      .sign(this.privateKey);
  }
}
