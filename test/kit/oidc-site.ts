/**
 * An identity provider as a site would run one: `oidc-provider`, a certified implementation of
 * OpenID Connect by others, with a page on which people sign in, and a person's browser there.
 */
import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

export const CLIENT_ID = "sallyport";
export const CLIENT_SECRET = "the-secret-of-the-site-0123456789";
const ALGORITHM = "RS256";
const HOPS_MAX = 10;

export class OidcSite {
  readonly issuer: string;
  private readonly server: Server;
  private readonly jwk: object;
  private provider: Provider;
  /** While it is away it answers nobody. */
  isAway = false;

  private constructor(server: Server) {
    this.server = server;
    this.issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    this.jwk = {
      ...privateKey.export({ format: "jwk" }),
      use: "sig",
      alg: ALGORITHM,
      kid: "rsa-1",
    };
    this.provider = this.of("http://localhost:1");
    server.on("request", (request, response) => void this.answer(request, response));
  }

  static async start(): Promise<OidcSite> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    return new OidcSite(server);
  }

  /** The broker that people go to from here; its address is known once it runs. */
  serve(broker: string): void {
    this.provider = this.of(broker);
  }

  /** The file that the broker reads. @param more lines of the provider, with their indent */
  yaml(more = "", rules = ""): string {
    return `providers:
  - id: works
    name: Works account
    issuer: ${this.issuer}
    client-id: ${CLIENT_ID}
    client-secret: { env: OIDC_SITE_SECRET }
    algorithms: [${ALGORITHM}]
${more}${rules}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private of(broker: string): Provider {
    return new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [`${broker}/sign-in/through/works`],
          response_types: ["code"],
          grant_types: ["authorization_code"],
          backchannel_logout_uri: `${broker}/api/back-channel-logout/works`,
          backchannel_logout_session_required: true,
        },
      ],
      jwks: { keys: [this.jwk] as never },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
      },
      pkce: { required: () => true },
      cookies: { keys: ["a key of the test"] },
      findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
      loadExistingGrant: async ({ oidc }) => {
        const { client, session } = oidc;
        if (!client || !session?.accountId) return undefined;
        const grant = new oidc.provider.Grant({
          clientId: client.clientId,
          accountId: session.accountId,
        });
        grant.addOIDCScope("openid");
        await grant.save();
        return grant;
      },
      // Its own refuses addresses of this machine.
      fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
      ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isAway) {
      response.writeHead(503).end();
      return;
    }
    if (!request.url?.startsWith("/interaction/")) {
      await this.provider.callback()(request, response);
      return;
    }
    if (request.method === "POST") {
      const login = new URLSearchParams(await textOf(request)).get("login") ?? "";
      await this.provider.interactionFinished(request, response, { login: { accountId: login } });
      return;
    }
    response.writeHead(200, { "content-type": "text/html" }).end(FORM);
  }
}

const FORM = `<!doctype html><html lang="en"><title>Works account</title><h1>Works account</h1>
<form method="post"><label>Name <input name="login"></label><button>Sign in</button></form></html>`;

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request) text += String(piece);
  return text;
}

/** A person's browser at the provider: it keeps its cookies, and follows where it is sent. */
export class OidcVisitor {
  private readonly cookies = new Map<string, string>();
  private readonly issuer: string;

  constructor({ issuer }: Pick<OidcSite, "issuer">) {
    this.issuer = issuer;
  }

  /** Signs in there as this account where asked. @returns the address it is sent back to */
  async visit(url: string, login: string): Promise<string> {
    let [at, form]: [string, Record<string, string> | undefined] = [url, undefined];
    for (let hop = 0; hop < HOPS_MAX; hop += 1) {
      const answer = await this.ask(at, form);
      form = undefined;
      const location = answer.headers.get("location");
      if (location === null) {
        if (!at.includes("/interaction/")) throw new Error(`${at} answered ${answer.status}`);
        form = { login };
        continue;
      }
      at = new URL(location, at).href;
      if (!at.startsWith(this.issuer)) return at;
    }
    throw new Error("it sends people in circles");
  }

  /** Signs out there, everywhere. */
  async signOut(): Promise<void> {
    const page = await (await this.ask(`${this.issuer}/session/end`)).text();
    const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page) ?? [];
    await this.ask(`${this.issuer}/session/end/confirm`, { xsrf, logout: "yes" });
  }

  private async ask(url: string, form?: Record<string, string>): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: { cookie },
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }
}
