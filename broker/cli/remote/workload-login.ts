/**
 * `sallyport login --svid | --jwt`: a service proves itself, without a person. What it is given
 * counts for minutes, with the key of this machine alone; what proves it stays in its own files,
 * which are read anew each time, so that whatever replaces them counts by itself.
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
import type { Account, Home, WorkloadFiles } from "./home.ts";
import type { MachineKeyPair } from "./machine-key.ts";
import { type Flags, jsonLine, type Output } from "./output.ts";

export interface WorkloadFlags {
  readonly svid?: string | undefined;
  readonly key?: string | undefined;
  readonly jwt?: string | undefined;
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

/** Undefined where a person signs in. @throws CommandFailed usage */
export function workloadFilesOf({ svid, key, jwt }: WorkloadFlags): WorkloadFiles | undefined {
  if (svid === undefined && key === undefined && jwt === undefined) return undefined;
  if (jwt !== undefined && svid === undefined && key === undefined) {
    return { jwt: path.resolve(jwt) };
  }
  if (jwt === undefined && svid !== undefined && key !== undefined) {
    return { svid: path.resolve(svid), key: path.resolve(key) };
  }
  throw new CommandFailed(EXIT.usage, "give --svid FILE with --key FILE, or --jwt FILE", "usage");
}

export async function loginWorkload(
  home: Home,
  address: BrokerAddress,
  files: WorkloadFiles,
  flags: Flags,
  out: Output,
): Promise<Account> {
  const { origin: broker, ca } = address;
  const client = new BrokerClient(address, home.key());
  const token = await prove(client, home.key(), files);
  const { access_token, person } = token;
  const trust = ca !== undefined && { ca: path.resolve(ca) };
  const known = { broker, token: access_token, person, workload: files };
  const account: Account = { ...known, ...trust, ...spentBy(token, files) };
  home.keep(account);
  const expiresIn = token.expires_in;
  if (flags.json) out.write(jsonLine({ kind: "signed-in", broker, person, expiresIn }));
  else out.write(`Signed in at ${broker} as ${person.name} (${person.email}).\n`);
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

function spentBy({ once }: Token, files: WorkloadFiles): { readonly spent?: string } {
  return once ? { spent: digestOf(files) } : {};
}

function digestOf(files: WorkloadFiles): string {
  const shown = "jwt" in files ? read(files.jwt).trim() : read(files.svid);
  return createHash("sha256").update(shown).digest("hex");
}

/** Proves the service again and again while it works. Returns a function that stops it. */
export async function keepRenewing(
  client: BrokerClient,
  { workload }: Account,
  say: (line: string) => void,
): Promise<() => void> {
  if (!workload) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const later = (ms: number) => {
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
  return () => clearTimeout(timer);
}

/** As the broker said when it gave the token; a minute, the shortest there is, where it did not. */
const lives = new WeakMap<BrokerAddress, number>();

function lifeOf({ address }: BrokerClient): number {
  return lives.get(address) ?? 60_000;
}

async function prove(
  client: BrokerClient,
  key: MachineKeyPair,
  files: WorkloadFiles,
): Promise<Token> {
  const token =
    "jwt" in files
      ? await client.ask("POST /api/workloads/token", {
          body: { tool: TOOL, token: read(files.jwt).trim() },
        })
      : await proveByCertificate(client, key, files);
  lives.set(client.address, token.expires_in * 1_000);
  return token;
}

async function proveByCertificate(
  client: BrokerClient,
  key: MachineKeyPair,
  files: { readonly svid: string; readonly key: string },
): Promise<Token> {
  const { svidPort } = await client.ask("POST /api/workloads/options", { body: {} });
  if (svidPort === null) {
    throw new CommandFailed(EXIT.refused, "this broker takes no certificates", "not-proved");
  }
  const { hostname } = new URL(client.address.origin);
  const url = new URL(WORKLOAD_TOKEN_PATH, `https://${hostname}:${svidPort}`);
  const proof = await key.prove({ method: "POST", url: url.href, nowMs: client.nowMs });
  const identity = { cert: read(files.svid), key: read(files.key) };
  const { status, text } = await posted(url, { ...identity, ...client.trust }, proof);
  if (status === 200) return ROUTES["POST /api/workloads/token"].answer.parse(JSON.parse(text));
  const problem = problemSchema.safeParse(JSON.parse(text)).data;
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

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailed(EXIT.usage, `${file} cannot be read (${code})`, "usage");
  }
}
