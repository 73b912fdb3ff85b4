/**
 * One identity provider over the wire (OpenID Connect Core 1.0, authorization code with PKCE). All
 * goes through the dialer of integrations: to the issuer's host and those that the file names, and
 * wherever the provider's own metadata point besides is refused.
 */
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import * as oidc from "openid-client";
import type { Clock } from "../clock.ts";
import type { IntegrationReply } from "../legs/integration-exchange.ts";
import type { ProviderProof } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import { RemoteKeys } from "../workloads/remote-keys.ts";
import type { Provider } from "./provider.ts";
import type { Flow } from "./provider-flows.ts";

/** By the dialer of integrations; rejects where an address is not among the configured ones. */
export interface ProviderDialer {
  get(url: string, extras: Extras): Promise<IntegrationReply>;
  post(url: string, type: string, body: string, extras: Extras): Promise<IntegrationReply>;
}

interface Extras {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
}

/** It does not answer, or not as a provider does. The message is for an administrator. */
export class ProviderAway extends Error {
  override readonly name = "ProviderAway";
  constructor(reason: string) {
    super(plainText(reason, REASON_MAX));
  }
}

/** What came back through the browser is not what was asked for. */
export class AnswerRefused extends Error {
  override readonly name = "AnswerRefused";
  constructor(reason: string) {
    super(plainText(reason, REASON_MAX));
  }
}

/** Part of it may come from the provider. */
const REASON_MAX = 300;

/** A provider changes its addresses about never. */
const METADATA_MS = 10 * 60_000;
/** Between two looks at one that is away. */
const RETRY_MS = 5_000;
/** Clocks of the two differ by so much. */
const TOLERANCE_S = 30;
const TEXT_MAX = 255;

interface Met {
  readonly configuration: oidc.Configuration;
  readonly keys: RemoteKeys;
  readonly atMs: number;
}

export class ProviderClient {
  readonly provider: Provider;
  private readonly dialer: ProviderDialer;
  private readonly clock: Clock;
  private met: Met | undefined;
  private meeting: Promise<Met> | undefined;
  private failed: { readonly reason: string; readonly atMs: number } | undefined;

  constructor(provider: Provider, { dialer, clock }: { dialer: ProviderDialer; clock: Clock }) {
    this.provider = provider;
    this.dialer = dialer;
    this.clock = clock;
  }

