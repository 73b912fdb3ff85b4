/**
 * `sallyport login --svid | --jwt | --spiffe`: a service proves itself, without a person. What it is
 * given counts for minutes, with the key of this machine alone; what proves it stays in its own
 * files or with its agent, and is read anew each time, so that whatever replaces it counts by itself.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { problemSchema } from "../../api/shapes/people.ts";
import { WORKLOAD_TOKEN_PATH } from "../../api/shapes/workloads.ts";
import { ROUTES } from "./api/routes.ts";
import { type Answer, type BrokerAddress, BrokerClient, unreachable } from "./broker-client.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import type { Account, Home, WorkloadSource } from "./home.ts";
import { othersText, placeOf } from "./login.ts";
import type { MachineKeyPair } from "./machine-key.ts";
import { type Flags, jsonLine, type Output } from "./output.ts";
import { endpointOf, fetchJwt, fetchX509, type Watcher, watchX509 } from "./spiffe/workload-api.ts";

export interface WorkloadFlags {
  readonly svid?: string | undefined;
  readonly key?: string | undefined;
  readonly jwt?: string | undefined;
  readonly spiffe?: boolean | undefined;
  readonly spiffeId?: string | undefined;
  readonly spiffeProof?: string | undefined;
}

type Token = Answer<"POST /api/workloads/token">;

/** A broker that says nothing for so long is taken for gone. */
const ANSWER_WITHIN_MS = 30_000;
const ANSWER_BYTES_MAX = 65_536;
const TOOL = "sallyport";
/** Of the life of a token: then there is time to try again. */
const RENEW_AFTER = 0.5;
const RENEW_MIN_MS = 5_000;
const RETRY_MS = 15_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined where a person signs in. @throws CommandFailed usage */
export function workloadSourceOf(
  flags: WorkloadFlags,
  environment: Environment = process.env,
): WorkloadSource | undefined {
  const { svid, key, jwt, spiffe, spiffeId, spiffeProof } = flags;
  const files = svid !== undefined || key !== undefined || jwt !== undefined;
  if (spiffe && !files) return agentOf(flags, environment.SPIFFE_ENDPOINT_SOCKET);
  const isAgents = spiffe || spiffeId !== undefined || spiffeProof !== undefined;
  if (!files && !isAgents) return undefined;
  if (!isAgents && jwt !== undefined && svid === undefined && key === undefined) {
    return { jwt: path.resolve(jwt) };
  }
  if (!isAgents && jwt === undefined && svid !== undefined && key !== undefined) {
    return { svid: path.resolve(svid), key: path.resolve(key) };
  }
  const forms = "--svid FILE with --key FILE, or --jwt FILE, or --spiffe";
  throw new CommandFailed(EXIT.usage, `give ${forms}`, "usage");
}

function agentOf(
  { spiffeId: id, spiffeProof: proof }: WorkloadFlags,
  spiffe: string | undefined,
): WorkloadSource {
  if (!spiffe) {
    const text = "SPIFFE_ENDPOINT_SOCKET says where the agent is: unix:///run/spire/agent.sock";
    throw new CommandFailed(EXIT.usage, text, "usage");
  }
  endpointOf(spiffe);
  if (proof !== undefined && proof !== "x509" && proof !== "jwt") {
    throw new CommandFailed(EXIT.usage, "--spiffe-proof is x509 or jwt", "usage");
  }
  return { spiffe, ...(id !== undefined && { id }), ...(proof !== undefined && { proof }) };
}

export async function loginWorkload(
  home: Home,
  address: BrokerAddress,
  source: WorkloadSource,
  flags: Flags,
  out: Output,
): Promise<Account> {
  const client = new BrokerClient(address, home.key());
  const token = await prove(client, home.key(), source);
  const { access_token, person } = token;
  const place = placeOf(address);
  const known = { ...place, token: access_token, person, workload: source };
  const account: Account = { ...known, ...spentBy(token, source) };
  home.keep(account);
  const { broker } = account;
  const expiresIn = token.expires_in;
  if (flags.json) out.write(jsonLine({ kind: "signed-in", broker, person, expiresIn }));
  else {
    const who = `${person.name} (${person.email})`;
    out.write(`Signed in at ${broker} as ${who}.\n${othersText(place)}`);
  }
  return account;
}

/** What the client asks when its token has ended. */
export function renewalOf(home: Home, account: Account, client: BrokerClient) {
  return async (): Promise<string | undefined> => {
    const { workload, spent } = home.account(account.broker);
    if (!workload || (spent !== undefined && spent === digestOf(workload))) return undefined;
    const stranger = new BrokerClient(client.address, home.key());
    const token = await prove(stranger, home.key(), workload);
    const { spent: _, ...kept } = account;
    home.keep({ ...kept, token: token.access_token, ...spentBy(token, workload) });
    return token.access_token;
  };
}

function spentBy({ once }: Token, source: WorkloadSource): { readonly spent?: string } {
  const spent = once ? digestOf(source) : "";
  return spent === "" ? {} : { spent };
}

