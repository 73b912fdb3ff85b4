/** Where the command keeps what is its own on this machine: a key, and a sign-in for each broker. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { MachineKeyPair } from "./machine-key.ts";
import { readPrivate, removePrivate, writePrivate } from "./private-file.ts";

/**
 * Where a service finds what proves it: absolute paths, or the endpoint of a SPIFFE Workload API.
 * It is read anew for each proof, and kept nowhere else.
 */
const workloadSource = z.union([
  z.object({ svid: z.string(), key: z.string() }),
  z.object({ jwt: z.string() }),
  z.object({
    spiffe: z.string(),
    /** Which of several identities; the first otherwise. */
    id: z.string().exactOptional(),
    /** Otherwise a certificate where the broker takes one, and a token where it does not. */
    proof: z.enum(["x509", "jwt"]).exactOptional(),
  }),
]);
export type WorkloadSource = z.infer<typeof workloadSource>;

/** One is active, one waits; a site that moves has both pairs for a time. */
export const OTHERS_MAX = 7;

const accountSchema = z.object({
  /** Origin of the console. */
  broker: z.url(),
  /** Of a site with a standby: where its other brokers are. */
  others: z.array(z.url()).max(OTHERS_MAX).exactOptional(),
  token: z.string(),
  person: z.object({ name: z.string(), email: z.string() }),
  /** File with the certificates that the broker's is trusted by, beside those of the system. */
  ca: z.string().exactOptional(),
  /** Absent for a person. */
  workload: workloadSource.exactOptional(),
  /** SHA-256 of a token that counts once, and was shown. */
  spent: z.string().exactOptional(),
});
/** Somebody is signed in at a broker. */
export type Account = z.infer<typeof accountSchema>;

type Environment = Readonly<Record<string, string | undefined>>;

export class Home {
  private readonly folder: string;

  constructor(environment: Environment) {
    this.folder = environment.SALLYPORT_HOME || defaultFolder(environment);
  }

  key(): MachineKeyPair {
    return MachineKeyPair.open(path.join(this.folder, "machine.key"));
  }

  /**
   * @param broker without it the one that was last signed in at
   * @throws CommandFailed signed-out
   */
  account(broker: string | undefined): Account {
    const origin = broker === undefined ? this.lastBroker() : originOf(broker);
    const text = origin && (readPrivate(this.fileOf(origin)) ?? this.textOfPair(origin));
    if (!text) {
      const where = broker ?? "BROKER";
      const message = `nobody is signed in${origin ? ` at ${origin}` : ""}: sallyport login ${where}`;
      throw new CommandFailed(EXIT.signedOut, message, "signed-out");
    }
    return accountSchema.parse(JSON.parse(text));
  }

  keep(account: Account): void {
    writePrivate(this.fileOf(account.broker), `${JSON.stringify(account, null, 2)}\n`);
    writePrivate(path.join(this.folder, "last"), `${account.broker}\n`);
  }

  forget({ broker }: Pick<Account, "broker">): void {
    removePrivate(this.fileOf(broker));
  }

  /** The sign-in at a site of which this is another broker. */
  private textOfPair(origin: string): string | undefined {
    const folder = path.join(this.folder, "sign-ins");
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return files
      .filter((name) => name.endsWith(".json"))
      .map((name) => readPrivate(path.join(folder, name)))
      .find((text) => text !== undefined && isOfPair(text, origin));
  }

  private lastBroker(): string | undefined {
    return readPrivate(path.join(this.folder, "last"))?.trim();
  }

  private fileOf(origin: string): string {
    const name = new URL(origin).host.replace(/[^\w.-]/g, "_");
    return path.join(this.folder, "sign-ins", `${name}.json`);
  }
}

/** A file that cannot be read as a sign-in is none of this site's. */
function isOfPair(text: string, origin: string): boolean {
  try {
    return accountSchema.parse(JSON.parse(text)).others?.includes(origin) === true;
  } catch {
    return false;
  }
}

/** @throws CommandFailed usage */
export function originOf(address: string): string {
  const text = /^https?:\/\//.test(address) ? address : `https://${address}`;
  if (URL.canParse(text)) return new URL(text).origin;
  throw new CommandFailed(EXIT.usage, `${address} is not the address of a broker`);
}

/**
 * The addresses of one site, the first of which it is known by.
 * @param told by the broker; none of them is less protected than the one that told it
 * @throws CommandFailed usage
 */
export function addressesOf(given: readonly string[], told: readonly string[] = []) {
  const [origin = "", ...more] = given.map(originOf);
  const isSafe = (each: string) => each.startsWith("https:") || origin.startsWith("http:");
  if (!more.every(isSafe)) {
    throw new CommandFailed(EXIT.usage, "an address of http beside one of https is not used");
  }
  const all = new Set([...more, ...told.filter(isSafe)]);
  all.delete(origin);
  return { origin, others: [...all].slice(0, OTHERS_MAX) };
}

/** Of the account that runs the command; on Windows the one that it alone can read. */
export function defaultFolder(
  { APPDATA, XDG_CONFIG_HOME }: Environment,
  platform: NodeJS.Platform = process.platform,
  own: string = homedir(),
): string {
  if (platform === "win32") {
    const { join } = path.win32;
    return join(APPDATA || join(own, "AppData", "Roaming"), "sallyport");
  }
  const { join } = path.posix;
  return join(XDG_CONFIG_HOME || join(own, ".config"), "sallyport");
}
