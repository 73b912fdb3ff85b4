/**
 * A terminal at one moment as a sequence that brings another one there. The serialise add-on of
 * xterm.js leaves out the scroll region and the hidden cursor, and there is no public way to read
 * either.
 */
export interface Snapshot {
  readonly columns: number;
  readonly rows: number;
  readonly sequence: string;
}

interface Inside {
  readonly _core: {
    readonly buffer: { readonly scrollTop: number; readonly scrollBottom: number };
    readonly coreService: { readonly isCursorHidden: boolean };
  };
}

/** Lines above the screen that a snapshot keeps: what one scrolls back to at once. */
export const SNAPSHOT_SCROLLBACK = 200;

/** @param terminal of `@xterm/xterm` or `@xterm/headless`, with the add-on loaded */
export function snapshotOf(
  terminal: { readonly cols: number; readonly rows: number },
  serializer: { serialize(options: { readonly scrollback: number }): string },
): Snapshot {
  const { cols: columns, rows } = terminal;
  const { buffer, coreService } = (terminal as unknown as Inside)._core;
  const { scrollTop, scrollBottom } = buffer;
  const isWhole = scrollTop === 0 && scrollBottom === rows - 1;
  const region = isWhole ? "" : `\x1b7\x1b[${scrollTop + 1};${scrollBottom + 1}r\x1b8`;
  const cursor = coreService.isCursorHidden ? "\x1b[?25l" : "";
  const shown = serializer.serialize({ scrollback: SNAPSHOT_SCROLLBACK });
  return { columns, rows, sequence: `${shown}${region}${cursor}` };
}
