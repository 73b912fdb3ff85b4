/**
 * Asks a broker as the person who is signed in on this machine. Each request proves the key. What
 * is asked and answered is as the broker's own document says it (`api/routes.ts`).
 */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { z } from "zod";
import { problemSchema } from "../../api/shapes/people.ts";
import { activeOf } from "./active-broker.ts";
import { ROUTES } from "./api/routes.ts";
import { CommandFailed, EXIT, type ExitCode } from "./exit-codes.ts";
import type { Account } from "./home.ts";
import type { MachineKeyPair } from "./machine-key.ts";

export type RouteName = keyof typeof ROUTES;
type Parts<R extends RouteName> = (typeof ROUTES)[R];

/** Those that answer a file. */
export type DownloadName = {
  [R in RouteName]: Parts<R> extends { readonly download: true } ? R : never;
}[RouteName];

/** What this route answers; undefined where it only does something. */
export type Answer<R extends RouteName> =
  Parts<R> extends { readonly answer: z.ZodType } ? z.output<Parts<R>["answer"]> : undefined;

/** What this route is given. */
export type Asked<R extends RouteName> = {
  readonly [P in Exclude<keyof Parts<R>, "answer" | "download">]: Parts<R>[P] extends z.ZodType
    ? z.input<Parts<R>[P]>
    : never;
};

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export interface BrokerAddress {
  readonly origin: string;
  /** Of a site with a standby: where its other brokers are. Each is proved as the first one is. */
  readonly others?: readonly string[] | undefined;
  /** File of certificates. */
  readonly ca?: string | undefined;
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The broker's clock, to the second. */
  readonly dateMs: number;
}

