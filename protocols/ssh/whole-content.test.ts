/**
 * Content comes out as it went in, however it was cut, wherever it waited and whoever decided in
 * the middle: files by SFTP and the old scp, scanned or not, and what a command reads and says.
 */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ContentRoad, chance, contentOf } from "../../test/kit/content-road.ts";
import { FileAsset, FileClient } from "../../test/kit/file-ends.ts";
import type { Answer, Side } from "../guard.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { FieldWriter } from "./field-writer.ts";
import type { SshMessage } from "./message.ts";
import type { PassedOperation, SshOperation } from "./operation.ts";

/** Several times what a channel's inbox holds, in the longest. */
const LENGTHS = [1, 40_000, 400_003];
const SEEDS = [1, 2, 3];
const PATH = "/srv/image.bin";

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Case {
  readonly seed: number;
  readonly length: number;
  readonly stays: boolean;
}

const CASES: readonly Case[] = SEEDS.flatMap((seed) =>
  LENGTHS.flatMap((length) => [true, false].map((stays) => ({ seed, length, stays }))),
);

/** Permits, but for some, of which each waits for a person. */
function opened({ seed, stays }: Case, scans: boolean, hear: (by: Side, data: Uint8Array) => void) {
  const next = chance(seed);
  const passed: PassedOperation[] = [];
  const answer = (operation: SshOperation): Answer => {
    if (operation.action === "file:passed") passed.push(operation);
    if (operation.class === "observe") return { kind: "permit" };
    if (operation.action === "file:write" && scans && !("size" in operation)) {
      return { kind: "permit", scan: true };
    }
    return next() < 0.25 ? { kind: "hold" } : { kind: "permit" };
  };
  const road = new ContentRoad({ next, stays, answer, heard: (by, data) => hear(by, data) });
  return { road, next, passed };
}

function starts(road: ContentRoad, name: "exec" | "subsystem", what: string): void {
  const rest = new FieldWriter().string(encodeUtf8(what)).plain();
  const start: SshMessage = { kind: "request", name, wantReply: true, rest };
  road.says("client", { kind: "open", type: "session", rest: new Uint8Array(0) }, start);
}

test.each(CASES)("by SFTP, $length bytes by chance $seed, bytes stay: $stays", (given) => {
  for (const scans of [false, true]) {
    const ends = { client: new FileClient(), asset: new FileAsset() };
    const { road, next, passed } = opened(given, scans, (by, data) => {
      road.saysData(by, ...ends[by].heard(data));
    });
    const content = contentOf(given.length, next);
    starts(road, "subsystem", "sftp");
    road.saysData("client", ...ends.client.greets());
    road.run();
    road.saysData("client", ...ends.client.puts(PATH, content));
    road.run();
    expect(digestOf(ends.asset.files.get(PATH) ?? new Uint8Array(0))).toBe(digestOf(content));
    road.saysData("client", ...ends.client.gets(PATH, content.length));
    road.run();
    expect(digestOf(ends.client.got)).toBe(digestOf(content));
    expect(road.violations).toEqual([]);
    if (given.length > 300_000) expect(road.held).toBeGreaterThan(1);
    expect(road.scanned.map(digestOf)).toEqual(scans ? [digestOf(content)] : []);
    const told = { extent: "whole", size: content.length, digest: digestOf(content) };
    expect(passed).toMatchObject([
      { way: "up", ...told },
      { way: "down", ...told },
    ]);
  }
});

test.each(CASES)("by the old scp, $length bytes by chance $seed, bytes stay: $stays", (given) => {
  for (const gives of [false, true]) {
    const [source, sink]: readonly Side[] = gives ? ["asset", "client"] : ["client", "asset"];
    const heard: Uint8Array[] = [];
    const { road, next, passed } = opened(given, false, (by, data) => {
      if (by === sink) heard.push(data);
    });
    const content = contentOf(given.length, next);
    starts(road, "exec", gives ? `scp -f ${PATH}` : `scp -t ${PATH}`);
    const head = encodeUtf8(`C0644 ${content.length} image.bin\n`);
    const parts = [head, content, Uint8Array.of(0)];
    road.run();
    // An asset hears first that its file is wanted, which somebody may decide on.
    for (const part of gives ? parts : [Buffer.concat(parts)]) {
      road.saysData(source ?? "client", part);
      road.run();
    }
    expect(digestOf(Buffer.concat(heard))).toBe(digestOf(Buffer.concat(parts)));
    expect(road.violations).toEqual([]);
    expect(passed[0]).toMatchObject({ extent: "whole", digest: digestOf(content) });
  }
});

test.each(CASES)("of a command, $length bytes by chance $seed, bytes stay: $stays", (given) => {
  const heard: Record<Side, Uint8Array[]> = { client: [], asset: [] };
  const { road, next } = opened(given, false, (by, data) => void heard[by].push(data));
  const [read, said] = [contentOf(given.length, next), contentOf(given.length, next)];
  starts(road, "exec", "filter");
  road.run();
  road.saysData("client", read);
  road.saysData("asset", said);
  road.run();
  expect(digestOf(Buffer.concat(heard.asset))).toBe(digestOf(read));
  expect(digestOf(Buffer.concat(heard.client))).toBe(digestOf(said));
  expect(road.violations).toEqual([]);
});
