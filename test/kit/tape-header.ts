/** A tape's header as a session of a test has it. */
import type { Header } from "../../protocols/tape/record.ts";

export function testHeader(session: string): Header {
  return {
    version: 1,
    build: "test",
    session,
    site: "north",
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "g-1", profile: "tuning", until: 1_900_000_000_000 },
    digests: { profile: "aa", plant: "bb" },
    tags: [],
    startedMs: 1_767_600_000_000,
  };
}
