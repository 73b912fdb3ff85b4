/** A person with a browser and an authenticator, as the broker meets them: HTTP and a socket. */
import { request } from "node:http";
import { io, type Socket } from "socket.io-client";
import type { FromBroker, FromBrowser } from "../../broker/api/shapes/live.ts";
import type { MeView } from "../../broker/api/shapes/people.ts";
import { SoftwareAuthenticator } from "./authenticator.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed where it is JSON; tests look into it freely. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test asserts
  readonly body: any;
}

export interface AskOptions {
  /** Instead of the browser's own; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly cookies?: boolean;
}

export type UserSocket = Socket<FromBroker, FromBrowser>;

const ANSWER_WITHIN_MS = 15_000;

export class ConsoleUser {
  readonly address: string;
  readonly authenticator: SoftwareAuthenticator;
  readonly cookies = new Map<string, string>();
  me: MeView | undefined;

  constructor(address: string) {
    this.address = address;
    this.authenticator = new SoftwareAuthenticator({ origin: address });
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** @param path sent as it is: nothing is normalised */
  ask(method: string, path: string, body?: unknown, options: AskOptions = {}): Promise<Answer> {
    const { hostname, port, host } = new URL(this.address);
    const payload = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const headers = {
      host,
      ...(method === "GET" ? {} : { origin: this.address, "sec-fetch-site": "same-origin" }),
      ...(payload === undefined ? {} : bodyHeaders(payload)),
      ...(options.cookies === false || this.cookies.size === 0
        ? {}
        : { cookie: this.cookieHeader }),
      ...options.headers,
    };
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { method, path, hostname, port, headers: sent as Record<string, string>, agent: false },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on("data", (part: Buffer) => parts.push(part));
          incoming.on("end", () => {
            this.keepCookies(incoming.headers["set-cookie"] ?? []);
            const text = Buffer.concat(parts).toString("latin1");
            const { statusCode: status = 0 } = incoming;
            resolve({ status, headers: incoming.headers, text, body: parsed(text) });
          });
        },
      );
      outgoing.setTimeout(ANSWER_WITHIN_MS, () => outgoing.destroy(new Error("no answer")));
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
  }

  /** @param link as the broker printed or an administrator passed it on */
  async enrol(link: string): Promise<Answer> {
    const token = new URL(link).hash.replace("#token=", "");
    const begun = await this.ask("POST", "/api/enrolment/options", { token });
    if (begun.status !== 200) return begun;
    const response = this.authenticator.register(begun.body.options);
    const answer = await this.ask("POST", "/api/enrolment", { token, label: "test", response });
    this.me = answer.body;
    return answer;
  }

  async signIn(): Promise<Answer> {
    const begun = await this.ask("POST", "/api/sign-in/options", {});
    const response = this.authenticator.assert(begun.body.options);
    const answer = await this.ask("POST", "/api/sign-in", { response });
    this.me = answer.body;
    return answer;
  }

  async stepUp(): Promise<Answer> {
    const begun = await this.ask("POST", "/api/step-up/options", {});
    const response = this.authenticator.assert(begun.body.options);
    return this.ask("POST", "/api/step-up", { response });
  }

  /** Not connected yet. The caller disconnects it. */
  socket(headers: Readonly<Record<string, string>> = {}): UserSocket {
    return io(this.address, {
      path: "/api/live",
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      autoConnect: false,
      extraHeaders: { origin: this.address, cookie: this.cookieHeader, ...headers },
    });
  }

  private keepCookies(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

function bodyHeaders(payload: string): Record<string, string> {
  const length = String(Buffer.byteLength(payload));
  return { "content-type": "application/json", "content-length": length };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Resolves once the socket is connected; rejects if it is refused. */
export function connected(socket: UserSocket): Promise<UserSocket> {
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", reject);
    socket.connect();
  });
}
