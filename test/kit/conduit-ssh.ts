/** The conduit's listener for SSH: any client that comes over loopback is let in. */
import { generateKeyPairSync } from "node:crypto";
import ssh2, { type Connection } from "ssh2";
import { algorithmsForClients } from "../../broker/legs/ssh/algorithms.ts";
import { preferGcm } from "../../broker/legs/ssh/prefer-gcm.ts";
import { quicken } from "../../broker/legs/ssh/quick-connection.ts";
import { serveChannels } from "../../broker/legs/ssh/ssh-client.ts";
import type { Credential } from "../../broker/plant/credential.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";

/** `CONDUIT_USER` with `CONDUIT_PASSWORD` or `CONDUIT_PRIVATE_KEY` (PEM) towards the asset. */
export function credentialFrom(
  environment: Readonly<Record<string, string | undefined>>,
): Credential | undefined {
  const { CONDUIT_USER: user, CONDUIT_PASSWORD: password } = environment;
  const privateKey = environment.CONDUIT_PRIVATE_KEY;
  if (user === undefined) return undefined;
  if (privateKey !== undefined) return { kind: "key", user, privateKey };
  return password === undefined ? undefined : { kind: "password", user, password };
}

const CLIENT_CLOSED = { rule: "client-closed", reason: "the SSH connection was closed" } as const;

/** @param each connection has a session of its own */
export function listenSsh(sessionFor: () => Promise<LiveSession>, each: boolean) {
  const hostKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const pem = hostKey.export({ type: "pkcs1", format: "pem" }).toString();
  const options = {
    hostKeys: [pem],
    algorithms: algorithmsForClients(),
    keepaliveInterval: 15_000,
  };
  return new ssh2.Server(options, (connection, { ip, port }) => {
    quicken(connection);
    preferGcm(connection);
    connection.on("error", () => undefined);
    // Whoever comes is let in: its own session is opened where a person would have agreed to it.
    const session = each ? sessionFor() : undefined;
    session?.catch(() => undefined);
    // With its connection, as at the broker's own door.
    const over = () => session?.then((opened) => opened.end(CLIENT_CLOSED)).catch(() => undefined);
    connection.on("close", over);
    connection.on("authentication", (asks) => asks.accept());
    connection.on("ready", () => {
      void serve(connection, `${ip}:${port}`, session ?? sessionFor());
    });
  });
}

async function serve(
  connection: Connection,
  peer: string,
  opening: Promise<LiveSession>,
): Promise<void> {
  serveChannels(connection, { attach: async (leg) => (await opening).attach(leg, peer) });
  try {
    const session = await opening;
    void session.closed.then(() => connection.end());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    connection.end();
  }
}
