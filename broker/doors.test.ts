import { expect, test } from "vitest";
import { doorsOf } from "./doors.ts";

const PORTS = { sshPort: 2222, opcuaPort: 4840, panelPort: 7481, panelHost: "localhost" };

test("who starts the broker is told what to give to each tool", () => {
  const config = { ...PORTS, origins: ["http://localhost:7480"], tls: "off" } as const;
  expect(doorsOf(config)).toEqual([
    { name: "ssh", use: "ssh ASSET@localhost -p 2222" },
    { name: "opc ua", use: "opc.tcp://localhost:4840/ASSET/ENDPOINT" },
    { name: "web panels", use: "http://SESSION.localhost:7481" },
  ]);
});

test("a door that is shut, or that nobody could use, is not named", () => {
  const away = { origins: ["https://access.nordwasser.example"], tls: "files" } as const;
  const [only, ...more] = doorsOf({ ...PORTS, ...away, opcuaPort: undefined });
  expect(only?.use).toBe("ssh ASSET@access.nordwasser.example -p 2222");
  expect(more).toEqual([]);
});
