/**
 * `sallyport credential …`: what assets are signed in to with, set on this machine while the broker
 * is stopped: from a vault's own tool, say. The secret comes through standard input alone, is never
 * printed, and setting or removing one is noted as an alarm.
 */
import { createPrivateKey } from "node:crypto";
import { userInfo } from "node:os";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { openCredentialKey } from "../credentials/credential-key.ts";
import { Credentials, SECRET_LENGTH_MAX } from "../credentials/credentials.ts";
import type { Credential } from "../plant/credential.ts";
import type { Plant } from "../plant/model.ts";
import { openSiteStore } from "../site-store.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import { StoreInUse } from "../store/store-failed.ts";

/** Cannot be done, with what to do instead. */
export class CredentialRefused extends Error {
  override readonly name = "CredentialRefused";
}

export interface WantedCredential {
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly user: string;
  /** The secret is a private key; a password otherwise. */
  readonly isKey: boolean;
}

const HERE = { name: `${userInfo().username} on this machine` };

/** @returns what was done, for the person at the machine */
export async function setOnHost(
  config: Config,
  plant: Plant,
  wanted: WantedCredential,
  input: AsyncIterable<Uint8Array>,
): Promise<string> {
  const { endpoint } = wanted;
  mustHave(plant, endpoint);
  const credential = credentialOf(wanted, await secretFrom(input));
  await withCredentials(config, (credentials) => credentials.set(HERE, endpoint, credential));
  return `Set for ${endpoint}. It counts from the next connection; this was noted as an alarm.`;
}

export async function removeOnHost(config: Config, endpoint: string): Promise<string> {
  const removed = await withCredentials(config, (all) => all.remove(HERE, endpoint));
  if (!removed) throw new CredentialRefused(`nothing is set for ${endpoint}`);
  return `Removed for ${endpoint}. This was noted as an alarm.`;
}

/** Everything but the secrets. */
export async function listOnHost(config: Config): Promise<string> {
  const all = await withCredentials(config, (credentials) => credentials.list());
  if (all.length === 0) return "Nothing is set for any endpoint.";
  return all
    .map(({ endpoint, kind, user, setBy, setMs }) => {
      const when = new Date(setMs).toISOString();
      return `${endpoint}  ${kind} of "${user}"  set by ${setBy}, ${when}`;
    })
    .join("\n");
}

async function withCredentials<T>(
  config: Config,
  act: (credentials: Credentials) => Promise<T>,
): Promise<T> {
  const folder = prepareDataFolder(config.dataFolder);
  const store = await openSiteStore(config).catch((error) => {
    if (!(error instanceof StoreInUse)) throw error;
    const advice = "set it in the console, or stop the broker first";
    throw new CredentialRefused(`the broker is running: ${advice}`);
  });
  try {
    const place = { file: join(folder, "credentials.key"), command: config.credentialsKeyCommand };
    return await act(new Credentials(store, openCredentialKey(place), systemClock));
  } finally {
    await store.close();
  }
}

function mustHave({ assets }: Plant, endpoint: string): void {
  const names = assets.flatMap((asset) => asset.endpoints.map(({ id }) => `${asset.id}/${id}`));
  if (names.includes(endpoint)) return;
  throw new CredentialRefused(`the plant file has no ${endpoint}: it has ${names.join(", ")}`);
}

function credentialOf({ user, isKey }: WantedCredential, secret: string): Credential {
  if (!isKey) return { kind: "password", user, password: secret.replace(/\r?\n$/, "") };
  if (!isPrivateKey(secret)) {
    throw new CredentialRefused("what came is no private key (PEM, or as ssh-keygen writes it)");
  }
  return { kind: "key", user, privateKey: secret };
}

/** OpenSSH's own form is not known to the runtime; one with a passphrase is set in the console. */
function isPrivateKey(text: string): boolean {
  if (text.startsWith("-----BEGIN OPENSSH PRIVATE KEY-----")) return true;
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

async function secretFrom(input: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of input) {
    length += piece.length;
    if (length > SECRET_LENGTH_MAX) throw new CredentialRefused("the secret is too long");
    pieces.push(piece);
  }
  const secret = Buffer.concat(pieces).toString("utf8");
  if (secret.trim() === "") {
    throw new CredentialRefused("no secret came: pipe it in, for example from your vault's tool");
  }
  return secret;
}
