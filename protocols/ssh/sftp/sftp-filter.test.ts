import { expect, test } from "vitest";
import { answerTo, type May, sftpSite as site } from "../../../test/kit/sftp-site.ts";
import { encodeUtf8 } from "../../tape/utf8.ts";
import { FieldWriter } from "../field-writer.ts";
import {
  encodeNamed,
  encodeOpen,
  encodeRead,
  encodeReply,
  encodeTwo,
  encodeWithAttributes,
  encodeWrite,
} from "./encode.ts";
import { HANDLES_MAX } from "./handles.ts";
import { PACKET, type SftpRequest } from "./packet.ts";

const READ = 1;
const WRITE_NEW = 2 | 8 | 16;
const path = (text: string) => encodeUtf8(text);
const openRead = (id: number) => encodeOpen(id, path("/srv/a"), READ, {});
const inSrv: May = ({ path: at, target = "/srv/" }) =>
  at.startsWith("/srv/") && target.startsWith("/srv/");

test("a permitted file is opened by its resolved path, under a handle of ours", () => {
  const { client, asked, toClient, toAsset } = site(inSrv);
  client(encodeOpen(7, path("/srv/./logs/../a.txt"), READ, {}));
  expect(asked).toMatchObject([{ action: "file:read", path: "/srv/a.txt", via: "sftp" }]);
  expect(toAsset.filter(({ kind }) => kind === "open")).toMatchObject([
    { path: path("/srv/a.txt") },
  ]);
  expect(toClient.at(-1)).toEqual({ kind: "handle", id: 7, handle: Uint8Array.of(0, 0, 0, 1) });
});

test.each(["/srv/../etc/shadow", "//etc//shadow", "../../etc/shadow", "/srv/a/../../etc/shadow"])(
  "%s is judged as what it is, and refused without a word to the asset",
  (written) => {
    const { client, asked, toClient, toAsset } = site(inSrv);
    client(encodeOpen(1, path(written), READ, {}));
    expect(asked.at(-1)?.path).toBe("/etc/shadow");
    expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 1, code: 3 });
    expect(toAsset.every(({ kind }) => kind !== "open")).toBe(true);
  },
);

test("a link that leads out of what is permitted is judged where it leads", () => {
  const { client, asked, toClient } = site(inSrv, { "/srv/link": "/etc/shadow" });
  client(encodeOpen(1, path("/srv/link"), READ, {}));
  expect(asked.map((each) => each.path)).toEqual(["/srv/link", "/etc/shadow"]);
  expect(toClient.at(-1)).toMatchObject({ kind: "status", code: 3 });
});

test("a new file in a folder that is a link is judged where the folder is", () => {
  const { client, toClient, toAsset } = site(inSrv, { "/srv/out": "/etc" });
  client(encodeNamed(PACKET.remove, 4, path("/srv/out/passwd")));
  expect(toClient.at(-1)).toMatchObject({ kind: "status", code: 3 });
  expect(toAsset.some(({ kind }) => kind === "remove")).toBe(false);
});

test("each growth of a file is decided with the size it then has", () => {
  const small: May = (each) => inSrv(each) && (each.size ?? 0) <= 10;
  const { client, toClient, toAsset } = site(small);
  client(encodeOpen(1, path("/srv/up"), WRITE_NEW, { permissions: 0o4755 }));
  const opening = toAsset.find(({ kind }) => kind === "open");
  expect(opening).toMatchObject({ attributes: { permissions: 0o755 } });
  const handle = Uint8Array.of(0, 0, 0, 1);
  client(encodeWrite(2, handle, 0, encodeUtf8("0123456789")));
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 2, code: 0 });
  client(encodeWrite(3, handle, 10, encodeUtf8("x")));
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 3, code: 3 });
});

test("a file opened for reading cannot be written", () => {
  const { client, toClient } = site(() => true);
  client(encodeOpen(1, path("/srv/a"), READ, {}));
  client(encodeWrite(2, Uint8Array.of(0, 0, 0, 1), 0, encodeUtf8("x")));
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 2, code: 3 });
});

/** What the asset was asked to resolve. */
function resolved(toAsset: readonly SftpRequest[]): readonly string[] {
  return toAsset.flatMap((one) =>
    one.kind === "realpath" ? [String.fromCharCode(...one.path)] : [],
  );
}

const named = (id: number, text: string) => ({ kind: "name", id, entries: [{ name: path(text) }] });

test("where a client begins it may know, whatever else it may", () => {
  const { client, asked, toClient, toAsset } = site(() => false);
  for (const [id, written] of [".", "", "/home/op/x/..", "./."].entries()) {
    client(encodeNamed(PACKET.realpath, id, path(written)));
    expect(toClient.at(-1)).toMatchObject(named(id, "/home/op"));
  }
  client(encodeNamed(PACKET.realpath, 9, path("/")));
  expect(toClient.at(-1)).toMatchObject(named(9, "/"));
  expect(resolved(toAsset)).toEqual(["."]);
  expect(asked.map((each) => each.path)).toEqual(["/home/op"]);
});

