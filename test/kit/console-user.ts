/** A person with a browser and an authenticator, as the broker meets them: HTTP and a socket. */
import {
  type IncomingMessage,
  type RequestOptions as RequestOptionsOfNode,
  request,
} from "node:http";
import { request as secureRequest } from "node:https";
import { io, type Socket } from "socket.io-client";
import type { FromBroker, FromBrowser } from "../../broker/api/shapes/live.ts";
import type { MeView, Problem } from "../../broker/api/shapes/people.ts";
import {
  type CreationOptions,
  type RequestOptions,
  SoftwareAuthenticator,
} from "./authenticator.ts";

/** What most answers are asked for: an error's code, or the id of what was made. */
interface Common extends Problem {
  readonly id: string;
}

export interface Answer<Body = Common> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** As the test expects it, where the answer is JSON. */
  readonly body: Body;
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

  private readonly trusted: string | undefined;

  /** @param trusted the authority (PEM) that an https console is certified by */
  constructor(address: string, trusted?: string) {
    this.address = address;
    this.trusted = trusted;
    this.authenticator = new SoftwareAuthenticator({ origin: address });
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** @param path sent as it is: nothing is normalised */
  ask<Body = Common>(
    method: string,
    path: string,
    body?: unknown,
    options: AskOptions = {},
  ): Promise<Answer<Body>> {
    const { port, host } = new URL(this.address);
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
      const outgoing = this.send(
        { method, path, port, headers: sent as Record<string, string>, agent: false },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on("data", (part: Buffer) => parts.push(part));
          incoming.on("end", () => {
            this.keepCookies(incoming.headers["set-cookie"] ?? []);
            const text = Buffer.concat(parts).toString("latin1");
            const { statusCode: status = 0 } = incoming;
            resolve({ status, headers: incoming.headers, text, body: parsed(text) as Body });
          });
        },
      );
      outgoing.setTimeout(ANSWER_WITHIN_MS, () => outgoing.destroy(new Error("no answer")));
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
  }

  /** Always to this machine, whatever its name. */
  private send(options: RequestOptionsOfNode, heard: (incoming: IncomingMessage) => void) {
    const { hostname, protocol } = new URL(this.address);
    if (protocol === "http:") return request({ ...options, hostname }, heard);
    const trust = { servername: hostname, ...(this.trusted && { ca: this.trusted }) };
    return secureRequest({ ...options, ...trust, hostname: "127.0.0.1" }, heard);
  }

  /** @param link as the broker printed or an administrator passed it on */
  async enrol(link: string): Promise<Answer<MeView & Problem>> {
    const token = new URL(link).hash.replace("#token=", "");
    const begun = await this.ask<MeView & Problem & { options: CreationOptions }>(
      "POST",
      "/api/enrolment/options",
      { token },
    );
    if (begun.status !== 200) return begun;
    const response = this.authenticator.register(begun.body.options);
    return this.proved("/api/enrolment", { token, label: "test", response });
  }

  async signIn(): Promise<Answer<MeView & Problem>> {
    return this.proved("/api/sign-in", { response: await this.assertion("/api/sign-in/options") });
  }

  async stepUp(): Promise<Answer<MeView & Problem>> {
    return this.proved("/api/step-up", { response: await this.assertion("/api/step-up/options") });
  }

  private async assertion(path: string): Promise<unknown> {
    const begun = await this.ask<{ options: RequestOptions }>("POST", path, {});
    return this.authenticator.assert(begun.body.options);
  }

  private async proved(path: string, body: unknown): Promise<Answer<MeView & Problem>> {
    const answer = await this.ask<MeView & Problem>("POST", path, body);
    if (answer.status === 200) this.me = answer.body;
    return answer;
  }

  /** Not connected yet. The caller disconnects it. */
  socket(headers: Readonly<Record<string, string>> = {}): UserSocket {
    return io(this.address, {
      ...(this.trusted && { ca: this.trusted }),
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
