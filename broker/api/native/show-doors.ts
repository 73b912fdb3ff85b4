import type { Native } from "../../native/open-native.ts";
import { endpoint } from "../endpoint.ts";
import { doorsSchema } from "../shapes/native.ts";

export function showDoors({ ssh, opcua }: Pick<Native, "ssh" | "opcua">) {
  return endpoint({
    summary: "How native tools reach the broker, and how they know it again",
    answer: doorsSchema,
    handle: () => ({
      ssh: ssh ? { ...ssh } : null,
      opcua: opcua ? { port: opcua.port } : null,
    }),
  });
}
