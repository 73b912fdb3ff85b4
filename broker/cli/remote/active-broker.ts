/**
 * Of a site with a standby: which of its brokers is active. All are asked at once, each proved by its
 * own certificate for its own name as for any other request, and none is told who asks.
 */
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { z } from "zod";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { harmless } from "./output.ts";

/** One that is active answers at once; one whose machine is gone never does. */
const LOOK_WITHIN_MS = 5_000;
/** It is a line. */
const ANSWER_MAX = 4_096;

const READY = z.object({ state: z.literal("ready") });
const PROBLEM = z.object({ code: z.string(), message: z.string().max(1_000) });

type Found = { readonly kind: "active" } | { readonly kind: "not"; readonly why: string };

/**
 * @param trust what their certificates may come from, besides the system's
 * @returns the origin of the one that lets people in
 * @throws CommandFailed unreachable, with what each of them said
 */
export async function activeOf(
  origins: readonly string[],
  trust: { readonly ca?: string[] },
): Promise<string> {
  const stop = new AbortController();
  const whys: string[] = [];
  try {
    return await Promise.any(
      origins.map(async (origin, n) => {
        const found = await look(origin, trust, stop.signal);
        if (found.kind === "active") return origin;
        whys[n] = `${origin}: ${found.why}`;
        throw new Error(found.why);
      }),
    );
  } catch {
    const text = `no broker of this site is active now (${whys.join("; ")})`;
    throw new CommandFailed(EXIT.unreachable, text, "unreachable");
  } finally {
    stop.abort();
  }
}

function look(
  origin: string,
  trust: { readonly ca?: string[] },
  stop: AbortSignal,
): Promise<Found> {
  const url = new URL("/readyz", origin);
  const { request } = url.protocol === "https:" ? https : http;
  const within = AbortSignal.timeout(LOOK_WITHIN_MS);
  const signal = AbortSignal.any([stop, within]);
  return new Promise((resolve) => {
    const failed = (error: Error) => {
      const code = (error as NodeJS.ErrnoException).code ?? error.message;
      resolve({ kind: "not", why: within.aborted ? "it does not answer" : whyNot(code) });
    };
    const asked: ClientRequest = request(url, { ...trust, agent: false, signal }, (answer) => {
      textOf(answer).then((text) => resolve(said(answer.statusCode ?? 0, text)), failed);
    });
    asked.on("error", failed);
    asked.end();
  });
}

function whyNot(code: string): string {
  const isTrust = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code);
  return isTrust ? `it does not prove that it is this one (${code})` : `not reachable (${code})`;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of answer as AsyncIterable<Buffer>) {
    text += part.toString();
    if (text.length > ANSWER_MAX) throw new Error("its answer is not understood");
  }
  return text;
}

function said(status: number, text: string): Found {
  const answer = jsonOf(text);
  if (status === 200 && READY.safeParse(answer).success) return { kind: "active" };
  const problem = PROBLEM.safeParse(answer).data;
  return { kind: "not", why: problem ? harmless(problem.message) : `it answers ${status}` };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
