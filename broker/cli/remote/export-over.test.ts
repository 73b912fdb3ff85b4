import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { BrokerClient } from "./broker-client.ts";
import { download } from "./export-over.ts";
import { MachineKeyPair } from "./machine-key.ts";

const ME = JSON.stringify({
  person: {
    ...{ id: "p", name: "Ada", email: "ada@plant.example", employer: "", roles: [] },
    ...{ state: "active", passkeys: 1, lastSignInMs: null, createdMs: 0 },
  },
  ...{ rights: [], assertedMs: 0, signInId: "s", deviceId: null, idleEndsMs: 0 },
  ...{ absoluteEndsMs: 0, mayRenew: false, wantsSecondPasskey: false },
  site: { id: "site", name: "Site", timeZone: "UTC" },
  sites: [],
});

let server: Server;
let client: BrokerClient;
let folder: string;
/** What comes of a bundle. */
let answer: (response: ServerResponse, query: URLSearchParams) => void;

beforeEach(async () => {
  folder = temporaryFolder();
  server = createServer(({ url = "" }, response) => {
    if (url === "/api/me") response.end(ME);
    else answer(response, new URL(url, "http://broker").searchParams);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new BrokerClient({ origin }, MachineKeyPair.create());
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const sha256 = (text: string, form: "hex" | "base64" = "hex") =>
  createHash("sha256").update(text).digest(form);

/** Without waiting between its tries. */
const take = (file: string) => download(client, { session: "s" }, file, 0);

const hangUp = (text: string) => (response: ServerResponse) => {
  response.writeHead(200);
  response.write(text, () => response.socket?.destroy());
};

/** As the broker: the rest of what fits, and its word on the whole. */
function giving(whole: string) {
  return (response: ServerResponse, query: URLSearchParams) => {
    const from = Number(query.get("from") ?? 0);
    if (from > 0 && query.get("digest") !== sha256(whole.slice(0, from))) {
      response.writeHead(409).end('{"code":"begins-otherwise","message":"Otherwise."}');
      return;
    }
    response.writeHead(200, { trailer: "repr-digest" });
    response.write(whole.slice(from));
    response.addTrailers({ "repr-digest": `sha-256=:${sha256(whole, "base64")}:` });
    response.end();
  };
}

test("a file is there when it is whole, for its owner alone", async () => {
  answer = giving("halfhalf");
  const file = path.join(folder, "s.zip");
  const taken = { bytes: 8, sha256: sha256("halfhalf") };
  expect(await take(file)).toEqual({ ...taken, confirmed: true });
  expect(readFileSync(file, "utf8")).toBe("halfhalf");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["s.zip"]);
  // What stands between took the last word away.
  answer = (response) => response.end("halfhalf");
  expect(await take(path.join(folder, "t.zip"))).toEqual({ ...taken, confirmed: false });
});

test("a download that breaks off goes on where it was, in the same command", async () => {
  let asked = 0;
  answer = (response, query) => {
    asked += 1;
    if (asked === 1) hangUp("half")(response);
    else giving("halfhalf")(response, query);
  };
  const file = path.join(folder, "s.zip");
  expect(await take(file)).toMatchObject({ bytes: 8, confirmed: true });
  expect(asked).toBe(2);
});

test("one that stays away is gone on with by a later command", async () => {
  answer = hangUp("half");
  const file = path.join(folder, "s.zip");
  const failed = await take(file).catch((error: unknown) => error);
  expect(failed).toMatchObject({ exitCode: 5, code: "lost" });
  expect(String(failed)).toContain("s.zip.part keeps them, the same command goes on");
  expect(readdirSync(folder)).toEqual(["s.zip.part"]);
  expect(statSync(`${file}.part`).mode & 0o777).toBe(0o600);
  const kept = readFileSync(`${file}.part`, "utf8");
  answer = (response, query) => {
    expect(query.get("from")).toBe(String(kept.length));
    giving(`${kept}end`)(response, query);
  };
  expect(await take(file)).toMatchObject({ bytes: kept.length + 3, confirmed: true });
  expect(readFileSync(file, "utf8")).toBe(`${kept}end`);
  expect(readdirSync(folder)).toEqual(["s.zip"]);
});

test("what came of something else is taken anew, from before its end or from its beginning", async () => {
  const file = path.join(folder, "s.zip");
  const long = "x".repeat(5 * 2 ** 20);
  const asked: number[] = [];
  answer = (response, query) => {
    asked.push(Number(query.get("from")));
    giving(`${long}end`)(response, query);
  };
  writeFileSync(`${file}.part`, `${long}END`, { mode: 0o600 });
  expect(await take(file)).toMatchObject({ bytes: long.length + 3, confirmed: true });
  expect(asked).toEqual([long.length + 3, 2 ** 20 + 3]);
  const other = path.join(folder, "t.zip");
  writeFileSync(`${other}.part`, "of another session");
  expect(await take(other)).toMatchObject({ bytes: long.length + 3 });
  expect(readFileSync(other, "utf8")).toBe(`${long}end`);
});

test("what is not as the broker sent it is not kept", async () => {
  answer = (response) => {
    response.writeHead(200, { trailer: "repr-digest" });
    response.write("hal");
    response.addTrailers({ "repr-digest": `sha-256=:${sha256("halfhalf", "base64")}:` });
    response.end();
  };
  await expect(take(path.join(folder, "s.zip"))).rejects.toMatchObject({ exitCode: 1 });
  expect(readdirSync(folder)).toEqual([]);
});

test("nothing is written through a link that somebody laid", async () => {
  answer = giving("whole");
  const mine = path.join(folder, "mine");
  writeFileSync(mine, "mine");
  symlinkSync(mine, path.join(folder, "s.zip.part"));
  linkSync(mine, path.join(folder, "t.zip.part"));
  mkdirSync(path.join(folder, "u.zip.part"));
  for (const name of ["s", "t", "u"]) {
    const taking = take(path.join(folder, `${name}.zip`));
    await expect(taking).rejects.toMatchObject({ exitCode: 1 });
  }
  expect(readFileSync(mine, "utf8")).toBe("mine");
});

test("another file is never written over, not even one that comes meanwhile", async () => {
  const file = path.join(folder, "s.zip");
  answer = (response) => {
    writeFileSync(file, "mine");
    response.end("theirs");
  };
  for (let n = 0; n < 2; n++) {
    const taking = take(file);
    await expect(taking).rejects.toMatchObject({ exitCode: 2 });
    expect(readFileSync(file, "utf8")).toBe("mine");
  }
});

test("a refusal is told, and a folder that is not there", async () => {
  answer = (response) => response.writeHead(404).end('{"code":"not-found","message":"No."}');
  const refused = take(path.join(folder, "s.zip"));
  await expect(refused).rejects.toMatchObject({ exitCode: 4, message: "No." });
  answer = (response) => response.end("whole");
  const nowhere = take(path.join(folder, "none/s.zip"));
  await expect(nowhere).rejects.toMatchObject({ exitCode: 1 });
});