  /** Where the browser goes. @throws ProviderAway */
  async address(flow: Flow, state: string): Promise<string> {
    const { configuration } = await this.meet();
    const { ageMaxMs } = this.provider;
    const to = oidc.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: flow.redirectUri, scope: "openid", state, nonce: flow.nonce },
      code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: "S256",
      ...(ageMaxMs !== undefined && { max_age: String(ageMaxMs / 1_000) }),
    });
    return to.href;
  }

  /**
   * What came back, for a word about a person.
   * @param search the query of the address that the browser came back to
   * @throws ProviderAway, AnswerRefused
   */
  async redeem(search: URLSearchParams, state: string, flow: Flow): Promise<ProviderProof> {
    const { configuration } = await this.meet();
    const { ageMaxMs } = this.provider;
    const back = new URL(flow.redirectUri);
    back.search = search.toString();
    const tokens = await oidc
      .authorizationCodeGrant(configuration, back, {
        ...{ expectedState: state, expectedNonce: flow.nonce, pkceCodeVerifier: flow.verifier },
        ...{ idTokenExpected: true },
        ...(ageMaxMs !== undefined && { maxAge: ageMaxMs / 1_000 }),
      })
      .catch((error: unknown) => {
        throw refusedOr(error);
      });
    // Its claims were looked at; whose signature it bears is looked at here.
    const claims = await this.verify(tokens.id_token ?? "", { requiredClaims: ["sub", "exp"] });
    const { azp = this.provider.clientId } = claims;
    if (azp !== this.provider.clientId) throw new AnswerRefused("it was made for another client");
    if (claims.nonce !== flow.nonce) throw new AnswerRefused("the nonce is another one");
    return proofOf(this.provider.issuer, claims);
  }

  /** A token that this issuer signed for us. @throws ProviderAway, AnswerRefused */
  async verify(token: string, more: JWTVerifyOptions): Promise<JWTPayload> {
    const { keys } = await this.meet();
    const { issuer, clientId, algorithms } = this.provider;
    const known = await keys.forToken(kidOf(token));
    if (known.length === 0) throw new ProviderAway(keys.problem ?? "it has no key that fits");
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [...known] }), {
        ...{ issuer, audience: clientId, algorithms: [...algorithms] },
        ...{ clockTolerance: TOLERANCE_S, currentDate: new Date(this.clock.wallMs()), ...more },
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new AnswerRefused(error.message);
      throw error;
    }
  }

  /** What it says of itself. @throws ProviderAway */
  async meet(): Promise<Met> {
    const nowMs = this.clock.monotonicMs();
    if (this.met && nowMs - this.met.atMs < METADATA_MS) return this.met;
    if (this.failed && nowMs - this.failed.atMs < RETRY_MS) {
      throw new ProviderAway(this.failed.reason);
    }
    this.meeting ??= this.discover().finally(() => {
      this.meeting = undefined;
    });
    return this.meeting;
  }

  private async discover(): Promise<Met> {
    const { issuer, clientId } = this.provider;
    try {
      const configuration = await oidc.discovery(new URL(issuer), clientId, {}, undefined, {
        [oidc.customFetch]: (url, options) => this.reach(url, options),
        // Plain http is taken for this machine alone: the file's reading sees to that.
        ...(issuer.startsWith("http:") && { execute: [oidc.allowInsecureRequests] }),
      });
      const metadata = configuration.serverMetadata();
      if (metadata.issuer !== issuer) throw new Error(`it calls itself ${metadata.issuer}`);
      const { authorization_endpoint: door = "", jwks_uri: keysAt } = metadata;
      if (!URL.canParse(door) || !originsOf(this.provider).includes(new URL(door).origin)) {
        throw new Error(`it sends people to ${door}, which the file does not name`);
      }
      if (keysAt === undefined) throw new Error("it names no keys");
      const [atMs, clock] = [this.clock.monotonicMs(), this.clock];
      const old = this.met?.configuration.serverMetadata().jwks_uri === keysAt && this.met?.keys;
      const keys = old || new RemoteKeys(keysAt, { clock, load: (url) => this.load(url) });
      this.failed = undefined;
      this.met = { configuration: this.asClient(metadata), keys, atMs };
      return this.met;
    } catch (error) {
      const reason = reasonOf(error);
      this.failed = { reason, atMs: this.clock.monotonicMs() };
      throw new ProviderAway(reason);
    }
  }

  /** With the secret, in the form that the provider takes. */
  private asClient(metadata: oidc.ServerMetadata): oidc.Configuration {
    const { clientId, secret, issuer } = this.provider;
    const forms = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const given = secret?.read();
    const byBasic = forms.includes("client_secret_basic");
    const shown = byBasic ? oidc.ClientSecretBasic : oidc.ClientSecretPost;
    const configuration = new oidc.Configuration(
      metadata,
      clientId,
      { [oidc.clockTolerance]: TOLERANCE_S, [oidc.clockSkew]: this.skewS() },
      given === undefined ? oidc.None() : shown(given),
    );
    configuration[oidc.customFetch] = (url, options) => this.reach(url, options);
    if (issuer.startsWith("http:")) oidc.allowInsecureRequests(configuration);
    return configuration;
  }

  /** From the machine's clock to the broker's, which a test sets. */
  private skewS(): number {
    return Math.round((this.clock.wallMs() - Date.now()) / 1_000);
  }

  private async load(url: string): Promise<string> {
    const { status, body } = await this.dialer.get(
      url,
      this.extras({ accept: "application/json" }),
    );
    if (status !== 200) throw new Error(`it answered ${status}`);
    return body;
  }

  private async reach(url: string, options: oidc.CustomFetchOptions): Promise<Response> {
    const { "content-type": type = "", ...headers } = options.headers;
    const extras = this.extras(headers);
    const reply =
      options.method === "GET"
        ? await this.dialer.get(url, extras)
        : await this.dialer.post(url, type, String(options.body ?? ""), extras);
    return new Response(reply.status === 204 ? null : reply.body, {
      status: reply.status,
      headers: { "content-type": reply.type },
    });
  }

  private extras(headers: Readonly<Record<string, string>>): Extras {
    const { ca } = this.provider;
    return { headers, ...(ca && { ca: ca.read() }) };
  }
}

/** Where it may be reached, and nowhere else. */
export function originsOf({ issuer, hosts }: Provider): readonly string[] {
  return [new URL(issuer).origin, ...hosts];
}

function proofOf(issuer: string, { sub, sid, iat }: JWTPayload): ProviderProof {
  if (sub === undefined || sub.length > TEXT_MAX) throw new AnswerRefused("it names nobody");
  const known = typeof sid === "string" && sid.length <= TEXT_MAX;
  if (sid !== undefined && !known) throw new AnswerRefused("its session has no name");
  if (iat === undefined) throw new AnswerRefused("it does not say when");
  return { issuer, subject: sub, issuedS: iat, ...(known && { sid }) };
}

/** What the library refuses is the answer's fault; what does not answer is away. */
function refusedOr(error: unknown): Error {
  if (error instanceof oidc.AuthorizationResponseError)
    return new AnswerRefused(codeOf(error.error));
  if (error instanceof oidc.ResponseBodyError) {
    const { error: code, status } = error;
    // What is wrong with us, or with it, is nothing that the person can mend.
    const isOurs = code === "invalid_client" || code === "unauthorized_client" || status >= 500;
    return isOurs ? new ProviderAway(codeOf(code)) : new AnswerRefused(codeOf(code));
  }
  const code = error instanceof oidc.ClientError ? error.code : undefined;
  const isRead = code !== undefined && !NO_ANSWER.has(code);
  return isRead ? new AnswerRefused(reasonOf(error)) : new ProviderAway(reasonOf(error));
}

/** A page of an error, from it or from something before it. */
const NO_ANSWER = new Set(["OAUTH_RESPONSE_IS_NOT_JSON", "OAUTH_RESPONSE_IS_NOT_CONFORM"]);

/** RFC 6749, section 4.1.2.1; what else it may be comes from outside. */
function codeOf(error: string): string {
  return /^[a-z_]{1,40}$/.test(error) ? error : "an error";
}

function kidOf(token: string): string | undefined {
  try {
    const { kid } = decodeProtectedHeader(token);
    return typeof kid === "string" && kid.length <= TEXT_MAX ? kid : undefined;
  } catch {
    throw new AnswerRefused("it is no token");
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The library wraps what the dialer said.
  return error.cause instanceof Error ? error.cause.message : error.message;
}
