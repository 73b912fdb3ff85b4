/** `sallyport witness`: watches site logs from another machine and cosigns what only grows. */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { formatKey, type NoteKey, parseKey } from "../../protocols/log/note.ts";
import { systemClock } from "../clock.ts";
import { sha256 } from "../evidence/log/sha256.ts";
import { openFileSigner } from "../evidence/log/signer.ts";
import { Witness } from "../evidence/log/witness.ts";
import { createWitnessServer } from "../evidence/log/witness-server.ts";
import { lockFolder } from "../folder-lock.ts";
import { prepareDataFolder } from "../store/data-folder.ts";

export interface WitnessSettings {
  readonly data: string;
  readonly name: string;
  readonly listen: string;
  readonly port: number;
  /** Keys of the logs to watch, as `sallyport log key` prints them: bare, or with `log ` before it. */
  readonly logs: readonly string[];
}

export interface RunningWitness {
  readonly address: string;
  /** For policies: `witness NAME KEY URL`. */
  readonly policyLine: string;
  close(): Promise<void>;
}

export class WitnessRefused extends Error {
  override readonly name = "WitnessRefused";
}

/** @param warn told one line for each thing that a person must look at */
export async function startWitness(
  settings: WitnessSettings,
  warn: (line: string) => void,
): Promise<RunningWitness> {
  const logs = settings.logs.map(readKey);
  if (!/^[^\s+]{1,200}$/.test(settings.name)) {
    throw new WitnessRefused(
      "a witness's name has no spaces and no +, for example w1.example/north",
    );
  }
  mkdirSync(path.resolve(settings.data), { recursive: true, mode: 0o700 });
  const directory = prepareDataFolder(settings.data);
  const unlock = lockFolder(path.join(directory, "lock"));
  const signer = openFileSigner(path.join(directory, "witness-key.pem"));
  const { name } = settings;
  const witness = await Witness.open({ directory, name, logs, signer, clock: systemClock });
  const server = createWitnessServer(witness, (error) => {
    warn(`what was seen cannot be kept: ${error instanceof Error ? error.message : error}`);
  });
  server.listen({ host: settings.listen, port: settings.port });
  await once(server, "listening");
  const { address, port, family } = server.address() as AddressInfo;
  const url = `http://${family === "IPv6" ? `[${address}]` : address}:${port}/`;
  return {
    address: url,
    policyLine: `witness ${name.replaceAll("/", "-")} ${formatKey(witness.key)} ${url}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      unlock();
    },
  };
}

function readKey(text: string): NoteKey {
  const key = parseKey(text.trim().replace(/^log\s+/, ""), sha256);
  if (key) return key;
  throw new WitnessRefused(
    `this is not the key of a log: ${JSON.stringify(text)}; \`sallyport log key\` prints one`,
  );
}