test.each([
  ["/etc/./ssh/../shadow", "/etc/shadow"],
  ["../../srv/../etc//none/", "/etc/none"],
  ["x/y", "/home/op/x/y"],
])("REALPATH of %s, which nothing permits, is answered as it is written", (written, canonical) => {
  const { client, asked, toClient, toAsset } = site(inSrv, { [canonical]: "/secret/place" });
  client(encodeNamed(PACKET.realpath, 5, path(written)));
  expect(toClient.at(-1)).toMatchObject(named(5, canonical));
  expect(asked).toMatchObject([{ action: "file:list", path: canonical }]);
  expect(resolved(toAsset).filter((one) => one !== ".")).toEqual([]);
});

test("REALPATH of what may be listed is the asset's, and where a link leads only if that may be", () => {
  const links = { "/srv/in": "/srv/deep/in", "/srv/out": "/etc/ssh" };
  const { client, asked, toClient, toAsset, outcomes } = site(inSrv, links);
  client(encodeNamed(PACKET.realpath, 1, path("/srv/a/../b")));
  expect(toClient.at(-1)).toMatchObject(named(1, "/srv/b"));
  client(encodeNamed(PACKET.realpath, 2, path("/srv/in")));
  expect(toClient.at(-1)).toMatchObject(named(2, "/srv/deep/in"));
  client(encodeNamed(PACKET.realpath, 3, path("/srv/out")));
  expect(toClient.at(-1)).toMatchObject(named(3, "/srv/out"));
  expect(resolved(toAsset)).toEqual(["/srv/b", "/srv/in", "/srv/out"]);
  expect(asked.at(-1)).toMatchObject({ action: "file:list", path: "/etc/ssh" });
  expect(outcomes).toHaveLength(4);
});

test("on a tape from before, REALPATH went to the asset undecided, and does when it runs again", () => {
  const { client, asked, toClient, toAsset } = site(inSrv, { "/etc/x": "/etc/y" }, true);
  client(encodeNamed(PACKET.realpath, 5, path("/etc/x")));
  expect(toClient.at(-1)).toMatchObject(named(5, "/etc/y"));
  expect([asked, resolved(toAsset)]).toEqual([[], ["/etc/x"]]);
});

test("a renaming out of what is permitted is refused", () => {
  const { client, toClient, toAsset } = site(inSrv);
  client(encodeTwo(PACKET.rename, 1, path("/srv/a"), path("/etc/cron.d/a")));
  expect(toClient.at(-1)).toMatchObject({ kind: "status", code: 3 });
  expect(toAsset.some(({ kind }) => kind === "rename")).toBe(false);
});

test("handles that were never given are no handles", () => {
  const { client, toClient } = site(() => true);
  client(encodeNamed(PACKET.close, 9, encodeUtf8("asset's own handle")));
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 9, code: 4 });
});

test("more than may be open is refused where it is opened: what is open is read and closed", () => {
  const { client, toClient, toAsset, violations } = site(() => true);
  const handleOf = (number: number) => new FieldWriter().uint32(number).plain();
  for (let n = 1; n <= HANDLES_MAX; n++) {
    const isFolder = n % 2 === 0;
    client(isFolder ? encodeNamed(PACKET.opendir, n, path("/srv")) : openRead(n));
    expect(toClient.at(-1)).toEqual({ kind: "handle", id: n, handle: handleOf(n) });
  }
  const sent = toAsset.length;
  const refused = { kind: "status", code: 4, text: expect.stringMatching(/256 files and folders/) };
  client(openRead(900));
  expect(toClient.at(-1)).toMatchObject({ ...refused, id: 900 });
  client(encodeNamed(PACKET.opendir, 901, path("/srv")));
  expect(toClient.at(-1)).toMatchObject({ ...refused, id: 901 });
  expect(toAsset).toHaveLength(sent);
  client(encodeRead(902, handleOf(1), 0, 100));
  expect(toClient.at(-1)).toMatchObject({ kind: "data", id: 902 });
  client(encodeNamed(PACKET.close, 903, handleOf(2)));
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 903, code: 0 });
  client(openRead(904));
  expect(toClient.at(-1)).toMatchObject({ kind: "handle", id: 904 });
  client(openRead(905));
  expect(toClient.at(-1)).toMatchObject({ ...refused, id: 905 });
  expect(violations).toEqual([]);
});

