/** Opens the doors for native tools. */
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { NativeAsks } from "./native-asks.ts";
import { SshDoor } from "./ssh-door.ts";
import { loadSshHostKey } from "./ssh-host-key.ts";

export interface Native {
  readonly asks: NativeAsks;
  /** How clients reach the SSH door and know it again; undefined where it is off. */
  readonly ssh: SshShown | undefined;
  close(): void;
}

export interface SshShown {
  readonly port: number;
  readonly publicKey: string;
  readonly fingerprint: string;
}

/** The port cannot be had; `message` says what to do. */
export class NativePortRefused extends Error {
  override readonly name = "NativePortRefused";
}

export async function openNative(
  config: Config,
  clock: Clock,
  seen: (signInId: string) => void,
): Promise<Native> {
  const asks = new NativeAsks(clock);
  const door = config.sshPort === undefined ? undefined : await openSsh(config, asks, seen);
  return {
    asks,
    ssh: door?.shown,
    close: () => {
      asks.close();
      door?.door.close();
    },
  };
}

async function openSsh(config: Config, asks: NativeAsks, seen: (signInId: string) => void) {
  const { listen, origins, sshPort: port = 0 } = config;
  const hostKey = loadSshHostKey(join(config.dataFolder, "ssh-host.key"));
  const parts = { listen, port, hostKey, asks, origin: origins[0] ?? "", seen };
  const door = await SshDoor.open(parts).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be had (${error.code})`;
    throw new NativePortRefused(
      `port ${listen}:${port} for SSH ${why}: choose another one with SALLYPORT_SSH_PORT, or "off"`,
    );
  });
  const { publicKey, fingerprint } = hostKey;
  return { door, shown: { port: door.port, publicKey, fingerprint } };
}
