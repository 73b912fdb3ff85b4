/**
 * The SPIFFE Workload API, as an agent of SPIRE (or another) offers it on this machine: what proves
 * this program, given to whoever the agent takes it for, and given anew before it ends.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { CommandFailed, EXIT } from "../exit-codes.ts";
import { type Field, fieldOf, fieldsOf } from "./fields.ts";
import { type Asked, callGrpc, type GrpcEnd, type LocalAddress, STATUS } from "./grpc-call.ts";

export interface X509Svid {
  readonly spiffeId: string;
  /** PEM: its certificate, then those that made it. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** Without it, other programs could be made to ask for us (Workload Endpoint, section 6.1). */
const HEADERS = { "workload.spiffe.io": "true" };
const SERVICE = "/SpiffeWorkloadAPI";
/** With all of its message: an agent has the answer at hand, or asks its server once. */
const ANSWER_WITHIN_MS = 20_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** Of one program. */
const SVIDS_MAX = 100;
const CHAIN_MAX = 16;

/** @param text as `SPIFFE_ENDPOINT_SOCKET` has it @throws CommandFailed usage */
export function endpointOf(text: string): LocalAddress {
  const [, file] = /^unix:(?:\/\/)?(\/(?!\/).+)$/.exec(text) ?? [];
  if (file !== undefined) return { path: file };
  const [, pipe] = /^npipe:(.+)$/.exec(text) ?? [];
  if (pipe !== undefined) return { path: `\\\\.\\pipe\\${pipe.replace(/^\\+(\.\\pipe\\)?/, "")}` };
  const [, host = "", port] = /^tcp:\/\/\[?([^\]/]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  const isLoopback = host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
  // Anywhere else the key would go over a network, for everybody to read.
  if (isLoopback && Number(port) <= 65_535) return { host, port: Number(port) };
  const forms = "unix:///PATH, npipe:NAME, or tcp:// with an address of loopback";
  throw new CommandFailed(EXIT.usage, `"${text}" is no endpoint of a Workload API: ${forms}`);
}

/** @param id which of several; the first otherwise @throws CommandFailed */
export async function fetchX509(endpoint: string, id?: string): Promise<X509Svid> {
  const asked = { path: `${SERVICE}/FetchX509SVID`, message: new Uint8Array(0) };
  return chosen(await firstAnswer(endpoint, asked, x509In), id, ({ spiffeId }) => spiffeId);
}

/** @returns the token @throws CommandFailed */
export async function fetchJwt(endpoint: string, audience: string, id?: string): Promise<string> {
  const ofOne = id === undefined ? [] : [fieldOf(2, id)];
  const message = Buffer.concat([fieldOf(1, audience), ...ofOne]);
  const asked = { path: `${SERVICE}/FetchJWTSVID`, message };
  return chosen(await firstAnswer(endpoint, asked, jwtIn), id, ({ spiffeId }) => spiffeId).token;
}

export interface Watcher {
  /** Another certificate, or the first one since the agent is back. */
  changed(): void;
  /** In one line, and once while it stays so. It is tried again. */
  lost(why: string): void;
}

/** Hears of each new certificate as it is made, until it is stopped. */
export function watchX509(endpoint: string, watcher: Watcher): () => void {
  const stopped = new AbortController();
  void keepWatching(endpoint, watcher, stopped.signal);
  return () => stopped.abort();
}

async function keepWatching(endpoint: string, watcher: Watcher, stopped: AbortSignal) {
  let waitMs = RETRY_FIRST_MS;
  let told = "";
  while (!stopped.aborted) {
    const asked = { path: `${SERVICE}/FetchX509SVID`, message: new Uint8Array(0) };
    const call = callGrpc(endpointOf(endpoint), { ...asked, headers: HEADERS }, (message) => {
      if (x509In(message).length === 0) return;
      waitMs = RETRY_FIRST_MS;
      told = "";
      watcher.changed();
    });
    stopped.addEventListener("abort", call.cancel, { once: true });
    const why = await call.ended.then(
      (end) => failureOf(endpoint, end).message,
      (error: Error) => unreached(endpoint, error).message,
    );
    stopped.removeEventListener("abort", call.cancel);
    if (stopped.aborted) return;
    if (why !== told) watcher.lost(why);
    told = why;
    await pause(waitMs, undefined, { signal: stopped, ref: false }).catch(() => {});
    waitMs = Math.min(RETRY_MAX_MS, waitMs * 2);
  }
}

/** The first message is all that is wanted; the call is over with it. */
async function firstAnswer<T>(
  endpoint: string,
  asked: Omit<Asked, "headers">,
  read: (message: Uint8Array) => T,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const call = callGrpc(endpointOf(endpoint), { ...asked, headers: HEADERS }, (message) =>
    resolve(read(message)),
  );
  call.ended.then(
    (end) => reject(failureOf(endpoint, end)),
    (error: Error) => reject(unreached(endpoint, error)),
  );
  const late = setTimeout(
    () => reject(unreached(endpoint, new Error("it does not answer"))),
    ANSWER_WITHIN_MS,
  );
  return promise.finally(() => {
    clearTimeout(late);
    call.cancel();
  });
}

function chosen<T>(all: readonly T[], id: string | undefined, idOf: (each: T) => string): T {
  const [found] = all.filter((each) => id === undefined || idOf(each) === id);
  if (found) return found;
  const names = all.map((each) => `"${idOf(each)}"`).join(", ") || "none";
  throw new CommandFailed(EXIT.refused, `the agent does not give "${id}"; it gives ${names}`);
}

/** @throws where a field that must be there is not: then none of it counts */
function x509In(message: Uint8Array): readonly X509Svid[] {
  return listIn(message).map((fields) => {
    const spiffeId = textIn(fields, 1);
    const certificates = chainIn(bytesIn(fields, 2));
    const key = createPrivateKey({
      ...{ key: Buffer.from(bytesIn(fields, 3)), format: "der", type: "pkcs8" },
    });
    if (!certificates[0]?.checkPrivateKey(key)) {
      throw new Error(`its key is not that of its certificate for ${spiffeId}`);
    }
    const certificate = certificates.map((each) => each.toString()).join("");
    return { spiffeId, certificate, key: key.export({ type: "pkcs8", format: "pem" }).toString() };
  });
}

function jwtIn(message: Uint8Array) {
  return listIn(message).map((fields) => ({
    spiffeId: textIn(fields, 1),
    token: textIn(fields, 2),
  }));
}

/** Both answers are lists in their first field. */
function listIn(message: Uint8Array): readonly (readonly Field[])[] {
  const all = fieldsOf(message).filter(({ number }) => number === 1);
  if (all.length > SVIDS_MAX) throw new Error("it gives more identities than one program has");
  return all.map(({ bytes }) => fieldsOf(bytes));
}

/** The last one counts, as the encoding has it. */
function bytesIn(fields: readonly Field[], wanted: number): Uint8Array {
  const found = fields.findLast(({ number }) => number === wanted)?.bytes;
  if (found && found.length > 0) return found;
  throw new Error(`field ${wanted} of its answer is missing`);
}

function textIn(fields: readonly Field[], wanted: number): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytesIn(fields, wanted));
}

