/** A person with a browser and an authenticator, as the broker meets them: HTTP and a socket. */
import {
  type IncomingMessage,
  type RequestOptions as RequestOptionsOfNode,
  request,
} from "node:http";
import { request as secureRequest } from "node:https";
import { io, type Socket } from "socket.io-client";
import { DEVICE_HEADER, FROM_DEVICE } from "../../broker/api/from-device.ts";
import type { FromBroker, FromBrowser } from "../../broker/api/shapes/live.ts";
import type { MeView, Problem } from "../../broker/api/shapes/people.ts";
import {
  type CreationOptions,
  type RequestOptions,
  SoftwareAuthenticator,
} from "./authenticator.ts";

import { DeviceKey } from "./device-key.ts";

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
  /** Of this browser; it leaves it no more than WebCrypto's would. */
  readonly device = new DeviceKey();
  me: MeView | undefined;

  private readonly trusted: string | undefined;

  /** @param trusted the authority (PEM) that an https console is certified by */
  constructor(address: string, trusted?: string) {
    this.address = address;
    this.trusted = trusted;
    this.authenticator = new SoftwareAuthenticator({ origin: address });
  }

  /** The same person in the same browser, who is led to another address of the site. */
  at(address: string): ConsoleUser {
    return Object.assign(Object.create(ConsoleUser.prototype), this, { address });
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /**
   * As the console asks: what only one's own device may ask is signed by it.
   * @param path sent as it is: nothing is normalised
   */
  async ask<Body = Common>(
    method: string,
    path: string,
    body?: unknown,
    options: AskOptions = {},
  ): Promise<Answer<Body>> {
    const signs = this.me?.deviceId && isSigned(method, path) && options.cookies !== false;
    const proof = signs ? await this.proofFor(method, path, body) : undefined;
    const headers = { ...(proof !== undefined && { [DEVICE_HEADER]: proof }), ...options.headers };
    return this.askPlainly(method, path, body, { ...options, headers });
  }

  /** Undefined where no challenge is to be had. */
  async proofFor(method: string, path: string, body?: unknown): Promise<string | undefined> {
    const given = await this.askPlainly<{ readonly challenge?: string }>(
      ...(["POST", "/api/me/device-nonces", {}] as const),
    );
    const challenge = given.body?.challenge;
    if (given.status !== 200 || challenge === undefined) return undefined;
    const [plainPath = ""] = path.split("?");
    const url = `${this.address}${plainPath}`;
    return this.device.sign({ challenge, method, url, body: payloadOf(body) });
  }

  /** Without the device's signature. */
  askPlainly<Body = Common>(
    method: string,
    path: string,
    body?: unknown,
    options: AskOptions = {},
  ): Promise<Answer<Body>> {
    const { port, host } = new URL(this.address);
    const payload = payloadOf(body);
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
    const { options } = begun.body;
    const response = this.authenticator.register(options);
    return this.proved("/api/enrolment", options, { token, label: "test", response });
  }

  /** @param more `through`: as the person whom a provider sent */
  async signIn(more: { readonly through?: "provider" } = {}): Promise<Answer<MeView & Problem>> {
    const { options, response } = await this.assertion("/api/sign-in/options");
    return this.proved("/api/sign-in", options, { response, ...more });
  }

  async stepUp(): Promise<Answer<MeView & Problem>> {
    const { options, response } = await this.assertion("/api/step-up/options");
    return this.proved("/api/step-up", options, { response });
  }

  private async assertion(path: string) {
    const begun = await this.ask<{ options: RequestOptions }>("POST", path, {});
    const { options } = begun.body;
    return { options, response: this.authenticator.assert(options) };
  }

  /** The device signs the same challenge as the authenticator. */
  private async proved(
    path: string,
    { challenge }: { readonly challenge: string },
    body: unknown,
  ): Promise<Answer<MeView & Problem>> {
    const url = `${this.address}${path}`;
    const proof = await this.device.sign({ challenge, method: "POST", url });
    const headers = { [DEVICE_HEADER]: proof };
    const answer = await this.ask<MeView & Problem>("POST", path, body, { headers });
    if (answer.status === 200) this.me = answer.body;
    return answer;
  }

  /** Not connected yet. The caller disconnects it. */
  socket(headers: Readonly<Record<string, string>> = {}): UserSocket {
    const path = "/api/live";
    return this.plainSocket(headers, (done) => {
      void this.proofFor("GET", path).then((device) =>
        done(device === undefined ? {} : { device }),
      );
    });
  }

  /** @param auth nothing, for a page that shows no signature */
  plainSocket(
    headers: Readonly<Record<string, string>> = {},
    auth: (done: (shown: object) => void) => void = (done) => done({}),
  ): UserSocket {
    return io(this.address, {
      ...(this.trusted && { ca: this.trusted }),
      ...{ path: "/api/live", auth },
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

/** The routes of `FROM_DEVICE`, their parameters filled in. */
const SIGNED = [...FROM_DEVICE].map((name) => {
  const [method = "", path = ""] = name.split(" ");
  return { method, path: new RegExp(`^${path.replaceAll(/:[a-z]+/g, "[^/]+")}$`) };
});

function isSigned(method: string, path: string): boolean {
  const [plain = ""] = path.split("?");
  return SIGNED.some((each) => each.method === method && each.path.test(plain));
}

function payloadOf(body: unknown): string | undefined {
  return typeof body === "string" || body === undefined ? body : JSON.stringify(body);
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
