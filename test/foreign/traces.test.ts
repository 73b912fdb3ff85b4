/**
 * Our Modbus decoder against public captures and what Zeek's analyser says about them: an oracle
 * that nobody here wrote. Needs the folder of captures (`SALLYPORT_TRACES`, or `shared/traces`
 * beside the checkout); without it the tests are skipped and say so.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  frameLength,
  frameTransaction,
  frameUnit,
  HEADER_LENGTH,
} from "../../protocols/modbus/frame.ts";
import { Malformed } from "../../protocols/modbus/malformed.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import { decodeReply, type Reply } from "../../protocols/modbus/reply-values.ts";
import { decodeRequest, type Items } from "../../protocols/modbus/request.ts";
import { payloadsOf } from "./traces-pcap.ts";

const TRACES =
  process.env.SALLYPORT_TRACES ?? fileURLToPath(new URL("../../../shared/traces", import.meta.url));
const FOLDER = join(TRACES, "icsnpp-modbus");
const absent = !existsSync(FOLDER);
const WHY = absent ? " (skipped: no captures here, SALLYPORT_TRACES names their folder)" : "";

/** One request of the capture and the reply to it. */
interface Exchange {
  readonly transaction: number;
  readonly unit: number;
  readonly items: Items | Malformed;
  readonly reply: Reply | undefined;
}

/** A line of a Zeek log, by field. `-` is unset. */
type Line = ReadonlyMap<string, string>;

const FUNCTIONS: { readonly [name: string]: number } = {
  READ_COILS: 1,
  READ_DISCRETE_INPUTS: 2,
  READ_HOLDING_REGISTERS: 3,
  READ_INPUT_REGISTERS: 4,
  WRITE_SINGLE_COIL: 5,
  WRITE_SINGLE_REGISTER: 6,
  READ_EXCEPTION_STATUS: 7,
  DIAGNOSTICS: 8,
  WRITE_MULTIPLE_COILS: 15,
  WRITE_MULTIPLE_REGISTERS: 16,
  REPORT_SLAVE_ID: 17,
  MASK_WRITE_REGISTER: 22,
  READ_WRITE_MULTIPLE_REGISTERS: 23,
  READ_FIFO_QUEUE: 24,
  ENCAP_INTERFACE_TRANSPORT: 43,
};

test.skipIf(absent)(`each request and reply decodes to what Zeek says of it${WHY}`, () => {
  const exchanges = readCapture();
  const lines = readLog("modbus_detailed.log");
  expect(exchanges.length).toBe(24);
  for (const exchange of exchanges) {
    const line = lineOf(lines, exchange);
    if (exchange.items instanceof Malformed) {
      // Zeek lets pass what has no sub-request; the standard asks for at least one.
      expect(line.get("func")).toMatch(/^(READ|WRITE)_FILE_RECORD$/);
      continue;
    }
    const [first, second] = exchange.items;
    expect(first?.function).toBe(FUNCTIONS[line.get("func") ?? ""]);
    expect(exchange.reply?.kind).not.toBe("mismatch");
    if (first && !second) comparePoints(first, exchange.reply, line);
  }
});

test.skipIf(absent)(`masks decode to what Zeek says of them${WHY}`, () => {
  const masks = readLog("modbus_mask_write_register.log").filter(
    (line) => line.get("request_response") === "REQUEST",
  );
  expect(masks.length).toBe(2);
  for (const line of masks) {
    const { items, reply } = exchangeOf(line);
    expect(items).toMatchObject([
      {
        action: "modbus:mask",
        address: Number(line.get("address")),
        and: Number(line.get("and_mask")),
        or: Number(line.get("or_mask")),
      },
    ]);
    expect(reply).toMatchObject({ kind: "answer" });
  }
});

test.skipIf(absent)(`function 23 decodes to what Zeek says of it${WHY}`, () => {
  const lines = readLog("modbus_read_write_multiple_registers.log");
  const replies = lines.filter((line) => line.get("request_response") === "RESPONSE");
  for (const line of lines.filter((line) => line.get("request_response") === "REQUEST")) {
    const { items, reply } = exchangeOf(line);
    expect(items).toMatchObject([
      {
        action: "modbus:write",
        address: Number(line.get("write_start_address")),
        values: numbers(line.get("write_registers")),
      },
      {
        action: "modbus:read",
        address: Number(line.get("read_start_address")),
        count: Number(line.get("read_quantity")),
      },
    ]);
    const answer = replies.find((other) => other.get("tid") === line.get("tid"));
    expect(reply).toMatchObject({ values: [[], numbers(answer?.get("read_registers"))] });
  }
});

function comparePoints(operation: ModbusOperation, reply: Reply | undefined, line: Line): void {
  if (operation.action === "modbus:read") {
    expect(operation.address).toBe(Number(line.get("address")));
    expect(operation.count).toBe(Number(line.get("quantity")));
    if (reply?.kind === "exception") {
      expect(line.get("exception_code")).toBe("ILLEGAL_DATA_ADDRESS");
      expect(reply.code).toBe(2);
    } else {
      expect(reply).toMatchObject({ values: [numbers(line.get("response_values"))] });
    }
  }
  if (operation.action === "modbus:write") {
    expect(operation.address).toBe(Number(line.get("address")));
    expect(operation.values.length).toBe(Number(line.get("quantity")));
    expect(operation.values).toEqual(numbers(line.get("request_values")));
  }
}

function numbers(list = ""): number[] {
  return list === "-" ? [] : list.split(",").map(Number);
}

function readCapture(): Exchange[] {
  const open: Exchange[] = [];
  for (const { to, bytes } of payloadsOf(readFileSync(join(FOLDER, "modbus_example.pcap")))) {
    expect(frameLength(bytes, 0, bytes.length)).toBe(bytes.length);
    const transaction = frameTransaction(bytes, 0);
    const unit = frameUnit(bytes, 0);
    if (to === 502) {
      const items = decodeRequest(unit, bytes, HEADER_LENGTH, bytes.length);
      open.push({ transaction, unit, items, reply: undefined });
      continue;
    }
    const at = open.findLastIndex((other) => other.transaction === transaction);
    const asked = open[at];
    if (!asked || asked.unit !== unit) throw new Error(`reply ${transaction} answers nothing`);
    if (asked.items instanceof Malformed) continue;
    open[at] = { ...asked, reply: decodeReply(asked.items, bytes, HEADER_LENGTH, bytes.length) };
  }
  return open;
}

function exchangeOf(line: Line): Exchange {
  const found = readCapture().find((exchange) => isOf(exchange, line));
  if (!found) throw new Error(`no request ${line.get("tid")} in the capture`);
  return found;
}

function lineOf(lines: readonly Line[], exchange: Exchange): Line {
  const found = lines.find((line) => isOf(exchange, line));
  if (!found) throw new Error(`Zeek says nothing of request ${exchange.transaction}`);
  return found;
}

function isOf({ transaction, unit }: Exchange, line: Line): boolean {
  return line.get("tid") === `${transaction}` && line.get("unit") === `${unit}`;
}

function readLog(name: string): Line[] {
  const lines = readFileSync(join(FOLDER, name), "utf8").split("\n");
  const fields =
    lines
      .find((line) => line.startsWith("#fields"))
      ?.split("\t")
      .slice(1) ?? [];
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const values = line.split("\t");
      return new Map(fields.map((field, i) => [field, values[i] ?? "-"]));
    });
}
