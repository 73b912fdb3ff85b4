/** A command that runs longer than a part of the recording still ends with its status. */
import { expect, test } from "vitest";
import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import type { FramedChannel } from "../../protocols/ssh/terminal-frame.ts";
import type { TapeBody } from "../../protocols/tape/record.ts";
import { said } from "../../test/kit/terminal-tape.ts";
import { entryWords } from "./entry-words.ts";
import { SshStory } from "./ssh-story.ts";

const RUNNING: FramedChannel = {
  ...{ channel: 3, columns: 80, rows: 24, hasTerminal: false, running: true, status: undefined },
  start: { kind: "exec", text: "tail -f plant.log" },
  ...{ between: "", typed: [], client: new Uint8Array(0), asset: new Uint8Array(0) },
  snapshot: { columns: 80, rows: 24, sequence: "" },
};

test("a command that began in an earlier part is told with its status where it ends", () => {
  const story = new SshStory({ sequence: 10, wallMs: 1_000, channels: [RUNNING] });
  const rest = new FieldWriter().uint32(2).plain();
  const bodies: TapeBody[] = [
    said("asset", { kind: "request", name: "exit-status", wantReply: false, rest }, 3),
    said("asset", { kind: "close" }, 3),
  ];
  const entries = bodies.flatMap((body, n) =>
    story.push({ sequence: 11 + n, wallMs: 2_000, monotonicMs: 0, ...body }),
  );
  expect(entries).toMatchObject([{ kind: "ended", command: "tail -f plant.log", status: 2 }]);
  const [entry] = entries;
  if (!entry) throw new Error("no entry");
  expect(entryWords(entry, [])).toMatchObject({ what: "tail -f plant.log", result: "status 2" });
});
