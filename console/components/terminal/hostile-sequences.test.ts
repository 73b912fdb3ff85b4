import headless from "@xterm/headless";
import { expect, test, vi } from "vitest";
import { REPEATED, REPEATED_MAX } from "../../../protocols/ssh/terminal-limits.ts";
import { ignoreHostile } from "./hostile-sequences.ts";

function terminal(silent = false) {
  const made = new headless.Terminal({ cols: 20, rows: 5, allowProposedApi: true });
  ignoreHostile(made as never, silent);
  return made;
}

const written = (to: headless.Terminal, content: string) =>
  new Promise<void>((done) => to.write(content, done));

const ENDS = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
const NUMBERS = [
  "",
  "0",
  "1",
  "2",
  "4",
  "5",
  "6",
  "11",
  "14",
  "18",
  "21",
  "25",
  "47",
  "996",
  "1049",
  "1;1",
  "2026",
];

/** Every control sequence there can be, with the numbers that ask for something. */
function* controlSequences(): Generator<string> {
  for (const prefix of ["", "?", ">", "=", "<"]) {
    for (const between of ["", " ", "!", '"', "#", "$", "'", "*", "+", ","]) {
      for (const end of ENDS) {
        for (const number of NUMBERS) yield `\x1b[${prefix}${number}${between}${end}`;
      }
    }
  }
}

/** What is a string with a purpose: of the system, of a device, of an application. */
function* strings(): Generator<string> {
  for (let n = 0; n <= 2_000; n++) {
    for (const rest of ["?", "c;?", "x", ";https://evil.example", "c;ZXZpbA=="]) {
      yield `\x1b]${n};${rest}\x07`;
      yield `\x1b]${n};${rest}\x1b\\`;
    }
  }
  for (const head of ["$q", "+q", "+p", "=1s", "q", "|"]) {
    for (const rest of ["m", "r", " q", '"p', "544e", "s"]) yield `\x1bP${head}${rest}\x1b\\`;
  }
  for (const kind of ["_", "^", "X"]) yield `\x1b${kind}Gi=1,a=q;AAAA\x1b\\`;
  for (const end of ENDS) yield `\x1b${end}\x1b\\`;
  for (const between of " #%()*+-./") for (const end of ENDS) yield `\x1b${between}${end}`;
  yield "\x05";
}

test("whatever is played, the terminal says nothing of itself and takes no title", async () => {
  const screen = terminal(true);
  const said: string[] = [];
  let shown = "";
  screen.onData((data) => said.push(`${JSON.stringify(shown)} answers ${JSON.stringify(data)}`));
  screen.onBinary(() => said.push(`${JSON.stringify(shown)} answers in bytes`));
  screen.onTitleChange((title) => said.push(`${JSON.stringify(shown)} sets the title ${title}`));
  let waiting = 0;
  for (const each of [...controlSequences(), ...strings()]) {
    shown = each;
    screen.write(`\x1b[999;999H${each}`);
    waiting += 1;
    if (waiting % 1_000 === 0) await written(screen, "\x1bc");
  }
  await written(screen, "\x1bcstill here");
  expect(said).toEqual([]);
  expect(screen.buffer.active.getLine(0)?.translateToString(true)).toBe("still here");
}, 60_000);

test.each(["", "\x1b[?1049h"])(
  "erasing up to the last place of the last line ends no terminal (%j)",
  async (before) => {
    const screen = terminal(true);
    await written(screen, `${before}full\x1b[999;999H\x1b[1J\x1b[?1J`);
    await written(screen, "\x1b[H\x1b[Kstill here");
    expect(screen.buffer.active.getLine(0)?.translateToString(true)).toBe("still here");
    // Elsewhere it erases as it should.
    await written(screen, "\x1b[2;1Hgone\x1b[2;999H\x1b[1J");
    expect(screen.buffer.active.getLine(1)?.translateToString(true)).toBe("");
  },
);

