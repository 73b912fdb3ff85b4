/** Asks a broker as the person who is signed in on this machine. Each request proves the key. */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { z } from "zod";
import { problemSchema } from "../../api/shapes/people.ts";
import { CommandFailed, EXIT, type ExitCode } from "./exit-codes.ts";
import type { Account } from "./home.ts";
import type { MachineKeyPair } from "./machine-key.ts";

export type Method = "GET" | "POST" | "DELETE";

export interface BrokerAddress {
  readonly origin: string;
  /** File of certificates. */
  readonly ca?: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** The broker's clock, to the second. */
  readonly dateMs: number;
}

/** A broker that says nothing for so long is taken for gone. */
const ANSWER_WITHIN_MS = 30_000;
/** Lists are some hundred kilobytes; more is not our broker. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20;

export class BrokerClient {
  readonly address: BrokerAddress;
  private readonly key: MachineKeyPair;
  private token: string | undefined;
  /** Of a service: gets another token by what proves it. Undefined where it cannot. */
  renew: (() => Promise<string | undefined>) | undefined;
  /** Where other commands of this machine leave a newer one. */
  shared: (() => string | undefined) | undefined;
  /** How far the broker's clock is ahead of this machine's. */
  private aheadMs = 0;

  constructor(address: BrokerAddress, key: MachineKeyPair, token?: string) {
    this.address = address;
    this.key = key;
    this.token = token;
  }

  static of(account: Account, key: MachineKeyPair): BrokerClient {
    return new BrokerClient({ origin: account.broker, ca: account.ca }, key, account.token);
  }

  /** @throws CommandFailed in the broker's own words */
  async ask<S extends z.ZodType>(
    schema: S,
    method: Method,
    path: string,
    body?: unknown,
  ): Promise<z.output<S>> {
    let { status, text } = await this.answered(method, path, body);
    if (status === 401 && problemOf(text)?.code === "signed-out" && (await this.renewed())) {
      ({ status, text } = await this.answered(method, path, body));
    }
    if (status >= 400) throw failure(status, text);
    const parsed = schema.safeParse(text === "" ? undefined : JSON.parse(text));
    if (parsed.success) return parsed.data;
    throw new CommandFailed(EXIT.failed, `${this.address.origin} answered what is not understood`);
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
  private async answered(method: Method, path: string, body: unknown): Promise<Answer> {
    const key = randomUUID();
    const send = () => this.send(method, path, body, key);
    const answer = await send().catch((error: unknown) => {
      if (error instanceof CommandFailed && error.code === "lost") return send();
      throw error;
    });
    if (answer.status < 400 || problemOf(answer.text)?.code !== "proof-stale") return answer;
    this.aheadMs = answer.dateMs - Date.now();
    return send();
  }

  private async send(method: Method, path: string, body: unknown, key: string): Promise<Answer> {
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
        const parts: Buffer[] = [];
        let length = 0;
        incoming.on("data", (part: Buffer) => {
          length += part.length;
          if (length > ANSWER_BYTES_MAX) outgoing.destroy(new Error("its answer is too long"));
          else parts.push(part);
        });
        incoming.on("error", (error) => reject(unreachable(url.origin, error)));
        incoming.on("end", () => {
          const { statusCode: status = 0, headers: answered } = incoming;
          const dateMs = Date.parse(answered.date ?? "") || Date.now();
          resolve({ status, text: Buffer.concat(parts).toString(), dateMs });
        });
      });
      outgoing.setTimeout(ANSWER_WITHIN_MS, () =>
        outgoing.destroy(new Error("it does not answer")),
      );
      outgoing.on("error", (error) => reject(unreachable(url.origin, error)));
      outgoing.end(payload);
    });
  }
}

/** The connection was there, and went: the request may have been heard. */
const LOST: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

export function unreachable(origin: string, error: Error): CommandFailed {
  const why = (error as NodeJS.ErrnoException).code ?? error.message;
  const trust = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(why)
    ? "; name the site's certificate with --ca FILE"
    : "";
  return new CommandFailed(
    EXIT.unreachable,
    `${origin} cannot be reached (${why})${trust}`,
    LOST.has(why) ? "lost" : "unreachable",
  );
}

function problemOf(text: string) {
  try {
    return problemSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function failure(status: number, text: string): CommandFailed {
  const problem = problemOf(text);
  const code = problem?.code ?? `http-${status}`;
  const message = problem?.message ?? `the broker answered ${status}`;
  return new CommandFailed(exitOf(status, code), message, code);
}

function exitOf(status: number, code: string): ExitCode {
  if (code === "signed-out") return EXIT.signedOut;
  return status < 500 ? EXIT.refused : EXIT.failed;
}
