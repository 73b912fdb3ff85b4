/** Guards are made for what passes now, and for tapes as they were judged when they were made. */
import { expect, test } from "vitest";
import { SshGuard } from "../../protocols/ssh/guard.ts";
import { parseHeader } from "../../protocols/tape/header.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { SSH_WRITTEN_BY_0_1 } from "../../test/kit/ssh-tape-0-1.ts";
import { newGuard } from "./protocol-road.ts";

test("a tape of SSH from before REALPATH was decided runs again as it was made", () => {
  const { header } = readSegment(SSH_WRITTEN_BY_0_1);
  if (!header) throw new Error("no header");
  const before = newGuard({ protocol: "ssh" }, header);
  const now = newGuard({ protocol: "ssh" }, parseHeader({ ...header, decidesRealpath: true }));
  expect(before).toMatchObject({ older: { realpathUndecided: true, passedUntold: true } });
  expect(now).toMatchObject({ older: { realpathUndecided: false } });
  expect(new SshGuard().older).toEqual({});
});