/** A broker that says nothing for so long is taken for gone. */
const ANSWER_WITHIN_MS = 30_000;
/** Before it gives the rest of a file, it makes its beginning again: a gigabyte takes a minute. */
const REST_WITHIN_MS = 600_000;
/** Lists are some hundred kilobytes; more is not our broker. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20;

export class BrokerClient {
  private at: BrokerAddress;
  /** Which one is active was looked for, and nothing has gone wrong since. */
  private isFound = false;
  private readonly key: MachineKeyPair;
  private token: string | undefined;
  /** Of a service: gets another token by what proves it. Undefined where it cannot. */
  renew: (() => Promise<string | undefined>) | undefined;
  /** Where other commands of this machine leave a newer one. */
  shared: (() => string | undefined) | undefined;
  /** How far the broker's clock is ahead of this machine's. */
  private aheadMs = 0;

  constructor(address: BrokerAddress, key: MachineKeyPair, token?: string) {
    this.at = address;
    this.key = key;
    this.token = token;
  }

  static of(account: Account, key: MachineKeyPair): BrokerClient {
    const { broker: origin, ca, others } = account;
    return new BrokerClient({ origin, ca, others }, key, account.token);
  }

  /** Of a site with a standby: the one that was active when it was last looked. */
  get address(): BrokerAddress {
    return this.at;
  }

  /**
   * Of a site with a standby: goes to the one that is active now.
   * @throws CommandFailed unreachable where none is
   */
  async find(): Promise<void> {
    const { origin: before, others = [], ca } = this.at;
    if (others.length === 0) return;
    this.isFound = false;
    const all = [before, ...others];
    const origin = await activeOf(all, this.trust);
    this.at = { origin, ca, others: all.filter((each) => each !== origin) };
    this.isFound = true;
  }

  /** @throws CommandFailed in the broker's own words */
  async ask<R extends RouteName>(
    route: R,
    ...[asked]: Record<never, never> extends Asked<R> ? [] : [asked: Asked<R>]
  ): Promise<Answer<R>> {
    const request = requestOf(route, asked);
    let { status, text } = await this.answered(request);
    if (status === 401 && problemOf(text)?.code === "signed-out" && (await this.renewed())) {
      ({ status, text } = await this.answered(request));
    }
    if (status >= 400) throw failure(status, text, this.address.origin);
    const { answer }: { readonly answer?: z.ZodType } = ROUTES[route] as object;
    if (!answer) return undefined as Answer<R>;
    const parsed = answer.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data as Answer<R>;
    const message = `${this.address.origin} answered what is not understood: ${whyNot(parsed.error)}`;
    throw new CommandFailed(EXIT.failed, message, "not-understood");
  }

  /**
   * A file of any length, as it comes; where it breaks off it fails, instead of ending.
   * @throws CommandFailed in the broker's own words
   */
  async download<R extends DownloadName>(route: R, asked: Asked<R>): Promise<IncomingMessage> {
    // Sets the clock right by the broker's, and renews what has ended.
    await this.ask("GET /api/me");
    const incoming = await this.open(requestOf(route, asked), randomUUID(), REST_WITHIN_MS);
    const { statusCode: status = 0 } = incoming;
    if (status === 200) return incoming;
    throw failure(status, await this.textOf(incoming), this.address.origin);
  }

  /** Another token before the one in use ends. @throws CommandFailed as what proves it is refused */
  async renewed(): Promise<boolean> {
    const token = await this.renew?.();
    if (token !== undefined) this.token = token;
    return token !== undefined;
  }

  /** For a request that is made elsewhere, as of a WebSocket. */
  async headers(method: string, path: string): Promise<Record<string, string>> {
    const { origin } = this.address;
    const [plain = ""] = path.split("?");
    const nowMs = Date.now() + this.aheadMs;
    const token = this.shared?.() ?? this.token;
    const proof = await this.key.prove({
      ...{ method, url: `${origin}${plain}`, nowMs },
      ...(token !== undefined && { token }),
    });
    return { origin, dpop: proof, ...(token !== undefined && { authorization: `DPoP ${token}` }) };
  }

  /** A statement about this machine, for this broker, signed by its key. */
  stated(type: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
    return this.key.state(type, { ...claims, aud: this.address.origin }, this.nowMs);
  }

  /** As the broker's clock has it, as far as it is known. */
  get nowMs(): number {
    return Date.now() + this.aheadMs;
  }

  /** What a connection over TLS trusts. */
  get trust(): { readonly ca?: string[] } {
    return this.address.ca === undefined ? {} : { ca: [readFileSync(this.address.ca, "utf8")] };
  }

  /**
   * Once more where the clocks of the two machines disagree: then by the broker's. And once more
   * where the answer was lost on its way: what makes something is then made once all the same.
   */
  private async answered(request: Request): Promise<HttpAnswer> {
    const key = randomUUID();
    const answer = await this.delivered(request, key);
    if (answer.status < 400 || problemOf(answer.text)?.code !== "proof-stale") return answer;
    this.aheadMs = answer.dateMs - Date.now();
    return this.send(request, key);
  }

  private async delivered(request: Request, key: string): Promise<HttpAnswer> {
    const isPair = (this.at.others ?? []).length > 0;
    if (!this.isFound) await this.find();
    const { origin } = this.at;
    const first = await this.send(request, key).catch((error: unknown) => {
      if (error instanceof CommandFailed) return error;
      throw error;
    });
    if (!(first instanceof CommandFailed)) {
      if (!isPair || !isStandby(first)) return first;
    } else if (!isPair && first.code !== "lost") throw first;
    await this.find();
    if (first instanceof CommandFailed && request.method !== "GET" && wasHeard(first)) {
      // Another one does not know the key under which it was asked for.
      if (this.at.origin !== origin) throw takenOver(this.at.origin);
      if (first.code !== "lost") throw first;
    }
    return this.send(request, key);
  }

  private async send(request: Request, key: string): Promise<HttpAnswer> {
    const incoming = await this.open(request, key);
    const { statusCode: status = 0, headers } = incoming;
    const text = await this.textOf(incoming);
    return { status, text, dateMs: Date.parse(headers.date ?? "") || Date.now() };
  }

  /** Resolves with the beginning of its answer. */
  private async open(
    { method, path, body }: Request,
    key: string,
    withinMs = ANSWER_WITHIN_MS,
  ): Promise<IncomingMessage> {
    const url = new URL(path, this.address.origin);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(await this.headers(method, path)),
      ...(payload !== undefined && {
        ...{ "content-type": "application/json", "idempotency-key": key },
      }),
    };
    const { request } = url.protocol === "https:" ? https : http;
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, ...this.trust }, (incoming) => {
        incoming.setTimeout(ANSWER_WITHIN_MS);
        resolve(incoming);
      });
      outgoing.setTimeout(withinMs, () => outgoing.destroy(new Error("it does not answer")));
      outgoing.on("error", (error) => reject(unreachable(url.origin, error)));
      outgoing.end(payload);
    });
  }

  private async textOf(incoming: IncomingMessage): Promise<string> {
    const { origin } = this.address;
    const parts: Buffer[] = [];
    let length = 0;
    try {
      for await (const part of incoming as AsyncIterable<Buffer>) {
        length += part.length;
        if (length > ANSWER_BYTES_MAX) throw new Error("its answer is too long");
        parts.push(part);
      }
    } catch (error) {
      throw unreachable(origin, error instanceof Error ? error : new Error(String(error)));
    }
    return Buffer.concat(parts).toString();
  }
}

