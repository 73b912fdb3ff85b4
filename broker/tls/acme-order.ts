/**
 * One order at an authority that speaks ACME (RFC 8555), proved by HTTP-01. Everything that is
 * said to it goes by the second dialer: nothing else of the library opens a connection.
 */
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { IntegrationDialer } from "../legs/integration-dialer.ts";
import { checkPrivateFile } from "../store/data-folder.ts";
import { writeWhole } from "../write-whole.ts";
import type { Ordered } from "./acme-source.ts";

export interface AcmeOrder {
  readonly directory: string;
  /** "" for none. */
  readonly contact: string;
  /** Its key and address at this directory; made where there is none. */
  readonly accountFile: string;
  readonly hosts: readonly string[];
  /** What the plain door answers by token; cleared again afterwards. */
  readonly challenges: Map<string, string>;
  readonly dialer: Pick<IntegrationDialer, "get" | "post">;
  /** PEM; in place of the system's roots. */
  readonly ca: string | undefined;
}

/** From the first word to the certificate: authorities ask from several places. */
const WITHIN_MS = 120_000;
/** How often the authority is asked whether it is done, and how long in between. */
const ASKED_MAX = 30;
const ASKED_EVERY_MS = { backoffMin: 1_000, backoffMax: 5_000 };

/** Rejects with what the authority, or the road to it, said. */
export async function orderCertificate(order: AcmeOrder): Promise<Ordered> {
  const acme = (await import("acme-client")).default;
  Object.assign(acme.axios.defaults, { adapter: roadOf(order) });
  const { directory, hosts, contact, challenges, accountFile } = order;
  const account = readAccount(accountFile, directory) ?? { directory, key: newKey() };
  const client = new acme.Client({
    ...{ directoryUrl: directory, accountKey: account.key },
    ...(account.url !== undefined && { accountUrl: account.url }),
    ...{ backoffAttempts: ASKED_MAX, ...ASKED_EVERY_MS },
  });
  const key = newKey();
  const [, request] = await acme.crypto.createCsr({ altNames: [...hosts] }, key);
  const ordering = client.auto({
    csr: request,
    ...(contact !== "" && { email: contact }),
    termsOfServiceAgreed: true,
    challengePriority: ["http-01"],
    // It would ask this machine by its public name, past the dialer.
    skipChallengeVerification: true,
    challengeCreateFn: async (_, { token }, answer) => void challenges.set(token, answer),
    challengeRemoveFn: async (_, { token }) => void challenges.delete(token),
  });
  let isKnown = true;
  try {
    return { certificate: await inTime(ordering), key };
  } catch (error) {
    // Whoever runs the authority has removed it: the next order makes another.
    isKnown = !NO_ACCOUNT.test(String(error));
    throw error;
  } finally {
    const url = urlOf(client);
    if (!isKnown) rmSync(accountFile, { force: true });
    else if (url !== undefined) keepAccount(accountFile, { ...account, url });
  }
}

/** Undefined before it is registered. */
function urlOf(client: { getAccountUrl(): string }): string | undefined {
  try {
    return client.getAccountUrl();
  } catch {
    return undefined;
  }
}

const NO_ACCOUNT = /accountDoesNotExist|account .*(?:not found|not exist)|unable to find account/i;

const ACCOUNT = z.object({ directory: z.string(), key: z.string(), url: z.string().optional() });

type Account = z.output<typeof ACCOUNT>;

/** Undefined where there is none at this directory. */
function readAccount(file: string, directory: string): Account | undefined {
  if (!existsSync(file)) return undefined;
  checkPrivateFile(file);
  const account = ACCOUNT.parse(JSON.parse(readFileSync(file, "utf8")));
  return account.directory === directory ? account : undefined;
}

function keepAccount(file: string, account: Account): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, `${JSON.stringify(account, undefined, 2)}\n`);
}

async function inTime(ordering: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = new Error(`no certificate within ${WITHIN_MS / 1_000} s`);
    timer = setTimeout(() => reject(why), WITHIN_MS);
  });
  try {
    return await Promise.race([ordering, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How the library's HTTP client sends: its own way is never taken. */
function roadOf({ dialer, ca }: AcmeOrder) {
  return async (asked: Asked): Promise<Answered> => {
    const { url = "", method = "get", data } = asked;
    const headers = { "user-agent": "sallyport", accept: "*/*" };
    const extras = { headers, ...(ca !== undefined && { ca }) };
    const type = "application/jose+json";
    const sent =
      method.toLowerCase() === "post"
        ? dialer.post(url, type, String(data ?? ""), extras)
        : dialer.get(url, {
            ...extras,
            ...(method.toLowerCase() === "head" && { method: "HEAD" as const }),
          });
    const { status, headers: said, body } = await sent;
    return { status, statusText: "", headers: said, data: body, config: asked };
  };
}

/** As far as it is used. */
interface Asked {
  readonly url?: string;
  readonly method?: string;
  readonly data?: unknown;
}

interface Answered {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: string;
  readonly config: Asked;
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
