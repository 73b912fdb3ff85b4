import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { expect, onTestFinished, test } from "vitest";
import { signAtOnce } from "./sign-at-once.ts";

interface Asked {
  readonly method: string;
  /** Whether a signature came with it, and is the key's. */
  readonly proved?: boolean;
}

/** What it is asked as it is signed in to with the key. */
async function signedInWith(privateKey: string, accepts: boolean) {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  const asked: Asked[] = [];
  const { private: host } = ssh2.utils.generateKeyPairSync("ed25519");
  const server = new ssh2.Server({ hostKeys: [host] }, (connection) => {
    connection.on("error", () => connection.end());
    connection.on("authentication", (asks) => {
      if (asks.method !== "publickey") return asks.reject(["publickey"]);
      const { blob, signature, hashAlgo } = asks;
      const proved = !!blob && !!signature && key.verify(blob, signature, hashAlgo) === true;
      asked.push({ method: asks.method, proved });
      if (accepts) asks.accept();
      else asks.reject(["publickey"]);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const client = new ssh2.Client();
  onTestFinished(() => void client.end());
  const { port } = server.address() as AddressInfo;
  const authHandler = ["publickey" as const];
  client.connect({ host: "127.0.0.1", port, username: "any", privateKey, authHandler });
  signAtOnce(client);
  const refused = once(client, "error").then(([error]) => (error as Error).message);
  const ended = await Promise.race([once(client, "ready").then(() => "ready"), refused]);
  return { asked, ended };
}

test("a key is proved by the first message, once", async () => {
  const key = ssh2.utils.generateKeyPairSync("ed25519");
  const { asked, ended } = await signedInWith(key.private, true);
  expect(ended).toBe("ready");
  expect(asked).toEqual([{ method: "publickey", proved: true }]);
});

test("a key of RSA that is refused is proved by each signature that it knows, and no more", async () => {
  const key = ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 });
  const { asked, ended } = await signedInWith(key.private, false);
  expect(ended).toMatch(/authentication methods failed/);
  expect(asked.length).toBeLessThanOrEqual(3);
  expect(asked.every(({ proved }) => proved)).toBe(true);
});
