/**
 * What an asset may not do to a person's terminal. xterm.js has neither clipboard (OSC 52) nor
 * window operations unless they are switched on; titles, links, colours of the page and what
 * would make the terminal speak by itself, or keep the page busy, are taken out here.
 */
import type { IDisposable, IParser } from "@xterm/xterm";
import {
  asksTooMuch,
  ERASING,
  erasesBeyondEnd,
  moveLinesWithinScreen,
  outliveFaults,
  REPEATED,
  REPEATING,
  repeatsTooMuch,
  type TerminalPlace,
} from "../../../protocols/ssh/terminal-limits.ts";

/** Titles (0, 1, 2), folder (7), links (8), notices (9, 99, 777), colours (4, 5, 10–19, 104–119), clipboard (52), shell marks and files (133, 633, 1337). */
const OSC_IGNORED = [
  ...[0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 52, 99],
  ...[104, 105, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 133, 633, 777, 1337],
];

/** Which device attributes, status and settings a terminal tells when it is asked. */
const REPORTS: readonly {
  readonly prefix?: string;
  readonly final: string;
  intermediates?: string;
}[] = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  { prefix: ">", final: "q" },
];

/** DECRQSS and XTGETTCAP. */
const DCS_REPORTS = [
  { intermediates: "$", final: "q" },
  { intermediates: "+", final: "q" },
];

interface WithParser extends TerminalPlace {
  readonly parser: IParser;
}

/** @param silent nothing may be said back at all: what is shown was recorded, or is another's */
export function ignoreHostile(terminal: WithParser, silent: boolean): IDisposable[] {
  const { parser } = terminal;
  outliveFaults(terminal);
  moveLinesWithinScreen(terminal);
  const taken = [
    ...OSC_IGNORED.map((number) => parser.registerOscHandler(number, () => true)),
    ...DCS_REPORTS.map((id) => parser.registerDcsHandler(id, () => true)),
    parser.registerCsiHandler({ final: "t" }, () => true),
    ...REPEATED.map((id) => parser.registerCsiHandler(id, asksTooMuch)),
    parser.registerCsiHandler(REPEATING, () => repeatsTooMuch(terminal)),
    ...ERASING.map((id) =>
      parser.registerCsiHandler(id, (numbers) => erasesBeyondEnd(terminal, numbers)),
    ),
  ];
  if (!silent) return taken;
  return [...taken, ...REPORTS.map((id) => parser.registerCsiHandler(id, () => true))];
}
