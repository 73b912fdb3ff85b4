/** After a change of key the old one is destroyed, when it is safe to. */
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseKey } from "../../../protocols/log/note.ts";
import type { LogPolicy } from "../../../protocols/log/policy.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { checkLog } from "./check-log.ts";
import { FileKeys } from "./file-keys.ts";
import { publicKeyOf } from "./public-keys.ts";
import { sha256 } from "./sha256.ts";
import { openFileSigner } from "./signer.ts";
import { SiteLog } from "./site-log.ts";
import { SpentKeys } from "./spent-keys.ts";
import { Witness } from "./witness.ts";

async function rotated() {
  const directory = path.join(temporaryFolder(), "log");
  const options = { directory, name: "t", build: "t", clock: systemClock };
  const first = await SiteLog.open(options);
  await first.append({ kind: "test" });
  await first.close();
  const second = await SiteLog.open({ ...options, rotate: true });
  return { directory, first, second };
}

async function eventsOf(directory: string, log: SiteLog): Promise<readonly string[]> {
  await log.publish();
  const kinds: string[] = [];
  const key = parseKey(log.key, sha256)?.publicKey ?? new Uint8Array(0);
  await checkLog(diskVolume, path.join(directory, "2"), key, (entry) =>
    kinds.push(JSON.parse(new TextDecoder().decode(entry)).kind),
  );
  return kinds;
}

test("without witnesses a spent key goes at once, its public half stays, and both are said", async () => {
  const { directory, first, second } = await rotated();
  const spent = new SpentKeys({
    ...{ volume: diskVolume, directory, keys: new FileKeys(path.join(directory, "keys")) },
    ...{ clock: systemClock, policy: undefined },
    post: async () => ({ status: 500, body: "" }),
    append: (event) => second.append(event),
    trouble: (text) => expect.fail(text),
  });
  spent.look();
  await spent.settle();
  expect(existsSync(path.join(directory, "keys/1.pem"))).toBe(false);
  expect(existsSync(path.join(directory, "keys/2.pem"))).toBe(true);
  const kinds = await eventsOf(directory, second);
  expect(kinds.slice(-2)).toEqual(["log.key-spent", "log.key-destroyed"]);
  const left = await publicKeyOf(diskVolume, directory, 1);
  expect(left).toEqual(parseKey(first.key, sha256)?.publicKey);
  await spent.close();
  await second.close();
});

test("with witnesses it stays until they have seen the end of its log", async () => {
  const { directory, first, second } = await rotated();
  const folder = path.join(directory, "../w1");
  mkdirSync(folder);
  const key = parseKey(first.key, sha256);
  const signer = openFileSigner(path.join(folder, "key.pem"));
  const witness = await Witness.open({
    ...{ directory: folder, name: "w1", signer, clock: systemClock },
    logs: key ? [key] : [],
  });
  const policy: LogPolicy = {
    ...{ logs: [], groups: [], quorum: "w1" },
    witnesses: [{ name: "w1", key: witness.key, url: "http://w1/" }],
  };
  let isThere = false;
  const parts = {
    ...{ volume: diskVolume, directory, keys: new FileKeys(path.join(directory, "keys")) },
    ...{ clock: systemClock, policy },
    post: async (_url: string, _type: string, body: string) => {
      if (!isThere) return { status: 503, body: "" };
      const answer = await witness.addCheckpoint(body);
      return answer.kind === "cosigned"
        ? { status: 200, body: answer.lines }
        : { status: 409, body: "0\n" };
    },
    append: (event: { kind: string }) => second.append(event),
    trouble: (text: string) => expect.fail(text),
  };
  const early = new SpentKeys(parts);
  early.look();
  await early.settle();
  expect(existsSync(path.join(directory, "keys/1.pem"))).toBe(true);
  await early.close();
  isThere = true;
  const later = new SpentKeys(parts);
  later.look();
  await expect.poll(() => existsSync(path.join(directory, "keys/1.pem"))).toBe(false);
  await later.close();
  expect(await eventsOf(directory, second)).toContain("log.key-destroyed");
  await second.close();
});
