/** Opens the OPC UA process and tells people when it fails and when it is well again. */
import { join } from "node:path";
import type { AlarmBook } from "./alarms/alarm-book.ts";
import { SITE } from "./alarms/alarms-by-event.ts";
import type { HealthBoard } from "./api/health/health-board.ts";
import { OpcuaProcess } from "./legs/opcua/apart/opcua-process.ts";
import { keptIdentity } from "./legs/opcua/kept-identity.ts";
import type { Noticed } from "./noticed.ts";
import type { Opened } from "./opened.ts";

interface Ground {
  readonly config: { readonly dataFolder: string };
  readonly noticed: Pick<Noticed, "note">;
  readonly board: Pick<HealthBoard, "report">;
  readonly alarms: Pick<AlarmBook, "raise" | "clear">;
  readonly opened: Opened;
}

const KIND = "opcua-process-failed";
const PART = "OPC UA";

/** Ends after the sessions that it carries. */
export function openOpcua({ config, noticed, board, alarms, opened }: Ground): OpcuaProcess {
  const file = join(config.dataFolder, "opcua.pem");
  // Of a broker that has ended: its process has ended with it.
  alarms.clear(KIND, SITE);
  const opcua = new OpcuaProcess(file, keptIdentity(file), {
    failed: (why) => {
      const text = `The OPC UA process failed, and its sessions ended: ${why}`;
      board.report(PART, "attention", `${text}. It begins again by itself.`);
      noticed.note({ kind: "opcua:failed", priority: "alarm", text });
      alarms.raise(KIND, SITE, { text });
    },
    well: () => {
      const text = "The OPC UA process runs again";
      board.report(PART, "ok", `${text}.`);
      noticed.note({ kind: "opcua:ready", priority: "event", text });
      alarms.clear(KIND, SITE);
    },
  });
  opened.push(() => opcua.close());
  return opcua;
}