test("openings that the asset has not answered count, and those that it refused do not", () => {
  const { filter, run, toClient, toAsset } = site(() => true);
  const answer = (refuse: boolean) => {
    const last = toAsset.at(-1);
    if (last === undefined || !("id" in last)) throw new Error("nothing was asked");
    const no = { kind: "status", id: last.id, code: 2, text: "no" } as const;
    filter.push("asset", refuse ? encodeReply(no, last.id) : answerTo(last, {}));
    run();
  };
  const open = (id: number) => {
    filter.push("client", openRead(id));
    run();
  };
  open(1);
  answer(false);
  answer(true);
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 1, code: 2 });
  for (let n = 2; n <= HANDLES_MAX; n++) {
    open(n);
    answer(false);
  }
  answer(false);
  for (const look of toAsset.slice(-3)) filter.push("asset", answerTo(look, {}));
  run();
  expect(toClient.at(-1)).toMatchObject({ kind: "handle", id: HANDLES_MAX });
  open(900);
  answer(false);
  open(901);
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 901, code: 4 });
});

test("a link is relative to where it stands", () => {
  const { client, asked, toAsset } = site(inSrv);
  client(encodeTwo(PACKET.symlink, 1, path("../b"), path("/srv/deep/link")));
  expect(asked).toMatchObject([{ path: "/srv/b", target: "/srv/deep/link" }]);
  expect(toAsset.at(-1)).toMatchObject({ path: path("/srv/b"), target: path("/srv/deep/link") });
});

test("what stands behind the content of a write is left", () => {
  const { client, toClient, toAsset } = site(() => true);
  client(encodeOpen(1, path("/srv/up"), WRITE_NEW, {}));
  const write = new FieldWriter()
    .uint8(PACKET.write)
    .uint32(2)
    .string(Uint8Array.of(0, 0, 0, 1));
  client(write.uint64(0).string(encodeUtf8("abc")).raw(encodeUtf8("what was there")).framed());
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 2, code: 0 });
  expect(toAsset.at(-1)).toMatchObject({ kind: "write", data: encodeUtf8("abc") });
});

test.each(["posix-rename@openssh.com", "copy-data", "hardlink@openssh.com"])(
  "the extension %s is not carried",
  (name) => {
    const { client, asked, toClient, toAsset } = site(() => true);
    const to = new FieldWriter().uint8(PACKET.extended).uint32(5).name(name);
    client(to.string(path("/srv/a")).string(path("/etc/b")).framed());
    expect(asked).toMatchObject([{ action: "file:other", name }]);
    expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 5, code: 8 });
    expect(toAsset).toHaveLength(1);
  },
);

test("SETSTAT sets no user id, and what sets a size is a writing too", () => {
  const { client, asked, toAsset } = site(() => true);
  client(encodeWithAttributes(PACKET.setstat, 3, path("/srv/a"), { permissions: 0o104755 }));
  expect(toAsset.at(-1)).toMatchObject({ kind: "setstat", attributes: { permissions: 0o755 } });
  client(encodeWithAttributes(PACKET.mkdir, 4, path("/srv/b"), { permissions: 0o47777 }));
  expect(toAsset.at(-1)).toMatchObject({ kind: "mkdir", attributes: { permissions: 0o777 } });
  asked.length = 0;
  client(encodeWithAttributes(PACKET.setstat, 5, path("/srv/a"), { size: 5 }));
  expect(asked).toEqual([
    { action: "file:other", class: "transfer", via: "sftp", path: "/srv/a", name: "setstat" },
    { action: "file:write", class: "transfer", via: "sftp", path: "/srv/a", size: 5 },
  ]);
  const without = site(({ action }) => action !== "file:write");
  const sent = without.toAsset.length;
  without.client(encodeWithAttributes(PACKET.setstat, 5, path("/srv/a"), { size: 0 }));
  expect(without.toClient.at(-1)).toMatchObject({ kind: "status", id: 5, code: 3 });
  expect(without.toAsset).toHaveLength(sent);
});

test("a reply that answers nothing, or answers otherwise, is the asset's fault", () => {
  const { filter, run, violations } = site(() => true);
  filter.push("asset", encodeReply({ kind: "data", id: 77, data: path("x") }, 77));
  run();
  expect(violations).toHaveLength(1);
});

test("an asset that never knows a path is not asked for ever", () => {
  const { filter, run, toAsset, toClient } = site(() => true);
  filter.push("client", encodeNamed(PACKET.stat, 3, path("/srv/none")));
  for (let n = 0; n < 10; n++) {
    run();
    const last = toAsset.at(-1);
    if (last?.kind !== "realpath") break;
    const reply = { kind: "status", id: last.id, code: 2, text: "no" } as const;
    filter.push("asset", encodeReply(reply, last.id));
  }
  run();
  expect(toAsset.filter(({ kind }) => kind === "realpath")).toHaveLength(2);
  expect(toClient.at(-1)).toMatchObject({ kind: "status", id: 3, code: 2 });
});
