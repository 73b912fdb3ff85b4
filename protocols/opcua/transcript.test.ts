/** A session as it stands on the wire between legs and guard; `frame.ts` says how to read it. */
import { test } from "vitest";
import { expectTranscript } from "../../test/kit/transcript.ts";
import type { Operation } from "../guard.ts";
import { describeOperation } from "./describe.ts";
import { OpcUaGuard } from "./guard.ts";
import { isOpcUaOperation } from "./operation.ts";

/** Length 48, request 1; the namespaces: OPC UA's own alone, index 0. */
const NAMESPACES = `30000000 01000000 010000f0
  01000000 1c000000 687474703a2f2f6f7063666f756e646174696f6e2e6f72672f55412f`;

const subject = {
  create: () => new OpcUaGuard(),
  describe: (operation: Operation) =>
    isOpcUaOperation(operation) ? describeOperation(operation) : operation.action,
};

/** Token, time, handle 9, diagnostics, no audit text, no hint, no header besides. */
const HEAD = "0000 0000000000000000 09000000 00000000 ffffffff 00000000 000000";
/** The same under the guard's own handle 1. */
const OWN_HEAD = "0000 0000000000000000 01000000 00000000 ffffffff 00000000 000000";
/** Time, handle 1, good, no diagnostics, no texts, no header besides. */
const GOOD = "0000000000000000 01000000 00000000 00 00000000 000000";
const GOOD_AGAIN = "0000000000000000 09000000 00000000 00 00000000 000000";
/** i=85 in two bytes: its Value, no range, no encoding of its own. */
const ITEM = "0055 0d000000 ffffffff 0000 ffffffff";

test("a reading passes under a header and a number of our own", () => {
  expectTranscript(
    subject,
    `
    asset > ${compact(NAMESPACES)}
    client > ${compact(`49000000 05000000 77020000 ${HEAD} 0000000000000000 02000000 01000000 ${ITEM}`)}
    decide observe opcua:read i=85
    verdict permit
    asset < ${compact(`49000000 01000000 77020000 ${OWN_HEAD} 0000000000000000 02000000 01000000 ${ITEM}`)}
    asset > ${compact(`2f000000 01000000 7a020000 ${GOOD} 01000000 01 01 01 00000000`)}
    client < ${compact(`2f000000 05000000 7a020000 ${GOOD_AGAIN} 01000000 01 01 01 00000000`)}
    `,
  );
});

function compact(hex: string): string {
  return hex.replace(/\s+/g, "");
}