test("a live terminal answers what programs need to know of it, and nothing that can be put into its mouth", async () => {
  const screen = terminal();
  const said: string[] = [];
  screen.onData((data) => said.push(data));
  // Title, clipboard, colours and settings: their answers can hold what the asset chose.
  for (const each of strings()) screen.write(each);
  for (const n of [11, 13, 14, 18, 19, 20, 21]) screen.write(`\x1b[${n}t`);
  await written(screen, "\x1bc");
  expect(said).toEqual([]);
  await written(screen, "\x1b[6n");
  expect(said).toEqual(["\x1b[1;1R"]);
}, 60_000);

test("a link that an asset sends is plain text", async () => {
  const screen = terminal(true);
  await written(screen, "\x1b]8;;https://evil.example\x07here\x1b]8;;\x07");
  const cell = screen.buffer.active.getLine(0)?.getCell(0);
  expect(cell?.getChars()).toBe("h");
  expect((cell as { extended?: { urlId?: number } } | undefined)?.extended?.urlId ?? 0).toBe(0);
});

async function shownAfter(content: string): Promise<string | undefined> {
  const screen = terminal();
  await written(screen, content);
  return screen.buffer.active.getLine(0)?.translateToString(true);
}

test.each(REPEATED.map(({ final, intermediates = "" }) => `${intermediates}${final}`))(
  "two thousand million times %s is passed over at once",
  async (how) => {
    expect(await shownAfter(`a\x1b[2000000000${how}\rb`)).toBe("b");
  },
  60_000,
);

test("what is repeated is a letter, not any number of marks on one", async () => {
  const marks = "\u0301".repeat(1_000);
  expect(await shownAfter(`e${marks}\x1b[9b`)).toBe(`e${marks}`);
  expect(await shownAfter(`\u754c${marks}\x1b[9b`)).toBe(`\u754c${marks}`);
  expect(await shownAfter("e\u0301\x1b[2b")).toBe("e\u0301".repeat(3));
  expect(await shownAfter("\u754c\x1b[2b")).toBe("\u754c".repeat(3));
});

interface WithLines {
  readonly _core: {
    readonly _bufferService: {
      readonly buffer: { readonly lines: { splice(...what: number[]): void } };
    };
  };
}

test.each(["L", "M", "S", "T"])(
  "a thousand lines asked of a small screen by %s are as many as it has",
  async (how) => {
    const screen = terminal();
    await written(screen, "1\r\n2\r\n3\r\n4\r\n5\x1b[H");
    const { lines } = (screen as unknown as WithLines)._core._bufferService.buffer;
    const moves = vi.spyOn(lines, "splice");
    await written(screen, `\x1b[${REPEATED_MAX}${how}`);
    expect(moves.mock.calls.length).toBeGreaterThan(0);
    // One goes, one comes.
    expect(moves.mock.calls.length).toBeLessThanOrEqual(2 * screen.rows);
    const shown = [0, 1, 2, 3, 4].map((n) => screen.buffer.active.getLine(n)?.translateToString());
    expect(shown.join("").trim()).toBe("");
    await written(screen, `6\r\n7\x1b[H\x1b[1${how}\x1b[2;3Hx`);
    expect(moves.mock.calls.length).toBeLessThanOrEqual(2 * screen.rows + 2);
  },
);

test("what fits a screen is carried out", async () => {
  expect(await shownAfter("a\x1b[4b")).toBe("aaaaa");
  expect(await shownAfter(`abc\r\x1b[${REPEATED_MAX}X`)).toBe("");
});

test("a sequence that makes the terminal throw costs no more than its own piece", async () => {
  const screen = terminal(true);
  screen.parser.registerCsiHandler({ final: "y" }, () => {
    throw new Error("a fault of the terminal");
  });
  await written(screen, "before");
  await written(screen, "\x1b[1y");
  await written(screen, "\r\nbehind");
  const shown = [0, 1].map((n) => screen.buffer.active.getLine(n)?.translateToString(true));
  expect(shown).toEqual(["before", "behind"]);
});
