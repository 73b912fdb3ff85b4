/**
 * One session's side of a panel: its connections, its cookies, and how it is signed in. What the
 * broker signs in with is added here and stripped here; no guard, tape or browser sees it.
 */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Credential } from "../../plant/credential.ts";
import type { WebEndpoint } from "../../plant/model.ts";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import { CookieJar } from "./cookie-jar.ts";
import { type Challenge, challengeOf, digestField } from "./digest.ts";
import { hiddenFields, SIGN_IN_PAGE_MAX } from "./hidden-fields.ts";
import { OwnLinks } from "./own-links.ts";
import type { SessionPlaces } from "./panel-places.ts";
import { PinnedAgent } from "./pinned-agent.ts";

export interface WebSiteParts {
  readonly endpoint: WebEndpoint;
  readonly address: string;
  readonly places: SessionPlaces;
  /** SHA-256 of those that it may show, where they are pinned. Asked at each connection. */
  certificates(): readonly string[];
  /** It showed another one. `pinned`: another one is trusted. */
  unknownCertificate?(shown: ShownIdentity, pinned: boolean): void;
  /** Asked at the first request, and again after the panel forgot the sign-in. */
  credential(): Promise<Credential | undefined>;
}

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export interface Outgoing {
  readonly method: string;
  readonly target: string;
  readonly fields: Fields;
  /** What the page's own script keeps in the browser. */
  readonly cookies: string | undefined;
}

/** The panel did not take what the broker signs in with; `message` is for the person. */
export class SignInFailed extends Error {
  override readonly name = "SignInFailed";
}

const NO_PASSWORD =
  "No credential is set for this panel, or not one with a password. An administrator sets it.";

export class WebSite {
  readonly places: SessionPlaces;
  readonly links: OwnLinks;
  /** As the panel is called in `Host`. */
  readonly host: string;
  readonly origin: string;
  private readonly parts: WebSiteParts;
  private readonly agent: PinnedAgent;
  private readonly jar = new CookieJar();
  private credential: Promise<Credential | undefined> | undefined;
  private challenge: Challenge | undefined;
  private challengeUses = 0;
  private signedIn: Promise<void> | undefined;
  private over = false;

  constructor(parts: WebSiteParts) {
    const { endpoint, address, places } = parts;
    const { host, port, tls, hostName, limits } = endpoint;
    this.parts = parts;
    this.places = places;
    const connectTimeoutMs = limits.connectTimeoutMs;
    this.agent = new PinnedAgent({
      ...{ address, port, host, connectTimeoutMs, ...(tls && { tls }) },
      certificates: () => parts.certificates(),
      unknownCertificate: (shown, pinned) => parts.unknownCertificate?.(shown, pinned),
    });
    const bracketed = host.includes(":") ? `[${host}]` : host;
    this.host = hostName ?? (port === (tls ? 443 : 80) ? bracketed : `${bracketed}:${port}`);
    this.origin = `${tls ? "https" : "http"}://${this.host}`;
    const named = hostName === undefined ? [] : [hostName.replace(/:\d+$/, "")];
    this.links = new OwnLinks([host, address, ...named], port);
  }

  get isOver(): boolean {
    return this.over;
  }

  close(): void {
    this.over = true;
    this.places.leave();
    this.agent.destroy();
    this.jar.clear();
    this.credential = undefined;
  }

  /** A request that is signed in. @throws SignInFailed */
  async open(outgoing: Outgoing): Promise<ClientRequest> {
    if (this.parts.endpoint.signIn.kind === "form") await this.formSignIn();
    const { cookies: own, method, target, fields } = outgoing;
    const cookie = this.jar.field(target, own);
    const authorization = await this.authorization(method, target);
    return this.dial(method, target, {
      ...fields,
      ...(cookie !== undefined && { cookie }),
      ...authorization,
    });
  }

  /**
   * Keeps cookies. True where the request should be sent once more: its digest is known now, or
   * the panel had forgotten the sign-in and the request only looks.
   */
  answered(answer: IncomingMessage, { method }: Outgoing, again: boolean): boolean {
    const { statusCode, headers, headersDistinct } = answer;
    this.jar.take(headers["set-cookie"] ?? []);
    const { signIn } = this.parts.endpoint;
    if (statusCode === 401) this.credential = undefined;
    if (signIn.kind === "form" && this.isForgotten(statusCode ?? 0, headers.location)) {
      this.signedIn = undefined;
      return !again && (method === "GET" || method === "HEAD");
    }
    if (statusCode !== 401 || signIn.kind !== "digest") return false;
    // Also where this one cannot be sent again: the next is not asked with a nonce that is over.
    this.challenge = challengeOf(headersDistinct["www-authenticate"] ?? []);
    this.challengeUses = 0;
    return this.challenge !== undefined && !again;
  }

