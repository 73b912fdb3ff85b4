/** An identity provider that says whatever a test wants, as one that was taken over would. */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";

export const HOSTILE_SECRET = "a-secret-that-is-long-enough-to-be-a-key-0123456789";
const CLIENT = "sallyport";
const LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

export interface Made {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Partial<JWTHeaderParameters>;
  /** Instead of its own. */
  readonly key?: CryptoKey | Uint8Array;
}

/** What the broker asked for when it sent a browser here. */
export interface Asked {
  readonly state: string;
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly url: URL;
}

export class HostileProvider {
  readonly issuer: string;
  readonly publicJwk: JWK;
  private readonly server: Server;
  private readonly privateKey: CryptoKey;
  /** The next answer of its token endpoint. */
  answer: { readonly status: number; readonly body: unknown } = { status: 400, body: {} };
  /** Over its own metadata. */
  metadata: Readonly<Record<string, unknown>> = {};
  /** The verifier that the broker showed last, and how it showed who it is. */
  shown: { readonly verifier: string; readonly authorization: string } | undefined;

  private constructor(server: Server, privateKey: CryptoKey, publicJwk: JWK) {
    this.server = server;
    this.privateKey = privateKey;
    this.publicJwk = publicJwk;
    this.issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
    server.on("request", (request, response) => void this.serve(request, response));
  }

  static async start(): Promise<HostileProvider> {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = { ...(await exportJWK(publicKey)), kid: "k1", use: "sig", alg: "ES256" };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    return new HostileProvider(server, privateKey, jwk);
  }

  yaml(id: string, more = ""): string {
    return `  - id: ${id}
    name: Provider ${id}
    issuer: ${this.issuer}
    client-id: ${CLIENT}
    client-secret: { env: HOSTILE_SECRET }
    algorithms: [ES256]
${more}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** An ID token as it should be, but for what is given. */
  idToken(nonce: string, { claims = {}, header = {}, key = this.privateKey }: Made = {}) {
    const nowS = Math.floor(Date.now() / 1_000);
    const all: JWTPayload = {
      ...{ iss: this.issuer, aud: CLIENT, sub: "ada", sid: "s1", nonce },
      ...{ iat: nowS, exp: nowS + 300 },
      ...claims,
    };
    return signed(all, { alg: "ES256", kid: "k1", ...header }, key);
  }

  logoutToken({ claims = {}, header = {}, key = this.privateKey }: Made = {}) {
    const nowS = Math.floor(Date.now() / 1_000);
    const all: JWTPayload = {
      ...{ iss: this.issuer, aud: CLIENT, sub: "ada", iat: nowS, exp: nowS + 120 },
      ...{ jti: randomUUID(), events: { [LOGOUT_EVENT]: {} } },
      ...claims,
    };
    return signed(all, { alg: "ES256", kid: "k1", typ: "logout+jwt", ...header }, key);
  }

  /** With this ID token the next code is redeemed. */
  gives(token: string): void {
    const body = { access_token: "x", token_type: "Bearer", id_token: token };
    this.answer = { status: 200, body };
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", this.issuer);
    if (pathname === "/.well-known/openid-configuration") return send(response, 200, this.about());
    if (pathname === "/jwks") return send(response, 200, { keys: [this.publicJwk] });
    if (pathname !== "/token") return send(response, 404, {});
    let text = "";
    for await (const piece of request) text += String(piece);
    const verifier = new URLSearchParams(text).get("code_verifier") ?? "";
    this.shown = { verifier, authorization: request.headers.authorization ?? "" };
    return send(response, this.answer.status, this.answer.body);
  }

  private about(): object {
    return {
      ...{ issuer: this.issuer, authorization_endpoint: `${this.issuer}/authorize` },
      ...{ token_endpoint: `${this.issuer}/token`, jwks_uri: `${this.issuer}/jwks` },
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256", "RS256", "HS256", "none"],
      authorization_response_iss_parameter_supported: true,
      ...this.metadata,
    };
  }
}

/** From the address that a browser is sent to. */
export function askedIn(address: string): Asked {
  const url = new URL(address);
  const of = (name: string) => url.searchParams.get(name) ?? "";
  return {
    ...{ state: of("state"), nonce: of("nonce"), challenge: of("code_challenge") },
    ...{ redirectUri: of("redirect_uri"), url },
  };
}

export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

/** Also with `alg: none`, which no library makes. */
async function signed(
  claims: JWTPayload,
  header: JWTHeaderParameters,
  key: CryptoKey | Uint8Array,
): Promise<string> {
  if (header.alg !== "none") return new SignJWT(claims).setProtectedHeader(header).sign(key);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.`;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