/** Of what would be shown. Empty where each is new: an agent gives another one. */
function digestOf(source: WorkloadSource): string {
  if ("spiffe" in source) return "";
  const shown = "jwt" in source ? read(source.jwt).trim() : read(source.svid);
  return createHash("sha256").update(shown).digest("hex");
}

/**
 * Proves the service again and again while it works, and at once where its agent makes another
 * certificate. Returns a function that stops it.
 */
export async function keepRenewing(
  client: BrokerClient,
  { workload }: Account,
  say: (line: string) => void,
): Promise<() => void> {
  if (!workload) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const later = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void renew(), Math.max(RENEW_MIN_MS, ms));
    timer.unref();
  };
  const renew = async () => {
    try {
      const renewed = await client.renewed();
      later(renewed ? lifeOf(client) * RENEW_AFTER : RETRY_MS);
    } catch (error) {
      say(`sallyport: not proved again: ${error instanceof Error ? error.message : error}\n`);
      later(RETRY_MS);
    }
  };
  // At once: what is left of a token that was kept may be seconds.
  await renew();
  const unwatch = watched(workload, {
    changed: () => void renew(),
    lost: (why) => say(`sallyport: ${why}\n`),
  });
  return () => {
    unwatch();
    clearTimeout(timer);
  };
}

function watched(workload: WorkloadSource, watcher: Watcher): () => void {
  if (!("spiffe" in workload) || workload.proof === "jwt") return () => {};
  return watchX509(workload.spiffe, watcher);
}

/** As the broker said when it gave the token; a minute, the shortest there is, where it did not. */
const lives = new WeakMap<BrokerAddress, number>();

function lifeOf({ address }: BrokerClient): number {
  return lives.get(address) ?? 60_000;
}

async function prove(
  client: BrokerClient,
  key: MachineKeyPair,
  source: WorkloadSource,
): Promise<Token> {
  const token = await provedBy(client, key, source);
  lives.set(client.address, token.expires_in * 1_000);
  return token;
}

async function provedBy(
  client: BrokerClient,
  key: MachineKeyPair,
  source: WorkloadSource,
): Promise<Token> {
  if ("jwt" in source) return proveByToken(client, read(source.jwt).trim());
  const { svidPort, audience } = await client.ask("POST /api/workloads/options", { body: {} });
  if (!("spiffe" in source)) {
    const identity = { cert: read(source.svid), key: read(source.key) };
    return proveByCertificate(client, key, svidPort, identity);
  }
  const { spiffe, id, proof = svidPort === null ? "jwt" : "x509" } = source;
  if (proof === "jwt") return proveByToken(client, await fetchJwt(spiffe, audience, id));
  const svid = await fetchX509(spiffe, id);
  return proveByCertificate(client, key, svidPort, { cert: svid.certificate, key: svid.key });
}

function proveByToken(client: BrokerClient, token: string): Promise<Token> {
  return client.ask("POST /api/workloads/token", { body: { tool: TOOL, token } });
}

async function proveByCertificate(
  client: BrokerClient,
  key: MachineKeyPair,
  svidPort: number | null,
  identity: { readonly cert: string; readonly key: string },
): Promise<Token> {
  if (svidPort === null) {
    throw new CommandFailed(EXIT.refused, "this broker takes no certificates", "not-proved");
  }
  const { hostname } = new URL(client.address.origin);
  const url = new URL(WORKLOAD_TOKEN_PATH, `https://${hostname}:${svidPort}`);
  const proof = await key.prove({ method: "POST", url: url.href, nowMs: client.nowMs });
  const { status, text } = await posted(url, { ...identity, ...client.trust }, proof);
  const answer = ROUTES["POST /api/workloads/token"].answer.safeParse(jsonOf(text));
  if (status === 200 && answer.success) return answer.data;
  const problem = problemSchema.safeParse(jsonOf(text)).data;
  const message = problem?.message ?? `the broker answered ${status}`;
  throw new CommandFailed(EXIT.refused, message, problem?.code ?? `http-${status}`);
}

function posted(
  url: URL,
  security: { readonly cert: string; readonly key: string; readonly ca?: string[] },
  dpop: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const payload = JSON.stringify({ tool: TOOL });
  const headers = { dpop, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(unreachable(url.origin, error));
    const options = { method: "POST", agent: false, headers, ...security };
    const outgoing = https.request(url, options, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (part: string) => {
        text += part;
        if (text.length > ANSWER_BYTES_MAX) outgoing.destroy(new Error("its answer is too long"));
      });
      incoming.on("error", failed);
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
    });
    outgoing.setTimeout(ANSWER_WITHIN_MS, () => outgoing.destroy(new Error("it does not answer")));
    outgoing.on("error", failed);
    outgoing.end(payload);
  });
}

/** Undefined for what is none: what stands between may answer in its own way. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailed(EXIT.usage, `${file} cannot be read (${code})`, "usage");
  }
}