  /** It leads who looks to where they look already, under https: so it would for ever. */
  wantsTls({ headers }: IncomingMessage, { method, target }: Outgoing): boolean {
    const { location } = headers;
    if (method !== "GET") return false;
    if (this.parts.endpoint.tls || location === undefined || !/^https:/i.test(location))
      return false;
    return this.links.inLocation(location) === target;
  }

  private isForgotten(status: number, location: string | undefined): boolean {
    const { signIn } = this.parts.endpoint;
    if (status === 401) return true;
    const path = signIn.kind === "form" ? signIn.path : undefined;
    if (location === undefined || status < 300 || status >= 400) return false;
    return this.links.inLocation(location).split("?")[0] === path;
  }

  private dial(method: string, path: string, fields: Fields): ClientRequest {
    if (this.over) throw new Error("the session has ended");
    const headers = { ...fields, host: this.host, "accept-encoding": "identity" };
    return request({
      ...{ agent: this.agent, method, path, headers, setHost: false },
      // Old panels end their lines with LF alone, or fold them. What it makes of a head is what
      // everybody behind it gets, and an answer can lead nobody astray but its own session.
      insecureHTTPParser: true,
    });
  }

  private async password(): Promise<{ readonly user: string; readonly password: string }> {
    this.credential ??= this.parts.credential();
    const credential = await this.credential;
    if (credential?.kind !== "password") {
      this.credential = undefined;
      throw new SignInFailed(NO_PASSWORD);
    }
    return credential;
  }

  private async authorization(method: string, target: string): Promise<Fields> {
    const { signIn } = this.parts.endpoint;
    if (signIn.kind === "none" || signIn.kind === "form") return {};
    const { user, password } = await this.password();
    if (signIn.kind === "header") return { [signIn.name.toLowerCase()]: password };
    if (signIn.kind === "basic") {
      const pair = Buffer.from(`${user}:${password}`).toString("base64");
      return { authorization: `Basic ${pair}` };
    }
    const { challenge } = this;
    if (!challenge) return {};
    this.challengeUses += 1;
    const count = this.challengeUses;
    return { authorization: digestField(challenge, { method, target, user, password, count }) };
  }

  private formSignIn(): Promise<void> {
    this.signedIn ??= this.postForm().catch((error: unknown) => {
      this.signedIn = undefined;
      throw error;
    });
    return this.signedIn;
  }

  private async postForm(): Promise<void> {
    const { signIn, limits } = this.parts.endpoint;
    if (signIn.kind !== "form") return;
    const { user, password } = await this.password();
    const tokens = signIn.tokens ? await this.tokens(signIn.path, signIn.tokens) : [];
    const form = new URLSearchParams(Object.fromEntries([...tokens, ...signIn.fields]));
    if (signIn.user !== "") form.set(signIn.user, user);
    form.set(signIn.password, password);
    const body = Buffer.from(form.toString());
    const cookie = this.jar.field(signIn.path, undefined);
    const sent = this.dial("POST", signIn.path, {
      ...(cookie !== undefined && { cookie }),
      ...{ origin: this.origin, referer: `${this.origin}${signIn.path}` },
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(body.length),
    });
    const answer = await answerOf(sent, body, limits.responseTimeoutMs);
    const { statusCode = 0, headers } = answer;
    answer.destroy();
    const cookies = headers["set-cookie"] ?? [];
    this.jar.take(cookies);
    if (statusCode >= 400 || cookies.length === 0) {
      throw new SignInFailed("The panel did not take what the broker signs in with.");
    }
  }

  /** @throws SignInFailed where the page has not all of them */
  private async tokens(path: string, names: readonly string[]) {
    const { responseTimeoutMs } = this.parts.endpoint.limits;
    const answer = await answerOf(this.dial("GET", path, {}), NO_BYTES, responseTimeoutMs);
    const slow = () => answer.destroy(new Error("the sign-in page does not end"));
    const late = setTimeout(slow, responseTimeoutMs);
    this.jar.take(answer.headers["set-cookie"] ?? []);
    let page = "";
    for await (const part of answer.setEncoding("latin1")) {
      page += part;
      if (page.length > SIGN_IN_PAGE_MAX) slow();
    }
    clearTimeout(late);
    const found = hiddenFields(page, names);
    const missing = names.find((name) => !found.has(name));
    if (missing === undefined) return [...found];
    throw new SignInFailed(`The panel's sign-in page has no field "${missing}".`);
  }
}

const NO_BYTES = new Uint8Array(0);

function answerOf(
  sent: ClientRequest,
  body: Uint8Array,
  timeoutMs: number,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error("the panel does not answer")));
    sent.once("response", resolve);
    sent.once("error", reject);
    sent.end(body);
  });
}
