import { expect, test } from "vitest";
import { answerTo, sftpSite } from "../../../test/kit/sftp-site.ts";
import { encodeUtf8 } from "../../tape/utf8.ts";
import type { Attributes } from "./attributes.ts";
import { encodeOpen, encodeReply } from "./encode.ts";
import type { SftpReply, SftpRequest } from "./packet.ts";

const READ = 1;
const WRITE_NEW = 2 | 8 | 16;
const path = (text: string) => encodeUtf8(text);

/** An asset of one file, about which it says something else once that was opened. */
function openedWhile(
  flags: number,
  meanwhile: Partial<Record<SftpRequest["kind"], SftpReply>>,
  times = Number.POSITIVE_INFINITY,
) {
  const { filter, run, toClient, toAsset, outcomes, refused } = sftpSite(() => true);
  filter.push("client", encodeOpen(1, path("/srv/a"), flags, {}));
  run();
  let told = 0;
  for (let at = 1; at < toAsset.length; at++) {
    const request = toAsset[at];
    if (!request || !("id" in request)) throw new Error("nothing was asked");
    const isOpen = toAsset.slice(0, at).some(({ kind }) => kind === "open");
    const other = isOpen && told < times ? meanwhile[request.kind] : undefined;
    if (other) told += 1;
    filter.push("asset", other ? encodeReply(other, request.id) : answerTo(request, {}));
    run();
  }
  const kinds = toAsset.map(({ kind }) => kind);
  return { toClient, toAsset, outcomes, kinds, refused };
}

const status = (code: number): SftpReply => ({ kind: "status", id: 0, code, text: "" });
const attrs = (attributes: Attributes): SftpReply => ({ kind: "attrs", id: 0, attributes });
const elsewhere: SftpReply = {
  ...{ kind: "name", id: 0 },
  entries: [{ name: path("/etc/shadow"), long: path(""), attributes: {} }],
};

const BY_NOBODYS_MISTAKE = true;
const BY_ANY_PROGRAM = false;

test.each<[string, Partial<Record<SftpRequest["kind"], SftpReply>>, boolean]>([
  ["the path leads elsewhere", { realpath: elsewhere }, BY_NOBODYS_MISTAKE],
  ["the path leads nowhere any more", { realpath: status(2) }, BY_ANY_PROGRAM],
  ["a link lies there", { lstat: attrs({ size: 7, permissions: 0o120777 }) }, BY_NOBODYS_MISTAKE],
  ["nothing lies there any more", { lstat: status(2) }, BY_ANY_PROGRAM],
  [
    "another's file lies there",
    {
      lstat: attrs({ size: 7, owner: { user: 1, group: 1 } }),
      fstat: attrs({ size: 7, owner: { user: 0, group: 1 } }),
    },
    BY_NOBODYS_MISTAKE,
  ],
  [
    "a file of another size lies there, however often one looks",
    { fstat: attrs({ size: 8 }) },
    BY_ANY_PROGRAM,
  ],
])("what was opened is closed and nobody has it where %s by then", (_, meanwhile, isExchanged) => {
  for (const flags of [READ, WRITE_NEW]) {
    const { toClient, toAsset, outcomes, kinds, refused } = openedWhile(flags, meanwhile);
    expect(refused.map(({ exchanged }) => exchanged === true)).toEqual([isExchanged]);
    expect(refused[0]?.reason).toMatch(/^\/srv\/a: /);
    expect(toClient.slice(1)).toMatchObject([{ kind: "status", id: 1, code: 3 }]);
    expect(toAsset.at(-1)).toMatchObject({ kind: "close", handle: path("asset's own handle") });
    expect(outcomes.at(-1)).toEqual({ kind: "refused", code: 3 });
    expect(kinds.filter((kind) => kind === "lstat").length).toBeLessThanOrEqual(4);
  }
});

test("a file that grows while one looks is looked at once more", () => {
  const { toClient } = openedWhile(READ, { fstat: attrs({ size: 6 }) }, 2);
  expect(toClient.at(-1)).toMatchObject({ kind: "handle", id: 1 });
});

test("a device that knows no such questions opens its files all the same", () => {
  const unknown = { lstat: status(8), fstat: status(8) };
  const { toClient } = openedWhile(READ, unknown);
  expect(toClient.at(-1)).toMatchObject({ kind: "handle", id: 1 });
});
