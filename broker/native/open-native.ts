/** Opens the doors for native tools. */
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { SignedActions } from "../identity/signed-actions.ts";
import type { OpcuaProcess } from "../legs/opcua/apart/opcua-process.ts";
import type { Plant } from "../plant/model.ts";
import type { Store } from "../store/store.ts";
import { HostCertificateFile } from "./host-certificate.ts";
import { NativeAsks } from "./native-asks.ts";
import { OpcuaDoor } from "./opcua-door.ts";
import { OpcuaTickets } from "./opcua-tickets.ts";
import { SshDoor } from "./ssh-door.ts";
import { loadSshHostKey } from "./ssh-host-key.ts";
import { SshKeys } from "./ssh-keys.ts";

export interface Native {
  readonly asks: NativeAsks;
  /** How clients reach the SSH door and know it again; undefined where it is off. */
  readonly ssh: SshShown | undefined;
  readonly sshKeys: SshKeys;
  readonly tickets: OpcuaTickets;
  readonly opcua: OpcuaShown | undefined;
  /** Of tools that came to a broker that waits; those that are off take nobody. */
  readonly taking: Readonly<Partial<Record<"ssh" | "opcua", (socket: Socket) => void>>>;
  close(): void;
}

export interface SshShown {
  readonly port: number;
  readonly publicKey: string;
  readonly fingerprint: string;
}

export interface OpcuaShown {
  readonly port: number;
  /** SHA-256 of the broker's certificate; made when it is first asked for. */
  thumbprint(): Promise<string>;
}

export interface NativeParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly opcua: OpcuaProcess;
  readonly store: Store;
  readonly signedActions: SignedActions;
  /** Somebody did something under this sign-in. */
  seen(signInId: string): void;
  /** Paths of the assets that are reached without security. */
  plain(): readonly string[];
}

/** A door cannot be opened: its port or its certificate; `message` says what to do. */
export class NativePortRefused extends Error {
  override readonly name = "NativePortRefused";
}

export async function openNative(parts: NativeParts): Promise<Native> {
  const { config, clock } = parts;
  const asks = new NativeAsks(clock);
  const tickets = new OpcuaTickets(clock);
  const sshKeys = new SshKeys(parts);
  const ssh = config.sshPort === undefined ? undefined : await openSsh(parts, asks, sshKeys);
  const opcua = config.opcuaPort === undefined ? undefined : await openOpcua(parts, tickets);
  return {
    ...{ asks, tickets, sshKeys },
    taking: {
      ...(ssh && { ssh: (socket: Socket) => ssh.door.take(socket) }),
      ...(opcua && { opcua: (socket: Socket) => opcua.take(socket) }),
    },
    ssh: ssh?.shown,
    opcua: opcua && {
      port: opcua.port,
      // Asked for with a ticket, so a tool comes soon; why it could not begin, that tool is told.
      thumbprint: async () => {
        parts.opcua.begin().catch(() => undefined);
        return (await parts.opcua.identity()).thumbprint;
      },
    },
    close: () => {
      asks.close();
      tickets.close();
      ssh?.door.close();
      opcua?.close();
    },
  };
}

async function openOpcua(parts: NativeParts, tickets: OpcuaTickets): Promise<OpcuaDoor> {
  const { listen, opcuaPort: port = 0 } = parts.config;
  const { opcua, plain, seen } = parts;
  const door = OpcuaDoor.open({ listen, port, opcua, tickets, plain, seen });
  return door.catch((error: NodeJS.ErrnoException) => {
    throw portRefused(error, `${listen}:${port} for OPC UA`, "SALLYPORT_OPCUA_PORT");
  });
}

async function openSsh({ config, clock, seen }: NativeParts, asks: NativeAsks, book: SshKeys) {
  const { listen, origins, sshPort: port = 0, sshKeys: use } = config;
  const hostKey = loadSshHostKey(join(config.dataFolder, "ssh-host.key"));
  const certificate = new HostCertificateFile(
    join(config.dataFolder, "ssh-host-cert.pub"),
    hostKey,
    clock,
  );
  const { trouble } = certificate;
  if (trouble !== undefined) throw new NativePortRefused(`${trouble}: renew it, or take it away`);
  const origin = origins[0] ?? "";
  const keys = use === "off" ? {} : { keys: { book, use } };
  const offered = { hostKey, certificate: () => certificate.offered() };
  const parts = { listen, port, ...offered, asks, ...keys, origin, seen };
  const door = await SshDoor.open(parts).catch((error: NodeJS.ErrnoException) => {
    throw portRefused(error, `${listen}:${port} for SSH`, "SALLYPORT_SSH_PORT");
  });
  const { publicKey, fingerprint } = hostKey;
  return { door, shown: { port: door.port, publicKey, fingerprint } };
}

function portRefused(error: NodeJS.ErrnoException, port: string, setting: string) {
  const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be had (${error.code})`;
  return new NativePortRefused(`port ${port} ${why}: choose another one with ${setting}, or "off"`);
}

/** Paths of assets that are reached without security: `ASSET/ENDPOINT`, and `ASSET`. */
export function plainOpcua({ assets }: Pick<Plant, "assets">): readonly string[] {
  return assets.flatMap(({ id: asset, endpoints }) =>
    endpoints.flatMap((each) =>
      each.protocol === "opcua" && each.security.mode === "None"
        ? [asset, `${asset}/${each.id}`]
        : [],
    ),
  );
}