/** The connection was there, and went: the request may have been heard. */
const LOST: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);
/** There was no connection. */
const NOT_HEARD: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"],
]);

function wasHeard({ cause }: CommandFailed): boolean {
  return !NOT_HEARD.has((cause as NodeJS.ErrnoException | undefined)?.code ?? "");
}

/** It waits, and did nothing of what it was asked. */
function isStandby({ status, text }: HttpAnswer): boolean {
  return status === 503 && problemOf(text)?.code === "standby";
}

function takenOver(origin: string): CommandFailed {
  const text = `another broker has taken over (${origin}) while this was asked for. It may have been done: look before you ask again`;
  return new CommandFailed(EXIT.unreachable, text, "taken-over");
}

export function unreachable(origin: string, error: Error): CommandFailed {
  const why = (error as NodeJS.ErrnoException).code ?? error.message;
  const failed = new CommandFailed(
    EXIT.unreachable,
    `${origin} cannot be reached (${why})${whatToTry(origin, why)}`,
    LOST.has(why) ? "lost" : "unreachable",
  );
  failed.cause = error;
  return failed;
}

function whatToTry(origin: string, why: string): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(why)) {
    return "; name the site's certificate with --ca FILE";
  }
  // A broker as `npm start` makes it has no certificate: a host without "http://" is taken for https.
  if (why === "EPROTO") {
    return `; it does not speak TLS as this one does: is it ${origin.replace(/^https:/, "http:")} ?`;
  }
  if (why === "ECONNREFUSED") return "; nothing answers there: does the broker run, at this port?";
  if (why === "ENOTFOUND") return "; no computer is known by this name";
  return "";
}

/** The address with its parameters in their places. */
function requestOf(route: RouteName, asked: Partial<Record<string, unknown>> = {}): Request {
  const [method = "", pattern = ""] = route.split(" ");
  const {
    params = {},
    query = {},
    body,
  } = asked as {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number | undefined>>;
    readonly body?: unknown;
  };
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return { method, path: search.size === 0 ? path : `${path}?${search}`, body };
}

function problemOf(text: string) {
  return problemSchema.safeParse(jsonOf(text)).data;
}

/** Undefined for what is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A newer command wants what an older broker does not say yet; the other way round all is read. */
function whyNot({ issues }: z.ZodError): string {
  const [first] = issues;
  const place = first?.path.join(".") ?? "";
  if (place === "") return "this is not a broker's answer";
  if (first?.code !== "invalid_type") return `${place} is new to this command, update it`;
  return `${place} is not as this command knows it, the broker is of another version`;
}

function failure(status: number, text: string, origin: string): CommandFailed {
  const problem = problemOf(text);
  const code = problem?.code ?? `http-${status}`;
  const message = problem?.message ?? `the broker answered ${status}`;
  return new CommandFailed(
    exitOf(status, code),
    code === "signed-out" ? over(origin) : message,
    code,
  );
}

/** The broker's own words send people to a passkey, which is not where a command is. */
function over(origin: string): string {
  return `nobody is signed in any more at ${origin}: sallyport login ${origin}`;
}

/** As `broker/standby/forwarder.ts` has it. */
const ACTIVE_LOST = "active-lost";

function exitOf(status: number, code: string): ExitCode {
  if (code === "signed-out") return EXIT.signedOut;
  // Said by a broker that waits: whether it was done nobody knows.
  if (code === ACTIVE_LOST) return EXIT.unreachable;
  return status < 500 ? EXIT.refused : EXIT.failed;
}
