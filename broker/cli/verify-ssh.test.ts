/** A bundle with a session over SSH: proved, and its history run again with the key at hand. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeBody } from "../../protocols/tape/record.ts";
import { exportSite, type TapeOf } from "../../test/kit/bundle.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { SSH_WRITTEN_BY_0_1 } from "../../test/kit/ssh-tape-0-1.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { PROVED } from "./prove-bundle.ts";
import { runVerify } from "./verify.ts";

const WITHIN_MS = 120_000;

/** As it was recorded, and as somebody tells it who has every key of the broker. */
function taped(session: string): TapeOf {
  const { header, records } = readSegment(SSH_WRITTEN_BY_0_1);
  if (!header) throw new Error("no header");
  const told = records.filter(({ kind }) => kind !== "end");
  const bodies: readonly TapeBody[] = session === "ssh-as-told" ? told.map(asTold) : told;
  return { header: { ...header, session }, bodies };
}

/** Another command than the one that was run. */
function asTold(record: TapeBody): TapeBody {
  if (record.kind !== "verdict") return record;
  const items = record.items.map((item) =>
    item.operation.action === "ssh:exec"
      ? { ...item, operation: { ...item.operation, command: "show clock" } }
      : item,
  );
  return { ...record, items };
}

async function verified(session: string): Promise<{ code: number; printed: string }> {
  const folder = temporaryFolder();
  const { bundles, policyFile: policy } = await exportSite(folder, [session], taped);
  const key = path.join(folder, "key");
  writeFileSync(key, `${TEST_KEYS.identities[0]}\n`);
  let printed = "";
  const out = { write: (text: string) => (printed += text) };
  const [bundle = ""] = bundles;
  return { code: await runVerify({ bundle, policy, key }, out), printed };
}

test(
  "a session over SSH is proved, and this build comes to the same",
  async () => {
    const { code, printed } = await verified("ssh-recorded");
    expect(printed).toMatch(/^PROVED\n/);
    expect(code).toBe(PROVED);
    expect(printed).toContain("same");
    expect(printed).not.toContain("differs");
  },
  WITHIN_MS,
);

test(
  "a tape that tells another command than its bytes do differs, and says where",
  async () => {
    const { printed } = await verified("ssh-as-told");
    expect(printed).toContain("differs");
    expect(printed).toMatch(/reads the request of decision \d+ as another operation/);
  },
  WITHIN_MS,
);
