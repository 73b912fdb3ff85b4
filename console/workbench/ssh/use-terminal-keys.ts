/** Keys that are the page's while a terminal has the focus, where a terminal has no use for them. */
import { type RefObject, useEffect } from "react";
import type { SshStation } from "./ssh-station.ts";

/** With Ctrl and Shift: find, copy, and leave for the keyboard (a terminal takes Tab for itself). */
export function useTerminalKeys(
  station: SshStation,
  searchBox: RefObject<HTMLInputElement | null>,
): void {
  useEffect(() => {
    station.keys = {
      key: (event) => {
        if (!event.ctrlKey || !event.shiftKey) return false;
        const name = event.key.toLowerCase();
        if (!["f", "c", "x"].includes(name)) return false;
        event.preventDefault();
        if (event.type !== "keydown") return true;
        if (name === "c") void navigator.clipboard.writeText(station.screen.copied());
        else searchBox.current?.focus();
        return true;
      },
    };
  }, [station, searchBox]);
}
