/**
 * What a protocol brings to a session: its guard, its ways to the asset, its probes. Everything
 * else (judging, taping, holding, cutting) is the same for all.
 */
import { createHash } from "node:crypto";
import type { Guard } from "../../protocols/guard.ts";
import { HttpGuard } from "../../protocols/http/guard.ts";
import type { ContentHash } from "../../protocols/http/parts.ts";
import { ModbusGuard } from "../../protocols/modbus/guard.ts";
import { OpcUaGuard } from "../../protocols/opcua/guard.ts";
import { RfbGuard } from "../../protocols/rfb/guard.ts";
import type { LeftDown } from "../../protocols/rfb/left-down.ts";
import type { ScreenPage } from "../../protocols/rfb/screen-page.ts";
import { SshGuard } from "../../protocols/ssh/guard.ts";
import { olderTape } from "../../protocols/ssh/older-tape.ts";
import type { OlderTape } from "../../protocols/ssh/stream-filter.ts";
import { TcpGuard } from "../../protocols/tcp/guard.ts";
import type { Endpoint } from "../plant/model.ts";
import type { EndpointWays, Prober, WaysParts } from "./asset-way.ts";
import { ModbusProber } from "./modbus-prober.ts";
import { ModbusWays } from "./modbus-ways.ts";
import { OpcuaProber } from "./opcua-prober.ts";
import { OpcuaWays } from "./opcua-ways.ts";
import { SshWays } from "./ssh-ways.ts";
import { TcpWays } from "./tcp-ways.ts";
import { VncWays } from "./vnc-ways.ts";
import { WebWays } from "./web-ways.ts";

export function openWays({ protocol }: Endpoint, parts: WaysParts): EndpointWays {
  switch (protocol) {
    case "modbus":
      return new ModbusWays(parts);
    case "ssh":
      return new SshWays(parts);
    case "vnc":
      return new VncWays(parts);
    case "web":
      return new WebWays(parts);
    case "opcua":
      return new OpcuaWays(parts);
    case "tcp":
      return new TcpWays(parts);
  }
}

/** What the header of a tape says a session is judged by, besides what passes. */
export interface JudgedBy {
  /** Of a screen, where clicks are judged by them. */
  readonly pages?: readonly ScreenPage[] | undefined;
  /** Of a screen: what is to be let go of. */
  readonly leftDown?: LeftDown | undefined;
  /** Below which nodes lie of whose contents rules speak. */
  readonly places?: readonly string[] | undefined;
  /** Of SSH, since REALPATH is decided. */
  readonly decidesRealpath?: true;
  /** Of SSH, since it is told what passed of files. */
  readonly tellsPassed?: true;
  /** Of SSH, since what is opened is looked at again. */
  readonly looksAgain?: true;
  /** Of web panels, since bodies of JSON are read. */
  readonly readsJson?: true | undefined;
  /** Of web panels: fields that requests may have besides. */
  readonly moreFields?: readonly string[] | undefined;
}

export function newGuard({ protocol }: Pick<Endpoint, "protocol">, judgedBy: JudgedBy = {}): Guard {
  const { pages = [], leftDown, places } = judgedBy;
  switch (protocol) {
    case "modbus":
      return new ModbusGuard();
    case "ssh":
      return sshGuard(olderTape(judgedBy));
    case "vnc":
      return new RfbGuard(pages, leftDown);
    case "web":
      return httpGuard(judgedBy);
    case "opcua":
      return new OpcUaGuard(places);
    case "tcp":
      return new TcpGuard();
  }
}

function httpGuard({ readsJson, moreFields = [] }: JudgedBy): HttpGuard {
  const guard = new HttpGuard(newContentHash);
  guard.jsonUnread = readsJson !== true;
  guard.moreFields = moreFields;
  return guard;
}

function newContentHash(): ContentHash {
  const hash = createHash("sha256");
  return { add: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}

/** The runtime's own is far faster than one that is pure: every file that passes is hashed. */
function sshGuard(older: OlderTape): SshGuard {
  const guard = new SshGuard();
  guard.newHash = newContentHash;
  // Into what these legs hand on, also those of a page and of a gateway's link, nobody writes again.
  guard.inputStays = true;
  guard.older = older;
  return guard;
}

/** Undefined where nothing can be probed. */
export function newProber({ protocol }: Endpoint): Prober | undefined {
  if (protocol === "modbus") return new ModbusProber();
  return protocol === "opcua" ? new OpcuaProber() : undefined;
}
