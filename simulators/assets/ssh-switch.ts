/** A managed switch with a command line over SSH, and its files over SFTP. */
import { createHash, createPrivateKey, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2, { type AuthContext, type Connection, type Session } from "ssh2";
import { serveFiles } from "./sftp-files.ts";
import { SwitchCli, type SwitchState, startingSwitch } from "./switch-cli.ts";
import { SwitchTerminal } from "./switch-terminal.ts";

export interface SshSwitch {
  readonly port: number;
  /** As it is now, for assertions. */
  readonly state: SwitchState;
  /** Text of its files by path, for assertions. */
  readonly files: ReadonlyMap<string, Buffer>;
  close(): Promise<void>;
}

/** What it is signed in to with. Known to everybody: it is a toy. */
export const SWITCH_LOGIN = { user: "operator", password: "waterworks" } as const;

/** Its fingerprint stands in the example plant file; a key like this protects nothing. */
const KEY_SEED = createHash("sha256").update("the simulated switch").digest();
/** RFC 8410: an Ed25519 private key in PKCS #8, before its 32 bytes. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

export async function startSshSwitch(port: number): Promise<SshSwitch> {
  const state = startingSwitch(Date.now());
  const files = new Map<string, Buffer>([
    ["/config/startup.cfg", Buffer.from("hostname sw-works\n")],
    ["/logs/system.log", Buffer.from("0001 %SYS-5-RESTART: System restarted\n")],
    ["/firmware/README.txt", Buffer.from("Put a new image here, then reload.\n")],
  ]);
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [hostKey()] }, (connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    connection.on("error", () => connection.end());
    connection.on("authentication", authenticate);
    connection.on("session", (accept) => serve(accept(), state, files));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    state,
    files,
    close: async () => {
      for (const connection of connections) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function hostKey(): string {
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, KEY_SEED]),
    format: "der",
    type: "pkcs8",
  });
  return openSshKey(key.export({ format: "jwk" }) as { readonly x: string; readonly d: string });
}

/** OpenSSH's own form (PROTOCOL.key), which ssh2 reads: it knows no Ed25519 in PKCS #8. */
function openSshKey({ x, d }: { readonly x: string; readonly d: string }): string {
  const [publicKey, seed] = [Buffer.from(x, "base64url"), Buffer.from(d, "base64url")];
  const blob = Buffer.concat([field("ssh-ed25519"), field(publicKey)]);
  const check = Buffer.from("00000000", "hex");
  const secret = Buffer.concat([
    ...[check, check, field("ssh-ed25519"), field(publicKey)],
    ...[field(Buffer.concat([seed, publicKey])), field("simulated")],
  ]);
  const padding = Buffer.from(
    Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, n) => n + 1),
  );
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[field("none"), field("none"), field("")],
    ...[Buffer.from("00000001", "hex"), field(blob), field(Buffer.concat([secret, padding]))],
  ]);
  const lines = whole.toString("base64").replace(/(.{70})/g, "$1\n");
  const name = "OPENSSH PRIVATE KEY";
  return `-----BEGIN ${name}-----\n${lines}\n-----END ${name}-----\n`;
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function authenticate(asks: AuthContext) {
  if (asks.method !== "password") return asks.reject(["password"]);
  const isKnown = asks.username === SWITCH_LOGIN.user && same(asks.password, SWITCH_LOGIN.password);
  if (isKnown) asks.accept();
  else asks.reject(["password"]);
}

function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function serve(session: Session, state: SwitchState, files: Map<string, Buffer>): void {
  let rows = 24;
  let terminal: SwitchTerminal | undefined;
  session.on("pty", (accept, _reject, info) => {
    rows = info.rows || rows;
    accept?.();
  });
  session.on("window-change", (accept, _reject, info) => {
    rows = info.rows || rows;
    if (terminal) terminal.rows = rows;
    accept?.();
  });
  session.on("shell", (accept) => {
    const stream = accept();
    const end = () => {
      stream.exit(0);
      stream.end();
    };
    terminal = new SwitchTerminal(
      new SwitchCli(state, Date.now),
      (text) => stream.write(text),
      end,
    );
    terminal.rows = rows;
    stream.on("data", (bytes: Buffer) => terminal?.input(bytes.toString("utf8")));
    stream.on("end", end);
  });
  session.on("exec", (accept, _reject, { command }) => {
    const stream = accept();
    const { text } = new SwitchCli(state, Date.now).run(command);
    stream.write(text);
    stream.exit(text.startsWith("%") ? 1 : 0);
    stream.end();
  });
  session.on("sftp", (accept) => serveFiles(accept(), files));
}
