/** Encoded terminal modes: RFC 4254, section 8, and RFC 8160. */
import { FieldReader } from "./field-reader.ts";
import { FieldWriter } from "./field-writer.ts";

const NAMES: readonly (readonly [first: number, names: string])[] = [
  [
    1,
    "VINTR VQUIT VERASE VKILL VEOF VEOL VEOL2 VSTART VSTOP VSUSP VDSUSP VREPRINT VWERASE VLNEXT VFLUSH VSWTCH VSTATUS VDISCARD",
  ],
  [30, "IGNPAR PARMRK INPCK ISTRIP INLCR IGNCR ICRNL IUCLC IXON IXANY IXOFF IMAXBEL IUTF8"],
  [50, "ISIG ICANON XCASE ECHO ECHOE ECHOK ECHONL NOFLSH TOSTOP IEXTEN ECHOCTL ECHOKE PENDIN"],
  [70, "OPOST OLCUC ONLCR OCRNL ONOCR ONLRET"],
  [90, "CS7 CS8 PARENB PARODD"],
  [128, "TTY_OP_ISPEED TTY_OP_OSPEED"],
];

const NAME_OF: ReadonlyMap<number, string> = new Map(
  NAMES.flatMap(([first, names]) => names.split(" ").map((name, n) => [first + n, name] as const)),
);
const OPCODE_OF: ReadonlyMap<string, number> = new Map(
  [...NAME_OF].map(([opcode, name]) => [name, opcode]),
);
/** RFC 4254, 8: from here on the length of an argument is not known. */
const UNDEFINED_FROM = 160;

/** By name; what has none is left away. */
export function readTerminalModes(bytes: Uint8Array): Readonly<Record<string, number>> {
  const modes: Record<string, number> = {};
  const from = new FieldReader(bytes);
  while (from.left >= 5) {
    const opcode = from.uint8();
    if (opcode === 0 || opcode >= UNDEFINED_FROM) break;
    const value = from.uint32();
    const name = NAME_OF.get(opcode);
    if (name !== undefined) modes[name] = value;
  }
  return modes;
}

export function writeTerminalModes(modes: Readonly<Record<string, number>>): Uint8Array {
  const to = new FieldWriter();
  for (const [name, value] of Object.entries(modes)) {
    const opcode = OPCODE_OF.get(name);
    if (opcode !== undefined) to.uint8(opcode).uint32(value >>> 0);
  }
  return to.uint8(0).plain();
}

/** The fields of a `pty-req`, after RFC 4254, 6.2. */
export interface Terminal {
  readonly name: string;
  readonly columns: number;
  readonly rows: number;
  readonly widthPixels: number;
  readonly heightPixels: number;
  readonly modes: Readonly<Record<string, number>>;
}

export function writeTerminal(terminal: Terminal): Uint8Array {
  const to = new FieldWriter().name(terminal.name);
  writeSize(to, terminal);
  return to.string(writeTerminalModes(terminal.modes)).plain();
}

/** Of fields that a guard has passed. */
export function readTerminal(rest: Uint8Array): Terminal {
  const from = new FieldReader(rest);
  const name = from.name();
  return { name, ...readSize(from), modes: readTerminalModes(from.string()) };
}

/** The fields of a `pty-req` with those of a `window-change`, in which the sizes are alike. */
export function withSize(rest: Uint8Array, size: Uint8Array): Uint8Array {
  const from = new FieldReader(rest);
  const name = from.name();
  readSize(from);
  return new FieldWriter().name(name).raw(size).string(from.string()).plain();
}

export type TerminalSize = Pick<Terminal, "columns" | "rows" | "widthPixels" | "heightPixels">;

export function readSize(from: FieldReader): TerminalSize {
  const [columns, rows] = [from.uint32(), from.uint32()];
  return { columns, rows, widthPixels: from.uint32(), heightPixels: from.uint32() };
}

export function writeSize(to: FieldWriter, size: TerminalSize): FieldWriter {
  to.uint32(size.columns).uint32(size.rows);
  return to.uint32(size.widthPixels).uint32(size.heightPixels);
}
