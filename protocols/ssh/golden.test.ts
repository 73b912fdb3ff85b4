/** A tape of the first version stays readable for ever, and its guard comes to the same. */
import { expect, test } from "vitest";
import { MODBUS_AGAIN, rerun } from "../../test/kit/rerun.ts";
import { SSH_WRITTEN_BY_0_1 } from "../../test/kit/ssh-tape-0-1.ts";
import { readSegment } from "../tape/reader.ts";
import { SshGuard } from "./guard.ts";
import { olderTape } from "./older-tape.ts";
import { TerminalHistory } from "./terminal-history.ts";

const AGAIN = {
  ...MODBUS_AGAIN,
  guardOf: () => {
    const guard = new SshGuard();
    guard.older = olderTape({});
    return guard;
  },
};

function records() {
  const segment = readSegment(SSH_WRITTEN_BY_0_1);
  expect(segment).toMatchObject({ kind: "segment", whole: true });
  return segment.records;
}

test("a session recorded by version 0.1 still comes out the same, with its sums", () => {
  const { difference, figures, left } = rerun(records(), AGAIN);
  expect({ difference, left }).toEqual({ difference: undefined, left: [] });
  expect(figures).toMatchObject({ channels: 4, sums: 8 });
});

test("what was decided in it reads as it did", () => {
  const decided = records().flatMap((record) =>
    record.kind === "verdict"
      ? record.items.map(({ operation, answer }) => `${answer.kind} ${operation.action}`)
      : [],
  );
  expect(decided).toEqual(DECIDED);
  const withheld = records().filter(
    (record) => record.kind === "event" && record.event.kind === "withheld",
  );
  expect(withheld).toMatchObject([{ event: { decision: 2, send: 8 } }]);
});

test("its terminals tell what they told", () => {
  const history = new TerminalHistory();
  const told = records().flatMap((record) =>
    history.push(record).map(({ kind, channel }) => `${channel} ${kind}`),
  );
  expect(told).toEqual([
    ...["1 start", "1 output", "1 keys", "1 keys", "1 output", "1 resize"],
    ...["1 keys", "1 keys", "1 typed", "1 end"],
    ...["3 start", "3 output", "3 end"],
  ]);
});

const DECIDED: readonly string[] = [
  ...["permit ssh:shell", "permit ssh:input", "deny ssh:forward", "permit ssh:input"],
  ...["deny ssh:env", "permit ssh:subsystem", "permit file:write", "permit file:write"],
  ...["permit file:rename", "permit ssh:exec", "deny ssh:forward"],
];