/** Certificates in DER, one after the other: each says how long it is. */
function chainIn(der: Uint8Array): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let rest = Buffer.from(der);
  while (rest.length > 0) {
    if (chain.length === CHAIN_MAX) throw new Error("its chain is too long");
    const certificate = new X509Certificate(rest);
    chain.push(certificate);
    rest = rest.subarray(certificate.raw.length);
  }
  return chain;
}

function failureOf(endpoint: string, { status, message }: GrpcEnd): CommandFailed {
  const words = message === "" ? `status ${status}` : message;
  if (status === STATUS.permissionDenied) {
    const text = `the agent at ${endpoint} gives this program no identity: ${words}`;
    return new CommandFailed(EXIT.refused, text, "no-identity");
  }
  if (status === STATUS.ok) return unreached(endpoint, new Error("it ended without an answer"));
  if (status === STATUS.unimplemented || status === STATUS.invalidArgument) {
    const text = `${endpoint} does not speak the Workload API as we do: ${words}`;
    return new CommandFailed(EXIT.failed, text, "not-understood");
  }
  return unreached(endpoint, new Error(words));
}

function unreached(endpoint: string, error: Error): CommandFailed {
  if (error instanceof CommandFailed) return error;
  const why = (error as NodeJS.ErrnoException).code ?? error.message;
  const text = `the SPIFFE Workload API at ${endpoint} cannot be reached (${why})`;
  return new CommandFailed(EXIT.unreachable, text, "no-workload-api");
}
