import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import ssh2, { type Connection } from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import { NUMBER } from "../../../protocols/ssh/message.ts";
import { quickenOpening } from "./quick-opening.ts";

interface Inside {
  readonly _protocol: {
    readonly _cipher: { allocPacket(length: number): Buffer; encrypt(packet: Buffer): void };
  };
}

/** As OpenSSH's server names its keys once somebody has signed in. */
function nameKeys(connection: Connection, blob: Uint8Array): void {
  const fields = new FieldWriter().uint8(NUMBER.globalRequest).name("hostkeys-00@openssh.com");
  const payload = fields.boolean(false).string(blob).plain();
  const { _cipher: cipher } = (connection as unknown as Inside)._protocol;
  const packet = cipher.allocPacket(payload.length);
  packet.set(payload, 5);
  cipher.encrypt(packet);
}

const PATIENT = { timeout: 20_000 };

/** What a server hears of a client, until that runs something. */
async function heardBy(namesKeys: boolean): Promise<string> {
  let heard = "";
  const until = (words: string) => expect.poll(() => heard, PATIENT).toContain(words);
  const { private: hostKey } = ssh2.utils.generateKeyPairSync("ed25519");
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  const debug = (words: string) => {
    heard += `${words}\n`;
  };
  const server = new ssh2.Server({ hostKeys: [hostKey], debug }, (connection) => {
    connection.on("error", () => connection.end());
    connection.on("authentication", (asks) => asks.accept());
    connection.on("session", (accept) => {
      if (namesKeys) nameKeys(connection, key.getPublicSSH());
      void (namesKeys ? until("IGNORE") : Promise.resolve()).then(accept, () => connection.end());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const sock = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  const client = new ssh2.Client();
  onTestFinished(() => void client.end());
  client.connect({ sock, username: "any", password: "any" });
  quickenOpening(client, sock);
  await once(client, "ready");
  client.exec("anything", () => undefined);
  await until("exec: anything");
  return heard;
}

test("a server that names its host keys is acknowledged, and asked to prove none", async () => {
  const heard = await heardBy(true);
  expect(heard).toContain("IGNORE");
  expect(heard).not.toContain("GLOBAL_REQUEST");
});

test("a server that names none is told nothing that it might not know", async () => {
  expect(await heardBy(false)).not.toContain("IGNORE");
});
